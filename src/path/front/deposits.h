/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deposits.h — the front's end of the wire to the queue: messages handed over, and not yet answered.
 *
 * Knows:   wire/front-queue.h: exchange numbers, ROOM, the three answers; that a queue may go and
 *          another come.
 * Ignores: sessions: an owner is a pointer that is handed back with the answer.
 * Owns:    the channel, and a table of what is outstanding. Memfds are lent for the call.
 * Fails:   LATER when there is no queue or the wire is full. When the queue goes, each outstanding
 *          deposit is answered LATER. An answer to no question drops the queue's wire.
 */
#ifndef FRONT_DEPOSITS_H
#define FRONT_DEPOSITS_H

#include "base/channel.h"
#include "base/process.h"
#include "front/session.h"

struct deposits {
	struct process *process;              /* hears when the wire has ended; NULL: nobody */
	struct channel wire;
	struct deposit *slots;
	size_t most, free;                    /* free: the first free slot, or `most` */
	uint64_t serial;
	enum room room;
	/* `owner` of the deposit; `reply` until it returns. */
	void (*answered)(void *owner, enum result verdict, struct slice reply);
	void (*room_changed)(void *front, enum room room);
	void *front;
};

must_use enum result deposits_init(struct deposits *deposits, size_t most);
void deposits_finish(struct deposits *deposits);

/* Takes fd. A wire that was open is ended first. */
must_use enum result deposits_open(struct deposits *deposits, struct loop *loop, int fd);

must_use enum result deposits_send(struct deposits *deposits, const struct envelope *envelope, int memfd, void *owner,
                                   uint64_t *ret_exchange);
void deposits_cancel(struct deposits *deposits, uint64_t exchange);

#endif
