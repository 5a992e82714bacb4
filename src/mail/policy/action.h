/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.h — what stands in `do`: a table of actions, each either final or a deed (inside mail/policy; `postern help
 *            actions` prints it).
 *
 * Knows:   names, what may stand behind them, and the reply that a refusal gives.
 * Owns:    nothing; a composed text stands in the arena.
 * Fails:   REFUSED with what was meant in the complaint. LATER: the arena is full.
 *
 * A text may stand in quotes, so that spaces at its ends are kept: subject '***SPAM*** '.
 */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include "mail/policy/judgement.h"

struct action_row {
	const char *name, *takes;                /* "subject", "TEXT"; takes is "" when nothing may follow */
	bool final;
	enum outcome outcome;                    /* final */
	enum deed_kind deed;                     /* not final */
	const char *code, *standard;             /* a reply's code, and its words when none are given */
	const char *about;
};
extern const struct action_row action_rows[];
extern const size_t action_row_count;

struct action {
	const struct action_row *row;
	struct slice text;                       /* the whole reply, or the deed's text */
};

must_use enum result action_compile(struct slice text, struct arena *arena, struct action *ret_action,
                                    struct buffer *complaint);
/* Would the two set the same thing? Then the earlier stands. */
bool action_same_thing(const struct action *one, const struct action *other);

#endif
