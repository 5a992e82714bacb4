/* SPDX-License-Identifier: Apache-2.0 */
/* The model's file is the truth: it says what the ledger is to say, so the ledger may come behind it at any distance. */
#include "keeper/learner_write.h"

#include "base/clock.h"

#include <errno.h>

/* More than comes, so that what is old goes before there is no room. */
static enum result sweep(struct learner *learner, struct state_change *change)
{
	const struct learned_age age = { learner->written->identity, clock_wall() };
	const struct state_past past = { learned_is_past, &age };
	size_t most = 2 * learner->writing.count;

	return state_sweep_past(change, &learner->place, most > LEARNER_SWEEP ? most : LEARNER_SWEEP, &past, &learner->did.removed);
}

/* A full ledger of before, which has no mark, does without. */
static void put_mark(struct learner *learner, struct state_change *change)
{
	const struct learned_mark mark = { learner->written->identity, learner->written->generation };

	if (!learner->sweeps)
		(void)!learned_mark_put(change, &mark);
}

static enum result put_all(struct learner *learner, struct state_change *change)
{
	const struct learner_batch *batch = &learner->writing;

	put_mark(learner, change);
	for (size_t i = 0; i < batch->count; i++)
		TRY(learned_put(change, learner->written->identity, &batch->list[i], learner->writing_life));
	return sweep(learner, change);
}

static enum result write_ledger(struct learner *learner)
{
	struct state_change change;
	enum result result;

	TRY(state_begin(&learner->ledger, &change));
	result = put_all(learner, &change);
	if (result == OK)
		return state_commit(&change);
	state_abandon(&change);
	return result;
}

static enum result write_model(struct learner *learner)
{
	model_seal(learner->written);
	TRY(shelf_write(&learner->shelf, learner->written, learner->writing.list, learner->writing.count));
	TRY(write_ledger(learner));
	shelf_tidy(&learner->shelf);
	return OK;
}

void learner_write(struct job *job)
{
	struct learner *learner = learner_of_job(job);

	errno = 0;
	learner->did.end = learner->sweeps ? write_ledger(learner) : write_model(learner);
	learner->did.error = errno;
}
