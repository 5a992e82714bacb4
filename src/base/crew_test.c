/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs run once each, end on the loop's thread, and the crew ends whatever is in its line. */
#include "base/crew.h"
#include "base/slice.h"
#include "base/test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { JOBS = 500 };

struct sum {
	struct job job;
	struct crew *crew;
	struct loop *loop;
	unsigned worked, done;
	unsigned long *left;
	bool signals_blocked, twice;
	pthread_t worker, ender;
};

static void work(struct job *job)
{
	struct sum *sum = (struct sum *)(void *)job;
	sigset_t blocked;

	sum->worker = pthread_self();
	sum->signals_blocked = pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1;
	sum->worked++;
}

static void done(struct job *job)
{
	struct sum *sum = (struct sum *)(void *)job;

	sum->ender = pthread_self();
	sum->done++;
	if (sum->twice && sum->done == 1) {
		crew_give(sum->crew, &sum->job);
		return;
	}
	if (--*sum->left == 0)
		loop_stop(sum->loop);
}

static struct sum sums[JOBS];

static void check_jobs(unsigned threads)
{
	struct loop loop;
	struct crew crew;
	unsigned long left = JOBS;
	bool once = true, elsewhere = true, here = true, quiet = true;

	memset(sums, 0, sizeof(sums));
	CHECK(loop_init(&loop) == OK && crew_init(&crew, &loop) == OK, "a crew is made");
	CHECK(crew_start(&crew, threads) == OK, "its threads start");
	for (size_t i = 0; i < JOBS; i++) {
		sums[i] = (struct sum){ .job = { .work = work, .done = done },
					.crew = &crew,
					.loop = &loop,
					.left = &left,
					.twice = i % 7 == 0 };
		crew_give(&crew, &sums[i].job);
	}
	CHECK(crew.pending == JOBS, "jobs given are pending");
	CHECK(loop_run(&loop) == OK, "the loop runs until all are done");
	for (size_t i = 0; i < JOBS; i++) {
		unsigned wanted = sums[i].twice ? 2 : 1;

		once = once && sums[i].worked == wanted && sums[i].done == wanted;
		elsewhere = elsewhere && !pthread_equal(sums[i].worker, pthread_self());
		here = here && pthread_equal(sums[i].ender, pthread_self());
		quiet = quiet && sums[i].signals_blocked;
	}
	CHECK(once, "each job is worked once each time it is given");
	CHECK(elsewhere, "on another thread");
	CHECK(here, "and ended on the loop's");
	CHECK(quiet, "the threads take no signals");
	CHECK(crew.pending == 0, "nothing is pending");
	crew_finish(&crew);
	crew_finish(&crew);
	loop_finish(&loop);
}

static void slow(struct job *job)
{
	struct sum *sum = (struct sum *)(void *)job;

	(void)usleep(50000);
	sum->worked++;
}

static void check_finish(void)
{
	struct loop loop;
	struct crew crew;
	unsigned long left = 4;
	unsigned whole = 0;

	memset(sums, 0, sizeof(sums));
	CHECK(loop_init(&loop) == OK && crew_init(&crew, &loop) == OK && crew_start(&crew, 1) == OK, "a crew of one");
	for (size_t i = 0; i < 4; i++) {
		sums[i] = (struct sum){ .job = { .work = slow, .done = done }, .loop = &loop, .left = &left };
		crew_give(&crew, &sums[i].job);
	}
	(void)usleep(10000);
	crew_finish(&crew);
	for (size_t i = 0; i < 4; i++)
		whole += sums[i].worked;
	CHECK(whole <= 2 && sums[3].worked == 0, "jobs not begun are dropped at the end");
	CHECK(sums[0].done == 0, "and nothing is called back any more");
	loop_finish(&loop);
}

int main(void)
{
	struct loop loop;
	struct crew crew = { 0 };

	crew_finish(&crew);
	check_jobs(1);
	check_jobs(8);
	check_finish();
	CHECK(loop_init(&loop) == OK && crew_init(&crew, &loop) == OK, "a crew is made");
	CHECK(crew_start(&crew, 0) == BROKEN && crew_start(&crew, 65) == BROKEN,
	      "of none, or of too many, is an error");
	crew_finish(&crew);
	loop_finish(&loop);
	return TEST_END();
}
