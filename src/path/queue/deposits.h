/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deposits.h — what fronts bring: asked about, then kept, refused, or put off.
 *
 * Knows:   wire/front-queue.h from the queue's side; a front is a stranger too.
 * Ignores: what inspect does, and what happens after KEPT.
 * Owns:    a deposit's memfd, envelope and judgement until it is answered.
 * Fails:   REFUSED: that front broke the wire's rules, and is dropped. LATER goes to the client as 451 or 452.
 */
#ifndef QUEUE_DEPOSITS_H
#define QUEUE_DEPOSITS_H

#include "base/channel.h"
#include "base/pool.h"

struct queue;

enum { DEPOSITS_FRONTS = 64, DEPOSITS_MOST = 20000 };

struct front_wire {
	struct queue *queue;
	struct channel wire;
	uint32_t instance;
	struct deposit *first;
};

struct deposits {
	struct queue *queue;
	struct front_wire fronts[DEPOSITS_FRONTS];
	struct pool pool;
	uint32_t storing;
};

void deposits_init(struct deposits *deposits, struct queue *queue);
void deposits_finish(struct deposits *deposits);
must_use enum result deposits_wire(struct deposits *deposits, uint32_t instance, int fd);
void deposits_say_room(struct deposits *deposits, bool room);
void deposits_stop(struct deposits *deposits);           /* what is not being stored is put off */

#endif
