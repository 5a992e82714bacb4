/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lender.h — lends inspection what was learned: a copy in a sealed memfd, when it is on the disk.
 *
 * Knows:   wire/inspect-keeper.h: MODEL; how long to rest between two of them.
 * Ignores: what the model says, and what inspection does with it.
 * Owns:    a timer, and the copy that was lent last: whoever comes while nothing can be written gets that.
 * Fails:   where there is no memory for a copy, it is tried again with the next; what was lent before stays in use.
 */
#ifndef KEEPER_LENDER_H
#define KEEPER_LENDER_H

#include "keeper/learner.h"

struct lender {
	const struct learner *learner;
	struct channel *wire;                    /* inspect's, teller.h */
	struct timer rest;
	uint64_t rest_ms, lent;                  /* lent: the generation */
	struct { int fd; uint64_t size, generation; } last;                /* fd -1: there is none */
	bool told, resting;                      /* told: `lent` is what inspect has */
};

void lender_init(struct lender *lender, struct loop *loop, const struct learner *learner, struct channel *wire);
void lender_finish(struct lender *lender);
void lender_wire_is_new(struct lender *lender);
/* There may be a new model. */
void lender_offer(struct lender *lender);

/* A sealed copy; -1: there is no memory, with errno. */
int lender_copy(const struct model *model);

#endif
