/* SPDX-License-Identifier: Apache-2.0 */
/* Scores, flags, priorities and descriptions may come before or behind their rule: the name alone counts, and the
 * last line. */
#include "mail/rules/reading.h"

enum { PRIORITY_MOST = 100000 };

/* ---- scores ---- */

struct scores { double list[SCORE_SETS]; size_t count; bool relative; };

static enum result read_score(struct slice word, struct scores *scores)
{
	bool negative;

	if (scores->count == SCORE_SETS)
		return REFUSED;
	if (word.len > 2 && word.at[0] == '(' && word.at[word.len - 1] == ')') {
		scores->relative = true;
		word = (struct slice){ word.at + 1, word.len - 2 };
	}
	negative = slice_begins(word, SLICE("-"));
	TRY(rules_decimal(slice_drop(word, negative), &scores->list[scores->count]));
	if (negative)
		scores->list[scores->count] = -scores->list[scores->count];
	scores->count++;
	return OK;
}

static enum result read_scores(struct slice value, struct scores *scores)
{
	while (value.len)
		TRY(read_score(rules_cut_word(&value), scores));
	return scores->count == 1 || scores->count == SCORE_SETS ? OK : REFUSED;
}

enum result obey_score(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct slice name = rules_cut_word(&value);
	struct scores scores = { 0 };
	struct rule *rule;

	(void)directive;
	TRY(rules_named(reader, name, &rule));
	if (rule == NULL)
		return OK;
	if (read_scores(value, &scores) != OK) {
		ruleset_complain(reader->set, rules_here(reader), "%.*s: one number such as -0.5 was expected, or four", SHOW(name));
		return OK;
	}
	if (scores.relative && !rule->has_score) {
		ruleset_complain(reader->set, rules_here(reader), "%.*s has no score yet that this could be added to", SHOW(name));
		return OK;
	}
	for (size_t i = 0; i < SCORE_SETS; i++)
		rule->score[i] = scores.list[scores.count == 1 ? 0 : i] + (scores.relative ? rule->score[i] : 0);
	rule->has_score = true;
	return OK;
}

/* ---- flags ---- */

static const struct { struct slice name; enum rule_flag flag; } flags[] = {
	{ LIT("net"), TFLAG_NET }, { LIT("learn"), TFLAG_LEARN }, { LIT("nice"), TFLAG_NICE }, { LIT("userconf"), TFLAG_USERCONF },
	{ LIT("noautolearn"), TFLAG_NOAUTOLEARN }, { LIT("autolearn_force"), TFLAG_AUTOLEARN_FORCE },
	{ LIT("autolearn_body"), TFLAG_AUTOLEARN_BODY }, { LIT("autolearn_header"), TFLAG_AUTOLEARN_HEADER },
	{ LIT("multiple"), TFLAG_MULTIPLE }, { LIT("nosubject"), TFLAG_NOSUBJECT }, { LIT("nolog"), TFLAG_NOLOG },
	{ LIT("noawl"), TFLAG_NOAWL }, { LIT("ips_only"), TFLAG_IPS_ONLY }, { LIT("domains_only"), TFLAG_DOMAINS_ONLY },
	{ LIT("notrim"), TFLAG_NOTRIM }, { LIT("a"), TFLAG_A }, { LIT("ns"), TFLAG_NS }, { LIT("concat"), TFLAG_CONCAT },
	{ LIT("publish"), TFLAG_PUBLISH },
};

static bool read_range(struct rule *rule, struct slice text)
{
	struct slice rest = text, first = slice_cut(&rest, '-');
	uint64_t from, to;

	if (slice_number(first, 100000, &from) != OK || from == 0)
		return false;
	to = from;
	if (rest.len && (slice_number(rest, 100000, &to) != OK || to < from))
		return false;
	rule->range_from = (unsigned)from;
	rule->range_to = (unsigned)to;
	return true;
}

static bool read_flag(struct rule *rule, struct slice word)
{
	static const struct slice maxhits = LIT("maxhits="), range = LIT("range=");
	uint64_t number;

	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (slice_same(word, flags[i].name)) {
			rule->tflags |= flags[i].flag;
			return true;
		}
	if (slice_begins(word, range))
		return read_range(rule, slice_drop(word, range.len));
	if (!slice_begins(word, maxhits) || slice_number(slice_drop(word, maxhits.len), 1000000, &number) != OK)
		return false;
	rule->maxhits = (unsigned)number;
	return true;
}

enum result obey_tflags(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;

	(void)directive;
	TRY(rules_named(reader, rules_cut_word(&value), &rule));
	if (rule == NULL)
		return OK;
	rule->tflags = rule->maxhits = rule->range_from = rule->range_to = 0;
	while (value.len) {
		struct slice word = rules_cut_word(&value);

		if (!read_flag(rule, word))
			ruleset_complain(reader->set, rules_here(reader), "%.*s: there is no flag \"%.*s\"", SHOW(rule->name),
			                 SHOW(((struct slice){ word.at, word.len < 60 ? word.len : 60 })));
	}
	return OK;
}

/* ---- the others ---- */

enum result obey_priority(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	bool negative;
	uint64_t number;
	struct rule *rule;

	(void)directive;
	TRY(rules_named(reader, rules_cut_word(&value), &rule));
	if (rule == NULL)
		return OK;
	negative = slice_begins(value, SLICE("-"));
	if (slice_number(slice_drop(value, negative), PRIORITY_MOST, &number) != OK) {
		ruleset_complain(reader->set, rules_here(reader), "%.*s: a whole number was expected, to %d", SHOW(rule->name), PRIORITY_MOST);
		return OK;
	}
	rule->priority = negative ? -(int)number : (int)number;
	rule->has_priority = true;
	return OK;
}

enum result obey_describe(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;

	(void)directive;
	TRY(rules_named(reader, rules_cut_word(&value), &rule));
	return rule ? arena_keep(reader->set->arena, value, &rule->describe) : OK;
}

enum result obey_replace_rules(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;

	(void)directive;
	while (value.len) {
		TRY(rules_named(reader, rules_cut_word(&value), &rule));
		if (rule)
			rule->replaces = true;
	}
	return OK;
}
