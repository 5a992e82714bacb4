/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telling.h — what two configurations make of messages, in words: what differs, what cannot be told, and how many.
 *
 * Knows:   both configurations and their policies, whose templates count; text and JSON. Where a message is judged by findings
 *          of then, and rules of either ask for a fact that was not looked for then, that is told, and nothing else.
 * Ignores: where messages come from, and how they were judged.
 * Owns:    the compiled policies, until telling_end().
 * Fails:   REFUSED after a complaint: a policy cannot be understood. LATER: not even that something cannot be told
 *          could be written.
 */
#ifndef CLI_TELLING_H
#define CLI_TELLING_H

#include "cli/compare.h"
#include "cli/contrast.h"
#include "cli/places.h"

struct telling {
	struct places *was, *will;
	const struct policy *policies[SIDES];
	struct arena memory;
	bool json;
	struct pair_totals pairs;
	uint64_t messages, same, differ, unknown, not_looked_for;
};

must_use enum result telling_begin(struct telling *telling, struct places *was, struct places *will, bool json);
void telling_end(struct telling *telling);

/* Counts the message, and adds what is to be said of it: nothing where it is the same. */
must_use enum result telling_item(struct telling *telling, const struct contrast_item *item, struct buffer *to);
must_use enum result telling_totals(const struct telling *telling, struct buffer *to);

#endif
