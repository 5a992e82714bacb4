/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit.h — what policy changes in a message, as spans over bytes that are never altered (decision 4).
 *
 * Knows:   edits in order of place: at `at`, `drop` bytes are left out and `put` is written instead.
 * Ignores: why; and what the bytes mean.
 * Owns:    nothing: `put` points into what was packed, or into the maker's arena.
 * Fails:   REFUSED: out of order, overlapping, or past the end. Never written half: whoever writes
 *          the message out checks the whole list first with edits_check().
 */
#ifndef MESSAGE_EDIT_H
#define MESSAGE_EDIT_H

#include "base/arena.h"
#include "base/buffer.h"

enum { EDITS_MOST = 10000 };

struct edit { uint64_t at, drop; struct slice put; };
struct edits { const struct edit *list; size_t count; };

must_use enum result edits_check(const struct edits *edits, uint64_t length);
must_use enum result edits_pack(const struct edits *edits, struct buffer *to);
must_use enum result edits_unpack(struct slice packed, struct arena *arena, struct edits *ret_edits);
uint64_t edits_length(const struct edits *edits, uint64_t length);    /* of the message when written out */

/* Writing out, step by step: each call yields the next stretch, either of ours (`put`) or of the
 * original (`from`, `length`). AGAIN: there was one. OK: the end. */
struct edit_walk { const struct edits *edits; uint64_t length, at; size_t next; bool put_done; };
struct edit_stretch { struct slice put; uint64_t from, length; bool ours; };
void edit_walk_init(struct edit_walk *walk, const struct edits *edits, uint64_t length);
must_use enum result edit_walk_next(struct edit_walk *walk, struct edit_stretch *ret_stretch);

#endif
