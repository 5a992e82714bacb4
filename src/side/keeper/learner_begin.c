/* SPDX-License-Identifier: Apache-2.0 */
/* Before the thread begins: the model is read, and the ledger brought up to what it says. */
#include "keeper/learner.h"

#include "keeper/learner_write.h"

#include "base/pool.h"

#include <errno.h>
#include <sys/random.h>

#define LEDGER "ledger"

static void name_model(struct model *model)
{
	do
		if (getrandom(&model->identity, sizeof(model->identity), 0) != (ssize_t)sizeof(model->identity))
			model->identity = 0;
	while (model->identity == 0);
}

enum result learner_begin_anew(struct shelf_book *ret_book)
{
	void *room = pool_resize(NULL, model_size(MODEL_BITS_USUAL));
	struct model *model;

	if (room == NULL)
		return LATER;
	model = model_begin(room, MODEL_BITS_USUAL);
	name_model(model);
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

static enum result catch_up(struct learner *learner, const struct shelf_book *book)
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

/* ---- do they agree? ---- */

static uint64_t count_entries(const struct shelf_book *book)
{
	struct slice entries = book->entries;
	struct learned unused;
	uint64_t count = 0;

	while (shelf_next(&entries, &unused) == OK)
		count++;
	return count;
}

/* A copy of the model that is older than the ledger did not learn all that stands there: it gets a name of its own. The ledger keeps
 * its mark until the model is written under that name, so that whoever is killed before finds the same. */
static void compare(struct learner *learner, struct shelf_book *book)
{
	const uint64_t *counts = book->model->learned;
	struct learned_mark mark;
	enum result result = learned_mark_get(&learner->ledger, &mark);

	if (result == OK && mark.model == book->model->identity && mark.generation > book->model->generation) {
		name_model(book->model);
		learner_say_lasting(learner, "the model is an older copy", "what the ledger says was learned is learned again, and not forgotten");
	} else if (result == REFUSED && !learner->lasting[0] && state_count(&learner->ledger) == 0 &&
	           counts[LABEL_SPAM] + counts[LABEL_HAM] > count_entries(book)) {
		learner_say_lasting(learner, "the ledger is new", "what was learned before is learned again, and not forgotten");
	}
}

static enum result open_ledger(struct learner *learner, uint64_t size)
{
	char aside[STATE_NAME] = "";
	int folder = learner->shelf.folder.fd;
	enum result result = state_open(&learner->ledger, folder, LEDGER, size);

	if (result != REFUSED)
		return result;
	TRY(state_set_aside(folder, LEDGER, aside));
	learner_say_lasting(learner, "the ledger was damaged: what was learned before is learned again, and not forgotten",
	                    aside[0] ? aside : "it is removed, as there are many damaged ones");
	return state_open(&learner->ledger, folder, LEDGER, size);
}

static enum result take_room(struct learner_batch *batch)
{
	batch->list = pool_resize(NULL, SHELF_ENTRIES * sizeof(batch->list[0]));
	return batch->list ? OK : LATER;
}

static enum result take_rooms(struct learner *learner, const struct model *model)
{
	TRY(take_room(&learner->filling));
	TRY(take_room(&learner->writing));
	learner->written = pool_resize(NULL, model_size(model->bits));
	return learner->written ? OK : LATER;
}

static enum result open_all(struct learner *learner, uint64_t size, struct shelf_book *book, char why[SHELF_WHY])
{
	enum result result;

	(void)!durable_sweep(&learner->shelf.folder);    /* what a kill left half written only takes room */
	result = shelf_read(&learner->shelf, book, why);
	if (result == AGAIN)
		result = learner_begin_anew(book);
	if (result == OK)
		result = open_ledger(learner, size);
	if (result == OK)
		result = take_rooms(learner, book->model);
	if (result == OK)
		compare(learner, book);
	return result == OK ? catch_up(learner, book) : result;
}

static const char *reason(const struct learner *learner, enum result result, const char *why)
{
	if (result == REFUSED && why[0])
		return why;
	if (errno == ENOSPC && state_is_full(&learner->ledger))
		return learner_too_many;
	return strerrordesc_np(errno ? errno : EIO);
}

enum result learner_begin(struct learner *learner, struct durable_folder folder, uint64_t size)
{
	struct shelf_book book = { 0 };
	char why[SHELF_WHY] = "";
	enum result result;

	learner->shelf.folder = folder;
	errno = 0;
	result = open_all(learner, size, &book, why);
	if (result == OK) {
		learner->model = book.model;
		memcpy(learner->written, book.model, model_size(book.model->bits));
		learner->snapshot = book.entries.at != NULL;
		counter_set(learner->counters, KEEPER_COUNT_learned_known, learned_count(&learner->ledger));
		learner_sweep_later(learner, LEARNER_ROUND_MS);
	} else {
		learner_say_lasting(learner, "nothing is learned", reason(learner, result, why));
		if (book.room)
			(void)!pool_resize(book.room, 0);
	}
	learner_warn(learner);
	return OK;
}
