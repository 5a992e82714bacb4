/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeping.h — one message on its way to the disk: a job of the crew, embedded by whoever keeps one.
 *
 * Knows:   the order: the file in quarantine first, the one in messages last; that one decides.
 * Ignores: where the bytes came from and who waits for them.
 * Owns:    nothing; the text is its keeper's until `kept`, and so is `fd` from then on.
 * Fails:   LATER in `end`: not stored. REFUSED: the name is taken.
 */
#ifndef QUEUE_KEEPING_H
#define QUEUE_KEEPING_H

#include "base/crew.h"
#include "queue/spool.h"

struct queue;

struct keeping {
	struct job job;
	struct queue *queue;
	char name[SPOOL_NAME], day[SPOOL_DAY];
	bool live, apart;                        /* into messages; into quarantine */
	bool replace;                            /* a file of the same serial in quarantine is this very one */
	bool lend;                               /* its keeper wants `fd` */
	struct spool_text text;
	enum result end;
	int error, fd;                           /* fd: the file in messages, read-only; -1: none */
	void (*kept)(struct keeping *keeping);
};

void keeping_begin(struct queue *queue, struct keeping *keeping);
bool keeping_lacks_room(const struct keeping *keeping);      /* why it failed: the disk, a quota, a limit */

#endif
