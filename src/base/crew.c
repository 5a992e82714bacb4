/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lines of jobs under one lock: to be done, and done. The eventfd tells the loop that the
 * second is not empty; the loop takes the whole of it at once.
 */
#include "base/crew.h"
#include "base/slice.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { HEAPS = 4 };

static void join(struct job **first, struct job **last, struct job *job)
{
	job->next = NULL;
	if (*last)
		(*last)->next = job;
	else
		*first = job;
	*last = job;
}

static struct job *leave(struct job **first, struct job **last)
{
	struct job *job = *first;

	*first = job->next;
	if (*first == NULL)
		*last = NULL;
	return job;
}

static void wake_loop(struct crew *crew)
{
	const uint64_t one = 1;

	/* It fails only when the number is full, and then the loop is awake. */
	while (write(crew->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *work(void *own_crew)
{
	struct crew *crew = own_crew;

	(void)pthread_mutex_lock(&crew->lock);
	for (;;) {
		struct job *job;
		bool first;

		while (crew->todo_first == NULL && !crew->stopping)
			(void)pthread_cond_wait(&crew->work_came, &crew->lock);
		if (crew->stopping)
			break;
		job = leave(&crew->todo_first, &crew->todo_last);
		(void)pthread_mutex_unlock(&crew->lock);
		job->work(job);
		(void)pthread_mutex_lock(&crew->lock);
		first = crew->done_first == NULL;
		join(&crew->done_first, &crew->done_last, job);
		if (!first)
			continue;
		(void)pthread_mutex_unlock(&crew->lock);
		wake_loop(crew);
		(void)pthread_mutex_lock(&crew->lock);
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static void some_done(void *own_crew, unsigned what)
{
	struct crew *crew = own_crew;
	struct job *jobs;
	uint64_t times;

	(void)what;
	while (read(crew->wake_fd, &times, sizeof(times)) < 0 && errno == EINTR)
		;
	(void)pthread_mutex_lock(&crew->lock);
	jobs = crew->done_first;
	crew->done_first = crew->done_last = NULL;
	(void)pthread_mutex_unlock(&crew->lock);
	while (jobs) {
		struct job *job = jobs;

		jobs = job->next;      /* done() may give the job again, or end its memory */
		crew->pending--;
		job->done(job);
	}
}

enum result crew_init(struct crew *crew, struct loop *loop)
{
	*crew = (struct crew){ .loop = loop, .wake_fd = -1 };
	/* For a ninth heap the C library would ask how many processors there are (sched_getaffinity): a jail ends us
	 * there. */
	(void)mallopt(M_ARENA_MAX, HEAPS);
	if (pthread_mutex_init(&crew->lock, NULL) != 0)
		return BROKEN;
	if (pthread_cond_init(&crew->work_came, NULL) != 0) {
		(void)pthread_mutex_destroy(&crew->lock);
		return BROKEN;
	}
	crew->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (crew->wake_fd < 0) {
		(void)pthread_cond_destroy(&crew->work_came);
		(void)pthread_mutex_destroy(&crew->lock);
		*crew = (struct crew){ 0 };
		return BROKEN;
	}
	watch_init(&crew->wake, loop, crew->wake_fd, some_done, crew);
	return watch_for(&crew->wake, LOOP_READ);
}

/* Signals are the loop's business: the threads are born with all of them blocked. */
enum result crew_start(struct crew *crew, unsigned threads)
{
	sigset_t every, before;
	enum result result = threads >= 1 && threads <= COUNT_OF(crew->threads) ? OK : BROKEN;

	(void)sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &before);
	while (result == OK && crew->count < threads) {
		if (pthread_create(&crew->threads[crew->count], NULL, work, crew) == 0)
			crew->count++;
		else
			result = BROKEN;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

void crew_give(struct crew *crew, struct job *job)
{
	crew->pending++;
	(void)pthread_mutex_lock(&crew->lock);
	join(&crew->todo_first, &crew->todo_last, job);
	(void)pthread_mutex_unlock(&crew->lock);
	(void)pthread_cond_signal(&crew->work_came);     /* now: who wakes finds the lock free */
}

void crew_finish(struct crew *crew)
{
	if (crew->loop == NULL)
		return;
	(void)pthread_mutex_lock(&crew->lock);
	crew->stopping = true;
	(void)pthread_cond_broadcast(&crew->work_came);
	(void)pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->count; i++)
		(void)pthread_join(crew->threads[i], NULL);
	watch_end(&crew->wake);
	(void)close(crew->wake_fd);
	(void)pthread_cond_destroy(&crew->work_came);
	(void)pthread_mutex_destroy(&crew->lock);
	*crew = (struct crew){ 0 };
}
