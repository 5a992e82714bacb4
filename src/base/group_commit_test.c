/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that go through the turnstile: who waits goes with the others who wait, never beside those who are inside. */
#include "base/group_commit.h"
#include "base/test.h"

#include <sched.h>
#include <unistd.h>

enum { THREADS = 8, TURNS = 2000, PATIENCE = 20000 };

static struct group_commit group;
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static unsigned long inside_turn;       /* whose group is inside, as the first of it saw */
static unsigned inside, mixed, through;

static void come_in(void)
{
	(void)pthread_mutex_lock(&counting);
	if (inside++ == 0)
		inside_turn = group.turn;
	mixed += inside_turn != group.turn;
	through++;
	(void)pthread_mutex_unlock(&counting);
}

static void go_out(void)
{
	(void)pthread_mutex_lock(&counting);
	inside--;
	(void)pthread_mutex_unlock(&counting);
}

static void *go_through(void *nothing)
{
	for (unsigned i = 0; i < TURNS; i++) {
		group_commit_enter(&group);
		come_in();
		(void)sched_yield();
		go_out();
		group_commit_leave(&group);
	}
	return nothing;
}

static unsigned count_through(void)
{
	unsigned count;

	(void)pthread_mutex_lock(&counting);
	count = through;
	(void)pthread_mutex_unlock(&counting);
	return count;
}

static unsigned waiting(void)
{
	unsigned count;

	(void)pthread_mutex_lock(&group.lock);
	count = group.waiting;
	(void)pthread_mutex_unlock(&group.lock);
	return count;
}

static void *go_once(void *nothing)
{
	group_commit_enter(&group);
	come_in();
	for (unsigned long i = 0; i < PATIENCE && count_through() < THREADS; i++)
		(void)usleep(1000);
	group_commit_leave(&group);
	return nothing;
}

static void start(pthread_t threads[THREADS], void *(*what)(void *))
{
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, what, NULL) == 0, "a thread");
}

static void join(const pthread_t threads[THREADS])
{
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0, "a thread ends");
}

static void test_alone(void)
{
	group_commit_enter(NULL);
	group_commit_leave(NULL);
	group_commit_enter(&group);
	group_commit_leave(&group);
	CHECK(group.turn == 1 && group.inside == 0 && group.waiting == 0, "who comes alone goes at once");
}

/* They all come while one is inside, and each stays inside until all are. */
static void test_together(void)
{
	pthread_t threads[THREADS];

	inside = through = 0;
	group_commit_enter(&group);
	start(threads, go_once);
	for (unsigned long i = 0; i < PATIENCE && waiting() < THREADS; i++)
		(void)usleep(1000);
	CHECK(count_through() == 0, "nobody passes while one is inside");
	group_commit_leave(&group);
	join(threads);
	CHECK(through == THREADS && group.turn == 3, "all who waited went together, in one group");
}

static void test_many(void)
{
	pthread_t threads[THREADS];

	inside = mixed = through = 0;
	start(threads, go_through);
	join(threads);
	CHECK(through == THREADS * TURNS && group.inside == 0 && group.waiting == 0, "all came through");
	CHECK(mixed == 0, "and nobody beside another group");
}

int main(void)
{
	CHECK(group_commit_init(&group) == OK, "made");
	test_alone();
	test_together();
	test_many();
	group_commit_finish(&group);
	return TEST_END();
}
