/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserve.h — is there room in the spool? Looked at every two seconds, on the crew.
 *
 * Knows:   free bytes and inodes, and the reserve below which fronts are told to answer 452.
 * Ignores: what the room is for.
 * Owns:    a timer and a job. A disk that cannot be asked has no room.
 */
#ifndef QUEUE_RESERVE_H
#define QUEUE_RESERVE_H

#include "base/crew.h"

struct queue;

struct reserve {
	struct queue *queue;
	struct timer timer;
	struct job job;
	enum result end;
	uint64_t bytes, inodes;
	bool room, asking;
};

void reserve_init(struct reserve *reserve, struct queue *queue);      /* looks at once, blocking: before the loop */
void reserve_finish(struct reserve *reserve);
must_use enum result reserve_watch(struct reserve *reserve);
void reserve_look_now(struct reserve *reserve);         /* a file found no room: do not wait for the next turn */
bool reserve_has_room(const struct reserve *reserve);

#endif
