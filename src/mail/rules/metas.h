/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metas.h — meta rules as a graph: which of them can be said when which rule is known, and what they say.
 *
 * Knows:   SpamAssassin's order: a meta rule is evaluated as soon as all rules that it names are known; what is known
 *          only at the end of a message; that a true meta rule with score 0 holds up whatever asks for it; circles.
 * Ignores: how the other rules came to their counts.
 * Owns:    nothing: graph and run stand in arenas, the graph as long as the rule set, the run as long as the message.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_METAS_H
#define RULES_METAS_H

#include "mail/rules/ruleset.h"

struct metas {
	const struct ruleset *set;
	unsigned score_set;
	uint32_t *first;                         /* of each rule: where its askers begin; one more at the end */
	uint32_t *askers;                        /* meta rules */
	uint32_t *wants;                         /* of each rule: how many others it names */
	bool *circle;                            /* names itself, if by way of others: is asked once, early */
};

/* `score_set`: 0 to 3. The set does not change from then on. */
must_use enum result metas_build(struct metas *metas, const struct ruleset *set, unsigned score_set, struct arena *arena);

struct metas_run {
	const struct metas *metas;
	double *counts;                          /* of each rule: hits, or the value of a meta rule; 0 */
	bool *known;
	uint32_t *missing;                       /* of each meta rule: how many of its names are not known */
	uint32_t *ready;                         /* rules to be looked at */
	size_t ready_first, ready_end;
	bool finishing;
};

must_use enum result metas_begin(struct metas_run *run, const struct metas *metas, struct arena *arena);
/* The rule was tried, and hit so many times; once for each. */
void metas_known(struct metas_run *run, uint32_t rule, double count);
/* Behind the last rule of a priority. */
void metas_settle(struct metas_run *run);
/* Behind the last rule: whatever else is not known is 0. */
void metas_finish(struct metas_run *run);

#endif
