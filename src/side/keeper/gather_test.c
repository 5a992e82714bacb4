/* SPDX-License-Identifier: Apache-2.0 */
/* What is told is in the log soon; what could not be written is said to be missing as soon as it can be. */
#include "keeper/keeper_scene.h"

#include <signal.h>
#include <sys/resource.h>

enum { PATIENCE = 10000 };

static void add(unsigned count, size_t size, uint64_t *mark)
{
	static char bytes[4 << 20];
	struct record record = { .kind = RECORDED_JUDGED, .when = 1700000000, .bytes = { bytes, size } };

	for (unsigned i = 0; i < count; i++)
		gather_add(&scene.gather, &record, ++*mark);
}

static void wait_for(uint64_t mark)
{
	for (unsigned i = 0; i < 100 && scene.mark < mark; i++)
		scene_turn(PATIENCE / 100);
	CHECK(scene.mark == mark, "all is written in time");
}

static void check_writing(void)
{
	uint64_t mark = 0;
	struct told told;

	scene_begin(1);
	CHECK(gather_begin(&scene.gather) == OK, "it begins");
	add(500, 2000, &mark);
	wait_for(mark);
	told = scene_read();
	CHECK(told.judged == 500 && told.begun == 1 && told.gaps == 0, "what was told stands in the log, and that a keeper began");
	CHECK(gather_is_settled(&scene.gather), "and nothing waits");
	scene_end();
}

/* A record alone waits as long as log_sync says, unless somebody asks. */
static void check_hurry(void)
{
	uint64_t mark = 0;

	scene_begin(60);
	add(1, 100, &mark);
	scene_turn(50);
	CHECK(scene_read().judged == 0, "one that may wait does");
	gather_flush(&scene.gather);
	wait_for(mark);
	CHECK(scene_read().judged == 1 && scene.settled == 1, "until somebody wants to read");
	add(1, 100, &mark);
	gather_flush(&scene.gather);
	add(1, 100, &mark);              /* while the one before is written */
	wait_for(mark);
	CHECK(scene_read().judged == 3, "what came meanwhile too");
	scene_end();
}

static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, RLIM_INFINITY };

	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0, "files may be that large");
}

static void check_trouble(void)
{
	uint64_t mark = 0;
	struct told told;

	scene_begin(0);
	add(1, 100, &mark);
	wait_for(mark);
	limit_files(0);
	add(3, 100, &mark);
	wait_for(mark);
	CHECK(scene.gather.lost == 3, "what could not be written is counted");
	limit_files(RLIM_INFINITY);
	add(2, 100, &mark);
	wait_for(mark);
	told = scene_read();
	CHECK(told.judged == 3 && told.gaps == 1 && told.missing == 3, "and the log says so when it can be written again");
	CHECK(scene.gather.lost == 0, "once");
	scene_end();
}

/* The disk is slower than the mail: memory has an end, and the log says what it lacks. */
static void check_flood(void)
{
	uint64_t mark = 0;
	struct told told;

	scene_begin(1);
	add(40, 3 << 20, &mark);
	CHECK(buffer_length(&scene.gather.filling.raw) <= BLOCK_MOST && scene.gather.lost > 0, "a full block takes no more");
	wait_for(mark);
	gather_flush(&scene.gather);
	add(1, 10, &mark);
	gather_flush(&scene.gather);
	wait_for(mark);
	told = scene_read();
	CHECK(told.judged + told.missing == 41 && told.missing > 0 && told.gaps > 0, "nothing is missing without a word");
	scene_end();
}

static void check_missed(void)
{
	struct told told;

	scene_begin(60);
	gather_missed(&scene.gather, 12, 1700000000, 1);
	wait_for(1);
	told = scene_read();
	CHECK(told.gaps == 1 && told.missing == 12, "what the queue could not tell is a gap too");
	scene_end();
}

int main(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	check_writing();
	check_hurry();
	check_trouble();
	check_flood();
	check_missed();
	return TEST_END();
}
