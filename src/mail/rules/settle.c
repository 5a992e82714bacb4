/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said only when all files are read: sums over rules_matching(), scores of rules without one, and the order
 * in which rules are run, where a meta rule pulls what it asks for to its own place. */
#include "mail/rules/reading.h"

#include "mail/rules/arithmetic.h"

static const int net_priority = -100;

static bool holds_word(struct slice text, struct slice word)
{
	for (; text.len >= word.len; text = slice_drop(text, 1))
		if (slice_begins(text, word))
			return true;
	return false;
}

static enum result complete_metas(struct rules_reader *reader)
{
	struct ruleset *set = reader->set;
	const char *fault = NULL;

	for (uint32_t i = 0; i < set->count; i++) {
		struct rule *rule = &set->rules[i];

		if (rule->is.kind != RULE_META || !holds_word(rule->is.text, SLICE("rules_matching")))
			continue;
		if (meta_read(reader, rule->is.text, i, true, &rule->is.meta, &fault) != OK)
			return LATER;
		arena_reset(&reader->scratch);
	}
	return OK;
}

static double default_score(const struct rule *rule)
{
	double score = slice_begins(rule->name, SLICE("T_")) ? 0.01 : 1.0;

	return rule->tflags & TFLAG_NICE ? -score : score;
}

static void settle_rule(struct rule *rule)
{
	for (size_t i = 0; i < SCORE_SETS && !rule->has_score; i++)
		rule->score[i] = default_score(rule);
	if (rule->tflags & TFLAG_NET && rule->priority == 0)
		rule->priority = net_priority;
}

/* ---- priorities ---- */

static int by_priority(const void *a, const void *b)
{
	const struct rule *left = *(struct rule *const *)a, *right = *(struct rule *const *)b;

	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return left < right ? -1 : left > right;
}

static void pull(struct ruleset *set, const struct rule *meta)
{
	for (size_t i = 0; i < meta->is.meta->count; i++) {
		struct step step = meta->is.meta->steps[i];
		struct rule *rule = step.kind == STEP_NAME ? &set->rules[step.operand] : NULL;
		int wanted = meta->priority;

		if (rule && wanted < net_priority && rule->tflags & TFLAG_NET)
			wanted = net_priority;
		if (rule && rule->priority > wanted)
			rule->priority = wanted;
	}
}

static enum result order_metas(struct rules_reader *reader)
{
	struct ruleset *set = reader->set;
	struct rule **metas = arena_array(&reader->scratch, struct rule *, set->count + 1);
	size_t count = 0;

	if (metas == NULL)
		return LATER;
	for (size_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind == RULE_META)
			metas[count++] = &set->rules[i];
	qsort(metas, count, sizeof(struct rule *), by_priority);
	for (size_t i = 0; i < count; i++)
		pull(set, metas[i]);
	return OK;
}

enum result rules_settle(struct rules_reader *reader)
{
	TRY(complete_metas(reader));
	for (size_t i = 0; i < reader->set->count; i++)
		settle_rule(&reader->set->rules[i]);
	return order_metas(reader);
}
