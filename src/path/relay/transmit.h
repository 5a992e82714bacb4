/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transmit.h — a message as it leaves: headers of ours, then the edited bytes, in the form of its destination.
 *
 * Knows:   three forms. DOTTED for DATA: lines end in CR LF, a dot at the start of a line is doubled, and
 *          CR LF . CR LF ends it. PLAIN for BDAT: lines end in CR LF, nothing is doubled or added. LINES for files:
 *          lines end in LF, nothing is doubled.
 * Ignores: sockets, files and threads; bytes come through `read`, and go into the room it is handed.
 * Owns:    one block of the original. Head, edits and source are the caller's until the end.
 * Fails:   REFUSED for a bare CR, a bare LF or a NUL (or an 8-bit byte, where `seven_bit` is asked), before such a byte
 *          is written, and so before the final dot; LATER when the source can't be read or the edits do not fit.
 *          After a failure it fails for good.
 */
#ifndef RELAY_TRANSMIT_H
#define RELAY_TRANSMIT_H

#include "mail/message/message.h"

enum transmit_form { TRANSMIT_DOTTED, TRANSMIT_PLAIN, TRANSMIT_LINES };
enum { TRANSMIT_BLOCK = 16384, TRANSMIT_CONVERTED = 4096, TRANSMIT_LEAST = 16 };

struct transmit_plan {
	enum transmit_form form;
	bool seven_bit;
	const struct sevenbit_step *steps;    /* of what leaves, head included, as it is made 7-bit; NULL: it is not */
	struct slice head;                    /* with CR LF */
	const struct edits *edits;
	uint64_t length;                      /* of the original */
	/* All of [from, from + size), or LATER. */
	enum result (*read)(void *source, uint64_t from, char *to, size_t size);
	void *source;
};

struct transmit {
	struct transmit_plan plan;
	struct edit_walk walk;
	struct slice now;                     /* being written: head, put, or a part of the block */
	uint64_t from, left;                  /* of the stretch of the original not yet read */
	bool after_cr, inside_line;           /* a CR is held back; the line has begun */
	bool walked, ended;
	struct slice source;                  /* converting: read, and not yet converted */
	struct sevenbit_write convert;
	char converted[TRANSMIT_CONVERTED];
	enum result failure;
	char block[TRANSMIT_BLOCK];
};

void transmit_init(struct transmit *transmit, const struct transmit_plan *plan);
/* Fills `room` (of TRANSMIT_LEAST bytes or more). AGAIN: there is more to come. OK: that was the end. */
must_use enum result transmit_fill(struct transmit *transmit, char *room, size_t size, size_t *ret_filled);
/* The first pass of a conversion (mail/message/sevenbit.h), of head and edited bytes; and octets of what the steps
 * make of them. LATER: it could not be read. */
must_use enum result transmit_look(struct transmit *transmit, struct sevenbit_scan *scan);
must_use enum result transmit_measure(struct transmit *transmit, uint64_t *ret_size);
/* Octets as SIZE= counts them. */
uint64_t transmit_size(const struct transmit_plan *plan);

#endif
