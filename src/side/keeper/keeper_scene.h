/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper_scene.h — for tests: a log in a new folder, and what stands in it.
 *
 * Knows:   a loop, a crew of one, and struct gather between them.
 * Ignores: who brings records.
 * Owns:    the folder, until scene_end().
 * Fails:   by a line of the test.
 */
#ifndef KEEPER_KEEPER_SCENE_H
#define KEEPER_KEEPER_SCENE_H

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "keeper/gather.h"
#include "wire/queue-keeper.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

static struct scene {
	char folder[32];
	struct loop loop;
	struct crew crew;
	struct gather gather;
	struct log log;
	struct counters counters;
	uint64_t mark;                           /* told by written() last */
	unsigned settled;
	struct timer limit;
} scene;

static inline void scene_written(void *unused, uint64_t mark)
{
	(void)unused;
	CHECK(mark >= scene.mark, "marks only grow");
	scene.mark = mark;
	loop_stop(&scene.loop);
}

static inline void scene_settled(void *unused)
{
	(void)unused;
	scene.settled++;
}

static inline void scene_over(void *unused)
{
	(void)unused;
	loop_stop(&scene.loop);
}

/* Until something was written, or `ms` have passed. */
static inline void scene_turn(uint64_t ms)
{
	scene.loop.stopped = false;
	CHECK(timer_start(&scene.limit, ms) == OK && loop_run(&scene.loop) == OK, "the loop turns");
	timer_stop(&scene.limit);
}

static inline void scene_begin(uint64_t sync_seconds)
{
	const struct keeper_settings settings = { .log_size = { 1 << 30 }, .log_life = { 3600 }, .log_sync = { sync_seconds } };
	closing int parent = -1;

	memset(&scene, 0, sizeof(scene));
	(void)snprintf(scene.folder, sizeof(scene.folder), "/tmp/keeper-XXXXXX");
	CHECK(mkdtemp(scene.folder) != NULL, "a folder");
	parent = open(scene.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	log_init(&scene.log, "keeper", -1, LOG_LEVEL_INFO);
	CHECK(loop_init(&scene.loop) == OK && crew_init(&scene.crew, &scene.loop) == OK, "a loop and a crew");
	gather_init(&scene.gather, &scene.loop, &scene.crew);
	scene.gather.log = &scene.log;
	scene.gather.counters = &scene.counters;
	scene.gather.written = scene_written;
	scene.gather.settled = scene_settled;
	gather_settings(&scene.gather, &settings);
	timer_init(&scene.limit, &scene.loop, scene_over, NULL);
	CHECK(records_open(&scene.gather.records, parent, KEEPER_LOG, (unsigned)-1, (unsigned)-1) == OK, "a log");
	CHECK(crew_start(&scene.crew, 1) == OK, "a thread");
}

static inline int scene_remove(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

static inline void scene_end(void)
{
	crew_finish(&scene.crew);
	gather_finish(&scene.gather);
	timer_end(&scene.limit);
	loop_finish(&scene.loop);
	CHECK(nftw(scene.folder, scene_remove, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder is removed");
}

/* What the log has of one kind, and the sum of the gaps. */
struct told { unsigned judged, begun, gaps; uint64_t missing; };

static inline void scene_count(struct told *told, const struct record *record)
{
	struct unpack from = unpack_from(record->bytes);

	told->judged += record->kind == RECORDED_JUDGED;
	told->begun += record->kind == RECORDED_BEGUN;
	told->gaps += record->kind == RECORDED_GAP;
	if (record->kind == RECORDED_GAP)
		told->missing += unpack_u64(&from);
}

static inline struct told scene_read(void)
{
	static struct records_names names;
	struct told told = { 0 };

	CHECK(records_list(scene.gather.records.folder.fd, &names) == OK, "files are listed");
	for (size_t i = 0; i < names.count; i++) {
		closing int fd = openat(scene.gather.records.folder.fd, names.names[i], O_RDONLY | O_CLOEXEC);
		struct records_reader reader;
		struct record record;

		CHECK(records_read(&reader, fd) == OK, "a file is read");
		while (records_next(&reader, NULL, &record) == OK)
			scene_count(&told, &record);
		records_read_end(&reader);
	}
	return told;
}

#endif
