/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule has a list of those who ask for it, laid out one after the other; a meta rule counts down the names that
 * it still misses, and is looked at when there are none. */
#include "mail/rules/metas.h"

#include "mail/rules/arithmetic.h"

/* ---- the graph ---- */

/* Calls `each` once for every rule that the meta names. `seen` holds a mark for each rule. */
struct walk { const struct metas *metas; uint32_t *seen; };

static void mark_all(struct walk *walk, uint32_t meta, void (*each)(const struct walk *, uint32_t meta, uint32_t named))
{
	const struct program *program = walk->metas->set->rules[meta].is.meta;

	for (size_t i = 0; i < program->count; i++) {
		uint32_t named = program->steps[i].operand;

		if (program->steps[i].kind != STEP_NAME || walk->seen[named] == meta + 1)
			continue;
		walk->seen[named] = meta + 1;
		each(walk, meta, named);
	}
}

static void count_one(const struct walk *walk, uint32_t meta, uint32_t named)
{
	walk->metas->first[named + 1]++;
	walk->metas->wants[meta]++;
}

static void enter_one(const struct walk *walk, uint32_t meta, uint32_t named)
{
	walk->metas->askers[walk->metas->first[named]++] = meta;
}

static void each_meta(struct walk *walk, void (*each)(const struct walk *, uint32_t, uint32_t))
{
	const struct ruleset *set = walk->metas->set;

	memset(walk->seen, 0, set->count * sizeof(*walk->seen));
	for (uint32_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind == RULE_META)
			mark_all(walk, i, each);
}

static enum result lay_out(struct metas *metas, struct arena *arena, struct arena *scratch)
{
	size_t count = metas->set->count;
	struct walk walk = { metas, arena_array(scratch, uint32_t, count + 1) };

	metas->first = arena_array(arena, uint32_t, count + 2);
	metas->wants = arena_array(arena, uint32_t, count + 1);
	metas->circle = arena_array(arena, bool, count + 1);
	if (walk.seen == NULL || metas->first == NULL || metas->wants == NULL || metas->circle == NULL)
		return LATER;
	each_meta(&walk, count_one);
	for (size_t i = 0; i < count; i++)
		metas->first[i + 1] += metas->first[i];
	metas->askers = arena_array(arena, uint32_t, (size_t)metas->first[count] + 1);
	if (metas->askers == NULL)
		return LATER;
	each_meta(&walk, enter_one);             /* moves each beginning to its end, that is the next one's beginning */
	for (size_t i = count; i > 0; i--)
		metas->first[i] = metas->first[i - 1];
	metas->first[0] = 0;
	return OK;
}

/* ---- circles ---- */

/* Can the rule be reached from itself, through those who ask for it? */
static bool reaches_itself(const struct metas *metas, uint32_t rule, uint32_t *queue, uint32_t *seen)
{
	size_t at = 0, end = 0;

	queue[end++] = rule;
	while (at < end) {
		uint32_t here = queue[at++];

		for (uint32_t i = metas->first[here]; i < metas->first[here + 1]; i++) {
			uint32_t asker = metas->askers[i];

			if (asker == rule)
				return true;
			if (seen[asker] != rule + 1) {
				seen[asker] = rule + 1;
				queue[end++] = asker;
			}
		}
	}
	return false;
}

/* Takes away whoever misses nothing, until nobody is left but those in circles or behind them. */
static void peel(const struct metas *metas, uint32_t *missing, uint32_t *queue)
{
	size_t at = 0, end = 0, count = metas->set->count;

	for (uint32_t i = 0; i < count; i++) {
		missing[i] = metas->wants[i];
		if (missing[i] == 0)
			queue[end++] = i;
	}
	while (at < end) {
		uint32_t here = queue[at++];

		for (uint32_t i = metas->first[here]; i < metas->first[here + 1]; i++)
			if (--missing[metas->askers[i]] == 0)
				queue[end++] = metas->askers[i];
	}
}

static enum result find_circles(struct metas *metas, struct arena *scratch)
{
	size_t count = metas->set->count;
	uint32_t *missing = arena_array(scratch, uint32_t, count + 1);
	uint32_t *queue = arena_array(scratch, uint32_t, count + 1);
	uint32_t *seen = arena_array(scratch, uint32_t, count + 1);

	if (missing == NULL || queue == NULL || seen == NULL)
		return LATER;
	peel(metas, missing, queue);
	for (uint32_t i = 0; i < count; i++)
		metas->circle[i] = missing[i] && reaches_itself(metas, i, queue, seen);
	return OK;
}

enum result metas_build(struct metas *metas, const struct ruleset *set, unsigned score_set, struct arena *arena)
{
	struct arena scratch;
	enum result result;

	*metas = (struct metas){ .set = set, .score_set = score_set };
	arena_init(&scratch, (set->count + 2) * sizeof(uint32_t) * 8 + (1 << 16));
	result = lay_out(metas, arena, &scratch);
	if (result == OK)
		result = find_circles(metas, &scratch);
	arena_finish(&scratch);
	return result;
}

/* ---- a run ---- */

static bool is_scored(const struct metas_run *run, uint32_t rule)
{
	return run->metas->set->rules[rule].score[run->metas->score_set] != 0;
}

enum result metas_begin(struct metas_run *run, const struct metas *metas, struct arena *arena)
{
	size_t count = metas->set->count;

	*run = (struct metas_run){ .metas = metas };
	run->counts = arena_array(arena, double, count + 1);
	run->known = arena_array(arena, bool, count + 1);
	run->missing = arena_array(arena, uint32_t, count + 1);
	run->ready = arena_array(arena, uint32_t, count + 1);
	if (run->counts == NULL || run->known == NULL || run->missing == NULL || run->ready == NULL)
		return LATER;
	for (uint32_t i = 0; i < count; i++) {
		run->missing[i] = metas->circle[i] ? 0 : metas->wants[i];
		if (metas->set->rules[i].is.kind == RULE_META && run->missing[i] == 0)
			run->ready[run->ready_end++] = i;
	}
	return OK;
}

void metas_known(struct metas_run *run, uint32_t rule, double count)
{
	const struct metas *metas = run->metas;

	if (run->known[rule])
		return;
	run->known[rule] = true;
	run->counts[rule] = count;
	for (uint32_t i = metas->first[rule]; i < metas->first[rule + 1]; i++) {
		uint32_t asker = metas->askers[i];

		if (run->missing[asker] && --run->missing[asker] == 0)
			run->ready[run->ready_end++] = asker;
	}
}

static double count_of(const void *owner, uint32_t rule)
{
	const struct metas_run *run = owner;

	return run->counts[rule];
}

/* A true one with score 0 stays unknown for good, and at the end every one with score 0. */
static void look_at(struct metas_run *run, uint32_t meta)
{
	bool scored = is_scored(run, meta);
	double value = 0;

	if (!scored && run->finishing)
		return;
	if (arithmetic_value(run->metas->set->rules[meta].is.meta, count_of, run, &value) != OK)
		value = 0;
	if (value != 0 && !scored)
		return;
	metas_known(run, meta, value < 0 ? 1 : value);
}

void metas_settle(struct metas_run *run)
{
	while (run->ready_first < run->ready_end)
		look_at(run, run->ready[run->ready_first++]);
}

void metas_finish(struct metas_run *run)
{
	const struct ruleset *set = run->metas->set;

	metas_settle(run);
	run->finishing = true;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind != RULE_META)
			metas_known(run, i, 0);
	metas_settle(run);
}
