/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h — the bytes between 354 and the final dot, over chunks of any size.
 *
 * Knows:   that only CR LF . CR LF ends the data, where a line begins, which dots are stuffing, and
 *          what may not be in a message: a CR without LF, a LF without CR, NUL.
 * Ignores: limits, headers and where the bytes go. How the bytes were cut makes no difference.
 * Owns:    nothing: pieces point into the chunk, or at a constant.
 * Fails:   never. A fault is remembered until the end of the data; only then can it be answered,
 *          and the pieces of a faulty message are to be thrown away.
 */
#ifndef FRONT_BODY_H
#define FRONT_BODY_H

#include "base/slice.h"

enum body_at { BODY_LINE_START = 0, BODY_IN_LINE, BODY_AFTER_CR, BODY_AFTER_DOT, BODY_AFTER_DOT_CR };
enum body_fault { BODY_BARE_CR = 1, BODY_BARE_LF = 2, BODY_NUL = 4 };       /* bits */

struct body {
	enum body_at at;        /* a zeroed struct body stands at the first byte after 354 */
	unsigned faults;
};

/* Cuts the next piece of the message off the front of `chunk`. AGAIN: go on, with more bytes once
 * the chunk is empty; OK: that was the end, and what is left in `chunk` follows the final dot.
 * The piece may be empty. */
must_use enum result body_next(struct body *body, struct slice *chunk, struct slice *ret_piece);

#endif
