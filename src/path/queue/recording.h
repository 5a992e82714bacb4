/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording.h — what was judged is told to the keeper, for the message log and to remember the sender; nobody waits.
 *
 * Knows:   wire/queue-keeper.h, which outcome counts for the sender, and how many records are not known to be written.
 * Ignores: what becomes of them.
 * Owns:    the wire.
 * Fails:   by counting: what could not be told is missed, and the keeper is told so when it can be told again.
 */
#ifndef QUEUE_RECORDING_H
#define QUEUE_RECORDING_H

#include "base/channel.h"
#include "mail/policy/policy.h"

struct queue;

struct recording {
	struct queue *queue;
	struct channel wire;
	uint64_t sent, written;                  /* exchange numbers on this wire */
	uint64_t missed, told, told_at;          /* to be told; last told, and with which exchange */
	int64_t missed_since;                    /* seconds since 1970 */
};

void recording_init(struct recording *recording, struct queue *queue);
void recording_finish(struct recording *recording);
must_use enum result recording_wire(struct recording *recording, int fd);        /* takes fd */

struct recorded {
	struct slice id, packed;                 /* packed: the envelope */
	const struct judgement *judgement;
	unsigned outcomes;                       /* bits of enum outcome: what became of it for somebody, and is to be counted now */
	bool late;                               /* it was kept before it was judged */
};
void recording_judged(struct recording *recording, const struct recorded *recorded);

#endif
