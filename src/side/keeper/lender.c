/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody waits for it: the copy is a megabyte or two of memory. */
#include "keeper/lender.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "wire/inspect-keeper.h"


int lender_copy(const struct model *model)
{
	int fd = -1;

	return sealed_of("model", (struct slice){ (const char *)model, model_size(model->bits) }, &fd) == OK ? fd : -1;
}

/* `fd` -1: there is none. */
static enum result send_model(struct lender *lender, uint64_t size, int fd)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, INSPECT_KEEPER_LONGEST);
	result = pack_u64(&payload, size);
	if (result == OK)
		result = channel_send(lender->wire, KEEPER_MODEL, 0, buffer_slice(&payload), fd);
	buffer_finish(&payload);
	return result;
}

static enum result copy(struct lender *lender, const struct model *model)
{
	int fd = lender_copy(model);

	if (fd < 0)
		return LATER;
	fd_close(&lender->last.fd);
	lender->last.fd = fd;
	lender->last.size = model_size(model->bits);
	lender->last.generation = model->generation;
	return OK;
}

static enum result lend(struct lender *lender, const struct model *model)
{
	if (model && (lender->last.fd < 0 || lender->last.generation != model->generation))
		TRY(copy(lender, model));
	return send_model(lender, lender->last.fd >= 0 ? lender->last.size : 0, lender->last.fd);
}

/* A model that is being written is offered again when that has ended. */
void lender_offer(struct lender *lender)
{
	const struct model *model = learner_snapshot(lender->learner);
	uint64_t generation = model ? model->generation : 0;

	if (lender->resting || lender->learner->busy || !channel_is_open(lender->wire) || (lender->told && (model == NULL || generation == lender->lent)))
		return;
	if (lend(lender, model) != OK)
		return;
	lender->told = true;
	lender->lent = lender->last.generation;
	lender->resting = model && lender->rest_ms && timer_start(&lender->rest, lender->rest_ms) == OK;
}

static void rested(void *own_lender)
{
	struct lender *lender = own_lender;

	lender->resting = false;
	lender_offer(lender);
}

void lender_wire_is_new(struct lender *lender)
{
	timer_stop(&lender->rest);
	lender->told = lender->resting = false;
	lender_offer(lender);
}

void lender_init(struct lender *lender, struct loop *loop, const struct learner *learner, struct channel *wire)
{
	lender->learner = learner;
	lender->last.fd = -1;
	lender->wire = wire;
	timer_init(&lender->rest, loop, rested, lender);
}

void lender_finish(struct lender *lender)
{
	timer_end(&lender->rest);
	fd_close(&lender->last.fd);
}
