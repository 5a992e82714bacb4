/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normal.h — line ends as they should be, in chunks and from clients that we trust (decision 4).
 *
 * Knows:   that a bare CR and a bare LF are each meant as a line end, and that NUL is no text: it is
 *          left out. CR LF stays as it is. How the bytes were cut makes no difference.
 * Ignores: where the message ends: that was decided from the bytes as they came (body.h) or from a
 *          length, so nothing that is made here can end one.
 * Owns:    nothing: pieces are written into the caller's room.
 * Fails:   never. That something was changed becomes a fact of the message.
 */
#ifndef FRONT_NORMAL_H
#define FRONT_NORMAL_H

#include "base/slice.h"

struct normal {
	bool after_cr;          /* a zeroed struct normal stands at the first byte of a message */
	bool changed;           /* something was not as it should be */
};

enum { NORMAL_ROOM = 2 };       /* bytes of room, at least */

/* Cuts off the front of `piece` as much as fits into `room` in its normal form. */
struct slice normal_next(struct normal *normal, struct slice *piece, char *room, size_t size);

/* All bytes are in: a CR at the very end had no LF. */
void normal_end(struct normal *normal);

#endif
