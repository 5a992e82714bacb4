/* SPDX-License-Identifier: Apache-2.0 */
/* The model's file is the truth: it says what the ledger is to say, so the ledger may come behind it at any distance. */
#include "keeper/learner_write.h"

#include "base/clock.h"
#include "base/pool.h"

#include <errno.h>
#include <sys/random.h>

static enum result put_all(struct learner *learner, struct state_change *change)
{
	const struct learner_batch *batch = &learner->writing;

	for (size_t i = 0; i < batch->count; i++)
		TRY(learned_put(change, learner->written->identity, &batch->list[i], learner->writing_life));
	return state_sweep(change, &learner->place, LEARNER_SWEEP, clock_wall(), &learner->did.removed);
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

void learner_write(struct job *job)
{
	struct learner *learner = learner_of_job(job);
	enum result result;

	errno = 0;
	model_seal(learner->written);
	result = shelf_write(&learner->shelf, learner->written, learner->writing.list, learner->writing.count);
	if (result == OK)
		result = write_ledger(learner);
	learner->did.end = result;
	learner->did.error = errno;
	if (result == OK)
		shelf_tidy(&learner->shelf);
}

/* ---- at the start ---- */

enum result learner_begin_anew(struct shelf_book *ret_book)
{
	void *room = pool_resize(NULL, model_size(MODEL_BITS_USUAL));
	struct model *model;

	if (room == NULL)
		return LATER;
	model = model_begin(room, MODEL_BITS_USUAL);
	while (model->identity == 0)
		if (getrandom(&model->identity, sizeof(model->identity), 0) != (ssize_t)sizeof(model->identity))
			model->identity = 0;
	*ret_book = (struct shelf_book){ .room = room, .model = model };
	return OK;
}

static enum result put_entries(const struct shelf_book *book, int64_t life, struct state_change *change)
{
	struct slice entries = book->entries;
	struct learned learned;
	enum result result;

	while ((result = shelf_next(&entries, &learned)) == OK)
		TRY(learned_put(change, book->model->identity, &learned, life));
	return result == AGAIN ? OK : result;
}

enum result learner_catch_up(struct learner *learner, const struct shelf_book *book)
{
	struct state_change change;
	enum result result;

	if (book->entries.len == 0)
		return OK;
	TRY(state_begin(&learner->ledger, &change));
	result = put_entries(book, learner->life, &change);
	if (result == OK)
		return state_commit(&change);
	state_abandon(&change);
	return result;
}
