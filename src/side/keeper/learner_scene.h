/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learner_scene.h — for tests: a learner in a new folder, taught messages of three features each.
 *
 * Knows:   a loop, a crew of one, and struct learner between them; how it is ended, and begun again.
 * Ignores: what is tried with it.
 * Owns:    the folder, until end().
 * Fails:   by a line of the test.
 */
#ifndef KEEPER_LEARNER_SCENE_H
#define KEEPER_LEARNER_SCENE_H

#include "keeper/learner.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FEATURES = 3, TURN_MS = 20000, LEDGER_SIZE = 4 << 20 };

static struct place {
	char folder[40];
	struct loop loop;
	struct crew crew;
	struct log log;
	struct counters counters;
	struct learner learner;
	struct timer limit;
	unsigned told;
} place;

static inline void was_told(void *unused)
{
	(void)unused;
	place.told++;
	loop_stop(&place.loop);
}

static inline void over(void *unused)
{
	(void)unused;
	loop_stop(&place.loop);
}

static inline void turn_until_safe(void)
{
	learner_flush(&place.learner);
	while (!learner_is_settled(&place.learner)) {
		unsigned before = place.told;

		place.loop.stopped = false;
		CHECK(timer_start(&place.limit, TURN_MS) == OK && loop_run(&place.loop) == OK, "the loop turns");
		timer_stop(&place.limit);
		if (place.told == before)
			break;
	}
	CHECK(learner_is_settled(&place.learner), "it comes to an end");
}

static inline int open_place(void)
{
	return open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline void begin_again(uint64_t size)
{
	const struct keeper_settings settings = { .log_sync = { 1000 }, .learned_life = { 100000 } };
	struct durable_folder folder;
	closing int above = open_place();

	CHECK(loop_init(&place.loop) == OK && crew_init(&place.crew, &place.loop) == OK, "a loop and a crew");
	memset(&place.learner, 0, sizeof(place.learner));
	log_init(&place.log, "keeper", -1, LOG_LEVEL_INFO);
	learner_init(&place.learner, &place.loop, &place.crew);
	place.learner.log = &place.log;
	place.learner.counters = &place.counters;
	place.learner.safer = was_told;
	learner_settings(&place.learner, &settings);
	timer_init(&place.limit, &place.loop, over, NULL);
	CHECK(durable_folder_open(&folder, above, KEEPER_LEARNED) == OK, "a folder");
	CHECK(crew_start(&place.crew, 1) == OK, "a thread");
	CHECK(learner_begin(&place.learner, folder, size) == OK, "it begins");
}

static inline void begin(void)
{
	(void)snprintf(place.folder, sizeof(place.folder), "/tmp/keeper-learner-XXXXXX");
	CHECK(mkdtemp(place.folder) != NULL, "a folder");
	begin_again(LEDGER_SIZE);
}

static inline void end_learner(void)
{
	crew_finish(&place.crew);
	learner_finish(&place.learner);
	timer_end(&place.limit);
	loop_finish(&place.loop);
}

static inline int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

static inline void end(void)
{
	end_learner();
	CHECK(chdir("/tmp") == 0 && nftw(place.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder is removed");
}

static inline void restart(void)
{
	end_learner();
	begin_again(LEDGER_SIZE);
}

/* ---- teaching ---- */

/* Messages of the same remainder by ten are alike. */
static inline uint32_t feature_of(unsigned number, unsigned which)
{
	return (number % 10 * FEATURES + which + 1) * 0x01000193u >> (32 - FEATURE_BITS) << (32 - FEATURE_BITS);
}

static inline void pack_features(unsigned number, struct buffer *to)
{
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		CHECK(pack_u32(to, kind == FEATURE_word ? FEATURES : 0) == OK, "it is packed");
		for (unsigned i = 0; kind == FEATURE_word && i < FEATURES; i++)
			CHECK(pack_u32(to, feature_of(number, i)) == OK, "it is packed");
	}
}

/* With the features of the message `like`. */
static inline enum result teach_with(unsigned number, unsigned like, enum lesson_wanted wanted, enum lesson_end *ret_end)
{
	char digest[DIGEST_SIZE] = { 0 };
	struct teaching teaching = { .digest = { digest, DIGEST_SIZE }, .wanted = wanted, .by = 7 };
	struct buffer packed;
	enum result result;

	memcpy(digest, &number, sizeof(number));
	buffer_init(&packed, FEATURES_PACKED);
	pack_features(like, &packed);
	teaching.features = buffer_slice(&packed);
	result = learner_teach(&place.learner, &teaching, ret_end);
	buffer_finish(&packed);
	return result;
}

static inline enum result teach(unsigned number, enum lesson_wanted wanted, enum lesson_end *ret_end)
{
	return teach_with(number, number, wanted, ret_end);
}

static inline enum lesson_end taught(unsigned number, enum lesson_wanted wanted)
{
	enum lesson_end end = LESSON_ENDS_COUNT;

	CHECK(teach(number, wanted, &end) == OK, "it can be taught");
	return end;
}

static inline double judged(unsigned number)
{
	uint32_t hashes[FEATURES];
	struct features features = { 0 };

	for (unsigned i = 0; i < FEATURES; i++)
		hashes[i] = feature_of(number, i);
	features.kinds[FEATURE_word] = (struct feature_list){ hashes, NULL, FEATURES };
	return model_judge(place.learner.model, &features).probability;
}

static inline uint64_t learned_as(enum label label)
{
	return place.learner.model->learned[label];
}

#endif
