/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a meta rule: numbers and signs, names of rules; bytes that are none of them are passed over, as SpamAssassin
 * does. A name that nobody has defined yet gets a rule that is only named. */
#include "mail/rules/reading.h"

#include "mail/rules/arithmetic.h"

enum { MATCHING_MOST = 8 };     /* rules_matching() in one rule: each may be as long as the set */

static const struct slice matching = LIT("rules_matching");

struct meta_text {
	struct rules_reader *reader;
	struct arithmetic sum;
	uint32_t self;
	bool complete;                           /* all rules are known: rules_matching() can be answered */
	const char *fault;
};

static bool is_of_number(char c)
{
	return byte_is_digit(c) || c == '.' || c == '-' || c == '+';
}

static bool is_of_name(char c)
{
	return rules_is_word(c) || c == ':';
}

static size_t run_of(struct slice text, bool (*is)(char))
{
	size_t length = 0;

	while (length < text.len && is(text.at[length]))
		length++;
	return length;
}

static enum result say(struct meta_text *meta, const char *fault)
{
	meta->fault = fault;
	return REFUSED;
}

/* ---- numbers ---- */

static enum result read_decimal(struct meta_text *meta, struct slice text)
{
	double number;

	if (rules_decimal(text, &number) != OK)
		return say(meta, "a number such as 2 or 0.5 was expected");
	return arithmetic_number(&meta->sum, number);
}

/* One or two of + and -, or a number without a sign. */
static enum result read_number(struct meta_text *meta, struct slice text)
{
	size_t signs = 0;

	while (signs < text.len && (text.at[signs] == '+' || text.at[signs] == '-'))
		signs++;
	if (signs == 0)
		return read_decimal(meta, text);
	if (signs < text.len)
		return say(meta, "a sign stands at a number: write a blank between them");
	if (signs > 2 || (signs == 2 && text.at[0] == text.at[1]))
		return say(meta, "too many signs in a row");
	for (size_t i = 0; i < text.len; i++)
		TRY(arithmetic_sign(&meta->sum, text.at[i] == '+' ? SIGN_PLUS : SIGN_MINUS));
	return OK;
}

/* ---- names ---- */

static bool glob_matches(struct slice glob, struct slice text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.len) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			from = t;
		} else if (g < glob.len && (glob.at[g] == '?' || glob.at[g] == text.at[t])) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

static enum result add_matching(struct meta_text *meta, struct slice glob)
{
	const struct ruleset *set = meta->reader->set;

	TRY(arithmetic_sign(&meta->sum, SIGN_OPEN));
	TRY(arithmetic_number(&meta->sum, 0));
	for (uint32_t i = 0; i < set->count && meta->complete; i++) {
		if (i == meta->self || set->rules[i].is.kind == RULE_NAMED || !glob_matches(glob, set->rules[i].name))
			continue;
		TRY(arithmetic_sign(&meta->sum, SIGN_PLUS));
		TRY(arithmetic_name(&meta->sum, i));
	}
	return arithmetic_sign(&meta->sum, SIGN_CLOSE);
}

static enum result read_matching(struct meta_text *meta, struct slice *rest)
{
	if (rest->len == 0 || rest->at[0] != '(' || !slice_has(*rest, ')'))
		return say(meta, "rules_matching(GLOB) was expected");
	*rest = slice_drop(*rest, 1);
	return add_matching(meta, rules_trim(slice_cut(rest, ')')));
}

static enum result read_name(struct meta_text *meta, struct slice *rest)
{
	struct slice name = slice_take(rest, run_of(*rest, is_of_name));
	uint32_t number;

	if (slice_same(name, SLICE("local_tests_only")))
		return arithmetic_number(&meta->sum, meta->reader->options.local);
	if (slice_same(name, matching))
		return read_matching(meta, rest);
	if (!rules_is_name(name))
		return say(meta, "the name of a rule was expected");
	TRY(ruleset_named(meta->reader->set, name, &number));
	return arithmetic_name(&meta->sum, number);
}

/* ---- all of it ---- */

static const char *fault_in(struct slice text)
{
	for (struct slice rest = text; rest.len; rest = slice_drop(rest, 1)) {
		if (strchr("$@%;{}", rest.at[0]) || slice_begins(rest, SLICE("::")) || slice_begins(rest, SLICE("->")))
			return "it may not hold any of $ @ % ; { } :: ->";
		if (slice_begins(rest, SLICE("**")) || slice_begins(rest, SLICE("* *")))
			return "there are no powers: **";
	}
	return NULL;
}

static enum result read_words(struct meta_text *meta, struct slice rest)
{
	enum sign sign;

	while (rest.len) {
		if (is_of_number(rest.at[0]))
			TRY(read_number(meta, slice_take(&rest, run_of(rest, is_of_number))));
		else if (rules_is_word(rest.at[0]))
			TRY(read_name(meta, &rest));
		else if (arithmetic_cut_sign(&rest, &sign) == OK)
			TRY(arithmetic_sign(&meta->sum, sign));
		else
			rest = slice_drop(rest, 1);
	}
	return OK;
}

static double zero(const void *owner, uint32_t name)
{
	(void)owner;
	(void)name;
	return 0;
}

static size_t count_matching(struct slice text)
{
	size_t count = 0;

	for (struct slice rest = text; rest.len; rest = slice_drop(rest, 1))
		count += slice_begins(rest, matching);
	return count;
}

static enum result read_all(struct meta_text *meta, struct slice text, const struct program **ret_program)
{
	struct ruleset *set = meta->reader->set;
	const struct program *program = NULL;
	size_t globs = count_matching(text);
	double value;

	meta->fault = fault_in(text);
	if (meta->fault)
		return REFUSED;
	if (globs > MATCHING_MOST)
		return say(meta, "it holds rules_matching() too often");
	TRY(arithmetic_begin(&meta->sum, text.len + (meta->complete ? globs * set->count * 2 : 0) + 8, &meta->reader->scratch));
	TRY(read_words(meta, text));
	TRY(arithmetic_end(&meta->sum, set->arena, &program));
	if (arithmetic_value(program, zero, NULL, &value) != OK)
		return say(meta, "it divides by something that can be zero");
	*ret_program = program;
	return OK;
}

/* "()" is nothing: 0. */
static bool is_empty(struct slice text)
{
	size_t signs = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!rules_is_space(text.at[i]) && text.at[i] != '(' && text.at[i] != ')')
			return false;
		signs += text.at[i] == '(' || text.at[i] == ')';
	}
	return signs > 0;
}

enum result meta_read(struct rules_reader *reader, struct slice text, uint32_t self, bool complete,
                      const struct program **ret_program, const char **ret_fault)
{
	struct meta_text meta = { .reader = reader, .self = self, .complete = complete };
	enum result result = read_all(&meta, is_empty(text) ? SLICE("0") : text, ret_program);

	if (result == REFUSED)
		*ret_fault = meta.fault ? meta.fault : meta.sum.fault;
	return result;
}
