/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asks.h — questions to inspect: what is this, and what is to be done; and: write a notice.
 *
 * Knows:   which questions are open, and asks them again on a new wire.
 * Ignores: what the answers mean.
 * Owns:    the wire to inspect. A question is its asker's; it is answered once, or ended with ask_end().
 * Fails:   ASK_FAILED after ASK_TRIES judgements that did not come (inspect died over it, or said so), and for one
 *          that stayed without an answer for `ask_limit` on a wire that lives.
 */
#ifndef QUEUE_ASKS_H
#define QUEUE_ASKS_H

#include "base/channel.h"

struct queue;

enum ask_end { ASK_JUDGED, ASK_COMPOSED, ASK_FAILED };
enum { ASK_TRIES = 5, ASK_BUCKETS = 1024 };

struct ask {
	struct ask *next;                        /* in its bucket */
	uint64_t exchange;
	uint8_t kind, tried;                     /* enum queue_asks; wires that ended with it open */
	bool sent, open;
	uint64_t since;                          /* ticks, when it was sent */
	struct slice payload;                    /* for COMPOSE: all; for INSPECT: the packed envelope */
	int fd;                                  /* borrowed */
	/* `answer` ends when this returns; fd (-1: none) is the asker's then. */
	void (*answered)(struct ask *ask, enum ask_end end, struct slice answer, int fd);
};

struct asks {
	struct queue *queue;
	struct channel wire;
	struct ask *buckets[ASK_BUCKETS];
	uint64_t last;
	uint32_t open;
	struct timer again, patience;
	bool watched;                            /* patience runs */
};

void asks_init(struct asks *asks, struct queue *queue);
void asks_finish(struct asks *asks);
must_use enum result asks_wire(struct asks *asks, int fd);
bool asks_ready(const struct asks *asks);        /* inspect is there */

void ask_begin(struct asks *asks, struct ask *ask);      /* kind, payload, fd, tried, answered are set */
void ask_end(struct asks *asks, struct ask *ask);        /* safe on one that is not open */

#endif
