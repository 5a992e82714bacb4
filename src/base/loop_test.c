/* SPDX-License-Identifier: Apache-2.0 */
/* loop_test.c — watches on a pipe, timers against each other; nothing here judges speed. */
#include "base/loop.h"

#include "base/slice.h"
#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

struct scene {
	struct loop loop;
	struct watch read_end, write_end;
	struct timer first, second;
	struct signal_watch signal;
	int ends[2], reads, writes, first_due, second_due, number;
	uint64_t deadline, seen;
	char order[8];
	unsigned count;
};

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

static void readable(void *owner, unsigned what)
{
	struct scene *scene = owner;
	char byte;

	if ((what & LOOP_READ) && read(scene->ends[0], &byte, 1) == 1)
		scene->reads++;
	loop_stop(&scene->loop);
}

static void writable(void *owner, unsigned what)
{
	struct scene *scene = owner;

	CHECK(what == LOOP_WRITE, "only what was asked for is told");
	scene->writes++;
	CHECK(watch_for(&scene->write_end, 0) == OK, "a watch can be silenced in its own call-back");
	CHECK(write(scene->ends[1], "x", 1) == 1, "the pipe takes a byte");
}

static void first_due(void *owner)
{
	struct scene *scene = owner;

	scene->seen = loop_ticks(&scene->loop);
	scene->order[scene->count++] = '1';
	scene->first_due++;
}

static void second_due(void *owner)
{
	struct scene *scene = owner;

	scene->order[scene->count++] = '2';
	scene->second_due++;
	loop_stop(&scene->loop);
}

static void test_watches(struct scene *scene)
{
	watch_init(&scene->read_end, &scene->loop, scene->ends[0], readable, scene);
	watch_init(&scene->write_end, &scene->loop, scene->ends[1], writable, scene);
	CHECK(watch_for(&scene->read_end, LOOP_READ) == OK && watch_for(&scene->write_end, LOOP_WRITE) == OK,
	      "watching");
	CHECK(watch_for(&scene->read_end, LOOP_READ) == OK, "asking for the same again is nothing");
	CHECK(loop_run(&scene->loop) == OK, "the loop turns until it is stopped");
	CHECK(scene->writes == 1 && scene->reads == 1, "written once, read once");
	watch_end(&scene->read_end);
	watch_end(&scene->write_end);
	watch_end(&scene->write_end);
}

static void test_timers(struct scene *scene)
{
	timer_init(&scene->first, &scene->loop, first_due, scene);
	timer_init(&scene->second, &scene->loop, second_due, scene);
	scene->deadline = loop_ticks(&scene->loop) + 20;
	CHECK(timer_start(&scene->second, 5) == OK && timer_start(&scene->first, 20) == OK, "timers start");
	CHECK(timer_start(&scene->second, 60) == OK, "starting again moves a timer");
	CHECK(loop_run(&scene->loop) == OK, "the loop turns");
	CHECK(scene->first_due == 1 && scene->second_due == 1 && scene->order[0] == '1', "each once, in order");
	CHECK(scene->seen >= scene->deadline, "no timer is due before loop_ticks() says so");

	CHECK(timer_start(&scene->first, 0) == OK && timer_start(&scene->second, 10) == OK, "timers start again");
	timer_stop(&scene->first);
	CHECK(loop_run(&scene->loop) == OK && scene->first_due == 1, "a stopped timer stays silent");
	CHECK(timer_start(&scene->first, UINT64_MAX) == OK, "a timer of half an eternity is no mistake");
	timer_end(&scene->first);
	timer_end(&scene->first);
	timer_end(&scene->second);
}

static void ends_the_other(void *owner)
{
	struct scene *scene = owner;

	timer_end(&scene->second);
	watch_end(&scene->read_end);
	scene->first_due++;
}

/* Two things are ready in one turn; the first to come ends the other. */
static void test_ending_in_a_call_back(struct scene *scene)
{
	struct timer last;
	int reads = scene->reads;

	timer_init(&scene->first, &scene->loop, ends_the_other, scene);
	timer_init(&scene->second, &scene->loop, second_due, scene);
	timer_init(&last, &scene->loop, second_due, scene);
	watch_init(&scene->read_end, &scene->loop, scene->ends[0], readable, scene);
	scene->second_due = 0;
	scene->count = 0;
	CHECK(timer_start(&scene->first, 0) == OK && timer_start(&scene->second, 1) == OK &&
	      timer_start(&last, 20) == OK, "three timers");
	CHECK(loop_run(&scene->loop) == OK, "the loop turns");
	CHECK(scene->second_due == 1 && scene->reads == reads, "what was ended is not called back");
	timer_end(&last);
	timer_end(&scene->first);
}

static void signalled(void *owner, int number)
{
	struct scene *scene = owner;

	scene->number = number;
	loop_stop(&scene->loop);
}

static void test_signals(struct scene *scene)
{
	CHECK(signal_watch_start(&scene->signal, &scene->loop, SIGUSR1, signalled, scene) == OK,
	      "a signal is watched for");
	CHECK(raise(SIGUSR1) == 0 && loop_run(&scene->loop) == OK && scene->number == SIGUSR1, "and comes");
	signal_watch_end(&scene->signal);
	signal_watch_end(&scene->signal);
}

int main(void)
{
	struct scene scene = { 0 };
	unsigned before;

	loop_finish(&scene.loop);
	watch_end(&scene.read_end);
	timer_end(&scene.first);
	signal_watch_end(&scene.signal);
	if (pipe2(scene.ends, O_NONBLOCK | O_CLOEXEC) != 0)
		return 1;
	CHECK(loop_init(&scene.loop) == OK, "a loop is made");
	before = open_descriptors();
	loop_stop(&scene.loop);
	CHECK(loop_run(&scene.loop) == OK, "a stop before the start counts");
	test_watches(&scene);
	test_timers(&scene);
	test_ending_in_a_call_back(&scene);
	CHECK(open_descriptors() == before, "nothing is opened after loop_init()");
	test_signals(&scene);
	loop_finish(&scene.loop);
	(void)close(scene.ends[0]);
	(void)close(scene.ends[1]);
	return TEST_END();
}
