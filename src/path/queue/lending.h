/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lending.h — the queue's side of wire/queue-relay.h.
 *
 * Knows:   nothing is lent before RESUMED; what is HOLDING is not lent again; a RESULT is NOTED when it is
 *          safe, and again if it comes again, even for a message that is gone.
 * Ignores: how mail is delivered.
 * Owns:    the wire to the relay.
 * Fails:   a frame that makes no sense drops the relay's wire (REFUSED).
 */
#ifndef QUEUE_LENDING_H
#define QUEUE_LENDING_H

#include "base/channel.h"
#include "base/pool.h"

struct queue;
struct visit;

struct lending {
	struct queue *queue;
	struct channel wire;
	bool resumed;
	uint32_t lent, preparing;        /* messages with the relay; read in order to be lent */
	uint64_t last, generation;
	struct pool results;
};

void lending_init(struct lending *lending, struct queue *queue);
void lending_finish(struct lending *lending);
must_use enum result lending_wire(struct lending *lending, int fd);
bool lending_may(const struct lending *lending);
void lending_begin(struct visit *visit);
void lending_stop(struct lending *lending);

#endif
