/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h — a rule set run over one message: which rules hit, and how often.
 *
 * Knows:   the order by priority, scores of 0 that switch a rule off, counts of `multiple` rules, meta rules.
 * Ignores: evals that have no row yet (evals.c): their rules are not run, and count as rules that do not hit.
 * Owns:    nothing of its own; engine_finish() gives back what the patterns hold.
 * Fails:   LATER: an arena is full. A match that came to a limit is counted in `limits`: the message is then not known
 *          to be clean.
 */
#ifndef RULES_RUN_H
#define RULES_RUN_H

#include "mail/rules/freemail.h"
#include "mail/rules/metas.h"
#include "mail/rules/patterns.h"
#include "mail/rules/uri_detail.h"
#include "mail/rules/view.h"

struct engine {
	const struct ruleset *set;
	struct metas metas;
	struct patterns *patterns;
	struct trust trust;                      /* in relays, as the set says */
	const struct freemail *freemail;
	struct uri_ways uri_ways;
	struct uri_details uri_details;
	unsigned score_set;
	uint32_t *order;                         /* rules by priority; meta rules are not among them */
	size_t order_count;
};

struct rule_hit { const struct rule *rule; double count; };
struct rule_hits {
	struct rule_hit *list;                   /* in the order of the set */
	size_t count;
	double score;                            /* sum, sub-rules without */
	size_t limits;                           /* matches that came to a limit; one more where addresses did, or a part's field was cut */
};

/* `score_set`: 0 to 3. Complaints go to the set. */
must_use enum result engine_build(struct engine *engine, struct ruleset *set, unsigned score_set, bool jit, struct arena *arena);
void engine_finish(struct engine *engine);

/* Could the rule hit at all, by what is there? */
bool engine_runs(const struct engine *engine, const struct rule *rule);

must_use enum result engine_run(const struct engine *engine, const struct rules_view *view, struct arena *arena,
                                struct rule_hits *ret_hits);

#endif
