/* SPDX-License-Identifier: Apache-2.0 */
/* Two batches change places, as in remember.c. What the thread writes is a copy: the loop learns on meanwhile. */
#include "keeper/learner.h"

#include "keeper/learner_write.h"

#include "base/checksum.h"
#include "base/clock.h"
#include "base/pool.h"

#include <errno.h>
#include <stdio.h>

enum { MEMORY = 1 << 20, SHOWN = 8, ENTRY_ROOM = 512, PAGES_ROOM = 64 << 10 };

static const char not_open[] = "it was not opened yet";
const char learner_too_many[] = "the ledger is full: keeper learned_size";

/* ---- warnings ---- */

void learner_warn(const struct learner *learner)
{
	char text[2 * LEARNER_TEXT + 4];
	const char *between = learner->lasting[0] && learner->trouble[0] ? "; " : "";

	(void)snprintf(text, sizeof(text), "%s%s%s", learner->lasting, between, learner->trouble);
	if (learner->process)
		process_warn(learner->process, "learned", slice_of(text));
}

void learner_say_lasting(struct learner *learner, const char *what, const char *why)
{
	size_t said = strlen(learner->lasting);

	(void)snprintf(learner->lasting + said, sizeof(learner->lasting) - said, "%s%s: %s", said ? "; " : "", what, why);
	log_say(learner->log, LOG_LEVEL_ERROR, SLICE(""), "not-learned", "error", slice_of(learner->lasting));
}

static void look_for_trouble(struct learner *learner)
{
	bool failed = learner->did.end != OK;

	if (failed && !learner->troubled) {
		const char *error = strerrorname_np(learner->did.error);

		(void)snprintf(learner->trouble, sizeof(learner->trouble), "what was learned is not written: %s",
		               error ? error : "EIO");
		log_say(learner->log, LOG_LEVEL_ERROR, SLICE(""), "not-learned", "error", slice_of(learner->trouble));
	}
	if (!failed)
		learner->trouble[0] = '\0';
	if (failed != learner->troubled) {
		learner->troubled = failed;
		learner_warn(learner);
	}
}

bool learner_is_stopped(const struct learner *learner)
{
	return learner->model == NULL || learner->troubled;
}

/* What is not in the ledger yet must fit, too: an entry takes less, in pages that are half full. */
static bool has_room(const struct learner *learner)
{
	return state_room(&learner->ledger) > PAGES_ROOM + (learner->filling.count + learner->writing.count) * ENTRY_ROOM;
}

const char *learner_trouble(const struct learner *learner)
{
	if (learner->model == NULL)
		return learner->lasting[0] ? learner->lasting : not_open;
	if (learner->troubled)
		return learner->trouble;
	return has_room(learner) ? NULL : learner_too_many;
}

/* ---- writing ---- */

/* What could not be written comes first, in the order in which it was learned. */
static void take_filled(struct learner *learner)
{
	struct learner_batch *writing = &learner->writing, *filling = &learner->filling, other = *writing;

	if (writing->count == 0) {
		*writing = *filling;
		*filling = other;
		return;
	}
	memcpy(writing->list + writing->count, filling->list, filling->count * sizeof(filling->list[0]));
	writing->count += filling->count;
	filling->count = 0;
}

static void flush(struct learner *learner)
{
	if (learner->busy || learner->model == NULL)
		return;
	timer_stop(&learner->due);
	take_filled(learner);
	memcpy(learner->written, learner->model, model_size(learner->model->bits));
	learner->writing_life = learner->life;
	learner->going = learner->taken;
	learner->sweeps = false;
	learner->busy = true;
	crew_give(learner->crew, &learner->job);
}

static void wait_or_write(struct learner *learner, uint64_t ms)
{
	if (learner->busy)
		return;
	if (ms == 0 || timer_start(&learner->due, ms) != OK)
		flush(learner);
}

static void time_to_write(void *own_learner)
{
	flush(own_learner);
}

static void write_on(struct learner *learner)
{
	bool hurries = learner->hurries || learner_is_filled(learner);

	learner->hurries = learner->hurries && learner->filling.count;
	if (learner->filling.count)
		wait_or_write(learner, hurries ? 0 : learner->sync_ms);
}

/* ---- a full ledger: nothing comes that would be written, and what is old would stay ---- */

void learner_sweep_later(struct learner *learner, uint64_t ms)
{
	(void)!timer_start(&learner->sweeping, ms);
}

static void time_to_sweep(void *own_learner)
{
	struct learner *learner = own_learner;
	bool full = learner->model && !has_room(learner);

	if (!full || learner->busy || learner->troubled || learner->filling.count || learner->writing.count) {
		learner_sweep_later(learner, full ? LEARNER_STEP_MS : LEARNER_ROUND_MS);
		return;
	}
	learner->sweeps = learner->busy = true;
	crew_give(learner->crew, &learner->job);
}

static void try_again(struct learner *learner)
{
	uint64_t pause = learner->retry_ms;

	learner->retry_ms = 2 * pause < LEARNER_RETRY_MOST_MS ? 2 * pause : LEARNER_RETRY_MOST_MS;
	wait_or_write(learner, pause);
}

/* The number is used up whatever became of it: no two files have the same. */
static void done(struct job *job)
{
	struct learner *learner = learner_of_job(job);

	learner->busy = false;
	if (learner->sweeps) {
		learner_sweep_later(learner, learner->place.length ? LEARNER_STEP_MS : LEARNER_ROUND_MS);
	} else {
		learner->model->generation = learner->written->generation;
		learner->snapshot = learner->did.end == OK;
	}
	look_for_trouble(learner);
	counter_set(learner->counters, KEEPER_COUNT_learned_known, learned_count(&learner->ledger));
	if (learner->troubled) {
		try_again(learner);
	} else {
		learner->retry_ms = LEARNER_RETRY_MS;
		learner->writing.count = 0;
		learner->safe = learner->going;
		write_on(learner);
	}
	if (learner->safer)
		learner->safer(learner->owner);
}

const struct model *learner_snapshot(const struct learner *learner)
{
	return learner->snapshot && !learner->busy ? learner->written : NULL;
}

bool learner_is_filled(const struct learner *learner)
{
	return learner->filling.count >= LEARNER_BATCH / 2;
}

bool learner_is_settled(const struct learner *learner)
{
	return learner->model == NULL || (!learner->busy && learner->filling.count == 0) || learner->troubled;
}

void learner_flush(struct learner *learner)
{
	if (learner_is_settled(learner))
		return;
	learner->hurries = true;
	flush(learner);
}

/* ---- learning ---- */

static enum result find_in(const struct learner_batch *batch, struct slice digest, struct learned *ret_learned)
{
	for (size_t i = batch->count; i-- > 0;)
		if (memcmp(batch->list[i].digest, digest.at, DIGEST_SIZE) == 0) {
			*ret_learned = batch->list[i];
			return OK;
		}
	return AGAIN;
}

/* The last that was said of it holds. REFUSED: it is not learned. */
static enum result find(struct learner *learner, struct slice digest, int64_t now, struct learned *ret_learned)
{
	struct learned learned;
	enum result result = find_in(&learner->filling, digest, &learned);

	if (result == AGAIN)
		result = find_in(&learner->writing, digest, &learned);
	if (result == AGAIN)
		return learned_get(&learner->ledger, learner->model->identity, digest, now, ret_learned);
	if (learned.label == LEARNED_FORGOTTEN)
		return REFUSED;
	*ret_learned = learned;
	return OK;
}

static void log_lesson(struct learner *learner, const struct learned *learned, enum lesson_end end, bool same)
{
	static const char *const labels[] = { [LABEL_HAM] = "ham", [LABEL_SPAM] = "spam", [LEARNED_FORGOTTEN] = "nothing" };
	static const char *const ends[] = { LESSON_ENDS(LESSON_END_NAME) };
	char digest[2 * SHOWN + 1];
	struct log_line line;

	for (size_t i = 0; i < SHOWN; i++)
		(void)snprintf(digest + 2 * i, 3, "%02x", (unsigned char)learned->digest[i]);
	log_begin(&line, learner->log, LOG_LEVEL_INFO, SLICE(""), "learned");
	log_text(&line, "message", slice_of(digest));
	log_text(&line, "as", slice_of(labels[learned->label]));
	log_text(&line, "what", slice_of(ends[end]));
	log_count(&line, "by", learned->by);
	if (!same)
		log_text(&line, "weights", SLICE("kept: its features were others"));
	log_end(&line);
}

static void note(struct learner *learner, const struct learned *learned, enum lesson_end end, bool same)
{
	bool first = learner->filling.count == 0;

	learner->filling.list[learner->filling.count++] = *learned;
	learner->taken++;
	counter_add(learner->counters, KEEPER_COUNT_lessons, 1);
	log_lesson(learner, learned, end, same);
	if (learner_is_filled(learner))
		flush(learner);
	else if (first)
		wait_or_write(learner, learner->sync_ms);
}

static uint32_t sum_of(struct slice features)
{
	uint32_t sum = checksum(0, features);

	return sum ? sum : 1;
}

/* Where Postern makes other features of a message now than when it was learned, weights would be moved that it never moved. */
static void take_back(struct learner *learner, const struct features *features, const struct learned *old, bool same)
{
	if (same)
		model_forget(learner->model, features, (enum label)old->label, &old->lesson);
	else
		model_uncount(learner->model, (enum label)old->label);
}

/* `old`: what it was learned as; NULL: it was not. */
static enum lesson_end teach(struct learner *learner, const struct teaching *teaching, const struct features *features,
                             const struct learned *old, int64_t now)
{
	struct learned learned = { .label = LEARNED_FORGOTTEN, .when = now, .by = teaching->by, .features = sum_of(teaching->features) };
	enum lesson_end end = old ? LESSON_MOVED : LESSON_NEW;
	bool same = old == NULL || old->features == 0 || old->features == learned.features;

	memcpy(learned.digest, teaching->digest.at, DIGEST_SIZE);
	if (old)
		take_back(learner, features, old, same);
	if (teaching->wanted == LESSON_FORGET) {
		end = LESSON_FORGOTTEN;
	} else {
		learned.label = teaching->wanted == LESSON_SPAM ? LABEL_SPAM : LABEL_HAM;
		model_learn(learner->model, features, (enum label)learned.label, 1, &learned.lesson);
	}
	note(learner, &learned, end, same);
	return end;
}

static bool nothing_to_do(const struct teaching *teaching, const struct learned *old, enum lesson_end *ret_end)
{
	static const enum lesson_wanted wanted[] = { [LABEL_HAM] = LESSON_HAM, [LABEL_SPAM] = LESSON_SPAM };

	if (old ? wanted[old->label] != teaching->wanted : teaching->wanted != LESSON_FORGET)
		return false;
	*ret_end = old ? LESSON_AGAIN : LESSON_UNKNOWN;
	return true;
}

enum result learner_teach(struct learner *learner, const struct teaching *teaching, enum lesson_end *ret_end)
{
	int64_t now = clock_wall();
	struct features features;
	struct learned old;
	enum result known;

	if (teaching->digest.len != DIGEST_SIZE)
		return REFUSED;
	if (learner_is_stopped(learner) || learner->filling.count == LEARNER_BATCH)
		return LATER;
	arena_reset(&learner->arena);
	TRY(features_unpack(teaching->features, &learner->arena, &features));
	known = find(learner, teaching->digest, now, &old);
	if (known == REFUSED && teaching->wanted != LESSON_FORGET && !has_room(learner)) {
		learner_sweep_later(learner, LEARNER_STEP_MS);
		return LATER;
	}
	if (known != OK && known != REFUSED) {
		*ret_end = LESSON_UNCLEAR;
		return OK;
	}
	if (!nothing_to_do(teaching, known == OK ? &old : NULL, ret_end))
		*ret_end = teach(learner, teaching, &features, known == OK ? &old : NULL, now);
	return OK;
}

/* ---- begin and end ---- */

void learner_settings(struct learner *learner, const struct keeper_settings *settings)
{
	learner->sync_ms = settings->log_sync.n * 1000;
	learner->life = (int64_t)settings->learned_life.n;
}

void learner_init(struct learner *learner, struct loop *loop, struct crew *crew)
{
	learner->crew = crew;
	learner->retry_ms = LEARNER_RETRY_MS;
	learner->job = (struct job){ .work = learner_write, .done = done };
	learner->shelf.folder = (struct durable_folder){ .fd = -1, .proc_fd = -1 };
	arena_init(&learner->arena, MEMORY);
	timer_init(&learner->due, loop, time_to_write, learner);
	timer_init(&learner->sweeping, loop, time_to_sweep, learner);
}

void learner_finish(struct learner *learner)
{
	void *rooms[] = { learner->model, learner->written, learner->filling.list, learner->writing.list };

	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		if (rooms[i])
			(void)!pool_resize(rooms[i], 0);
	timer_end(&learner->due);
	timer_end(&learner->sweeping);
	arena_finish(&learner->arena);
	state_close(&learner->ledger);
	durable_folder_close(&learner->shelf.folder);
}
