/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expansion.h — who is meant by one address, in the end.
 *
 *   the address ─ canonical ─► its proper form ─ virtual, aliases ─► members, each looked up again ─► the final ones
 *   one final address, in a domain that says who is there: is it there?
 *
 * Knows:   the order of tables, subaddresses, lists for insiders, where it ends: an address that stands
 *          for itself is final, none is looked up twice, DEPTH_MOST steps, so many members.
 * Ignores: wires, and how tables and next hops are asked.
 * Owns:    an arena, until expansion_finish(), which forgets what is still asked.
 * Fails:   LATER, with `why`, for whatever could not be learned, and for lists that run in a circle or grow
 *          over their limit: the mail is not lost, and somebody may put the table right.
 *
 * Members of a list (two or more) are believed; a single final address is looked for in `recipients`, so that
 * "@old.example.org @example.org" does not accept everybody. What stands in a table that is `inside` is passed
 * over for strangers, at every step; the way of the search is the same as for an address that is not there.
 */
#ifndef ACCESS_EXPANSION_H
#define ACCESS_EXPANSION_H

#include "access/callouts.h"
#include "access/zones.h"

enum { DEPTH_MOST = 20 };

struct member {
	struct member *next, *parent;
	const struct zone *zone;               /* NULL: not ours, nothing to ask */
	struct slice address;
	unsigned depth;
	size_t step;                           /* of zone->uses */
	bool mapped, expanded, final, hidden;
};

struct expansion {
	const struct zones *zones;
	struct callouts *callouts;
	unsigned client;                       /* bits of access_client */
	size_t limit;                          /* final members */
	/* After AGAIN, once. */
	void (*done)(struct expansion *expansion, enum result end);
	const char *why;                       /* of LATER */
	bool not_for_you;                      /* with REFUSED */
	struct member *first;                  /* with OK: those that are final and not hidden */
	/* inside */
	struct arena memory;
	struct member *last, *now;
	size_t members;
	struct keys keys;
	struct lookup lookup;
	struct table *asked;
	struct callout callout;
	struct member *checked;
	size_t check;
	bool exempt, circle, unsure;
};

/* OK, REFUSED, LATER, or AGAIN. Fields above `why` are set by the caller; `recipient` is copied. */
must_use enum result expansion_begin(struct expansion *expansion, struct slice recipient);
void expansion_finish(struct expansion *expansion);
static inline bool member_counts(const struct member *member) { return member->final && !member->hidden; }

#endif
