/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_memo.h — values of headers that were asked for once, kept for all who ask again (inside mail/rules only).
 *
 * Knows:   the name and the form that was asked for, and of which part.
 * Ignores: how a value is made, and what stands for one that is not there.
 * Owns:    nothing: all stands in the arena. A run of an engine has one of its own, since relays differ by rule set.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_MEMO_H
#define RULES_VIEW_MEMO_H

#include "base/arena.h"

enum { MEMO_BUCKETS = 512 };

struct view_value {
	struct view_value *next;
	const void *of;                          /* a part; NULL: the message */
	struct slice header;                     /* as it was written: capitals may count */
	unsigned modifiers;
	struct slice text;
	bool there;
};

struct view_memo { struct view_value *buckets[MEMO_BUCKETS]; };

/* NULL: nobody asked for it yet. */
const struct view_value *view_memo_find(const struct view_memo *memo, const struct view_value *like);
must_use enum result view_memo_add(struct view_memo *memo, const struct view_value *value, struct arena *arena);

#endif
