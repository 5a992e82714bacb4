/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h — how much of a stranger's message is taken apart before we say that we cannot.
 *
 * Knows:   the ceilings, as numbers that the caller sets from its settings, and the usual ones; how much work a message may
 *          be, which no setting raises.
 * Ignores: what follows: a ceiling that was hit is `unscannable`, never clean, or it is named in `ambiguous`.
 */
#ifndef MESSAGE_LIMITS_H
#define MESSAGE_LIMITS_H

#include <stddef.h>

struct message_limits {
	size_t depth, parts;                     /* of the tree; every reading counts as parts of its own */
	size_t header_bytes, header_count;       /* of one part's fields together */
	size_t header_longest;                   /* bytes of one field, folding included */
	size_t parameters;                       /* of one field */
	size_t boundary;                         /* bytes */
	size_t addresses;                        /* of one field; those behind are not read */
};

enum { DEPTH_MOST = 256 };                       /* of `depth`, whatever the settings say */

/* Reading is one pass over a message, or a few; what could make it many (parts times bytes, lines times depth) is counted,
 * in steps that are about as long as a byte takes that is looked at. */
enum { STEPS_LEAST = 64 << 20, STEPS_A_BYTE = 32 };

extern const struct message_limits message_limits_standard;

#endif
