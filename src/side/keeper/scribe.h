/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scribe.h — the queue's wire: what it tells is gathered and remembered, and it hears when what was gathered is safe.
 *
 * Knows:   wire/queue-keeper.h from the keeper's side; the queue is a stranger too.
 * Ignores: what is in a record.
 * Owns:    the wire.
 * Fails:   what is malformed closes the wire, and the supervisor hears of it.
 */
#ifndef KEEPER_SCRIBE_H
#define KEEPER_SCRIBE_H

#include "base/channel.h"
#include "keeper/gather.h"
#include "keeper/remember.h"

struct scribe {
	struct process *process;                 /* hears when the wire has ended; NULL: nobody */
	struct loop *loop;
	struct gather *gather;
	struct remember *remember;
	struct channel wire;
	uint64_t last;                           /* exchange of the newest frame */
	uint64_t first_mark;                     /* marks up to here belong to a wire that is gone */
	uint64_t marks;
};

must_use enum result scribe_wire(struct scribe *scribe, int fd);        /* takes fd */
void scribe_finish(struct scribe *scribe);
/* For struct gather: all up to the mark is safe. */
void scribe_written(struct scribe *scribe, uint64_t mark);

/* The payload of RECORD, of which nothing is believed. Bytes and names point into the payload. */
must_use enum result scribe_read(struct slice payload, struct record *ret_record, struct known_note *ret_note);

#endif
