/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learned.h — what stands in the ledger of one message: that it was learned, as what, when, by whom, and what that did.
 *
 * Knows:   its packed form, and its key in a map (store/state.h): a message is told by the SHA-256 of its bytes.
 * Ignores: the message, and its features.
 * Owns:    nothing.
 * Fails:   REFUSED: not an entry of ours.
 *
 * Packed: slice digest, u8 label, u64 when, u32 by, for each view the bits of two floats as u32, u32 features;
 * older entries end before that. In the map the model's
 * identity (u64) stands before that: what another model learned, this one did not. One entry more, the mark, says up to which
 * generation of which model the map was brought.
 */
#ifndef KEEPER_LEARNED_H
#define KEEPER_LEARNED_H

#include "base/digest.h"
#include "mail/spam/spam.h"
#include "store/state.h"

enum { LEARNED_FORGOTTEN = LABEL_COUNT, LEARNED_PACKED = 4 + DIGEST_SIZE + 1 + 8 + 4 + 8 * VIEW_COUNT + 4 };

struct learned {
	char digest[DIGEST_SIZE];
	uint8_t label;                           /* enum label, or LEARNED_FORGOTTEN */
	int64_t when;                            /* seconds since 1970 */
	uint32_t by;                             /* the user's number */
	struct lesson lesson;
	uint32_t features;                       /* CRC-32C of those that were learned, packed; 0: not known */
};

must_use enum result learned_pack(const struct learned *learned, struct buffer *to);
must_use enum result learned_unpack(struct slice packed, struct learned *ret_learned);

/* REFUSED: that model did not learn it. */
must_use enum result learned_get(struct state *ledger, uint64_t model, struct slice digest, int64_t now,
                                 struct learned *ret_learned);
/* `life`: seconds from `when` on. What was forgotten is taken out. */
must_use enum result learned_put(struct state_change *change, uint64_t model, const struct learned *learned, int64_t life);

/* REFUSED: there is none. */
struct learned_mark { uint64_t model, generation; };
must_use enum result learned_mark_get(struct state *ledger, struct learned_mark *ret_mark);
must_use enum result learned_mark_put(struct state_change *change, const struct learned_mark *mark);
uint64_t learned_count(struct state *ledger);    /* messages, as of the last commit */

/* For state_sweep_past(), with a struct learned_age: its time is over, or another model learned it. */
struct learned_age { uint64_t model; int64_t now; };
bool learned_is_past(const void *age, const struct state_value *value);

#endif
