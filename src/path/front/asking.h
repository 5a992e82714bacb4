/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asking.h — the front's end of the wire to access: recipients asked for, and not yet answered.
 *
 * Knows:   wire/front-access.h: exchange numbers, the four answers; that access may go and another come,
 *          which is then asked again.
 * Ignores: sessions beside the question that they have: an owner is a pointer that comes back with the answer.
 * Owns:    the channel, and a table of what is outstanding.
 * Fails:   LATER when the table is full. While there is no access, questions wait: who asked has a
 *          deadline. An answer to no question, or one that is no list of addresses, drops the wire.
 */
#ifndef FRONT_ASKING_H
#define FRONT_ASKING_H

#include "base/channel.h"
#include "base/process.h"
#include "front/session.h"
#include "wire/front-access.h"

struct asking {
	struct process *process;               /* hears when the wire has ended; NULL: nobody */
	struct channel wire;
	struct asked *slots;
	size_t most, free;                     /* free: the first free slot, or `most` */
	uint64_t serial;
	struct session *(*session_of)(void *owner);
	/* `addresses` until it returns. REFUSED: there is no such recipient; hidden: or not for this client. */
	void (*answered)(void *owner, enum result end, const struct slice *addresses, size_t count, bool hidden);
	struct slice addresses[ACCESS_ADDRESSES];
};

must_use enum result asking_init(struct asking *asking, size_t most);
must_use enum result asking_open(struct asking *asking, struct loop *loop, int fd);      /* takes fd */
must_use enum result asking_send(struct asking *asking, void *owner, uint64_t *ret_exchange);
void asking_forget(struct asking *asking, uint64_t exchange);                            /* 0 is nothing */

#endif
