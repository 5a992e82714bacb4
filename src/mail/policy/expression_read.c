/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent to a depth of EXPRESSION_DEPTH. */
#include "mail/policy/expression_reading.h"

static enum result make_node(struct reading *reading, struct expression node, const struct expression **ret_node)
{
	struct expression *made = arena_new(reading->arena, struct expression);

	if (made == NULL)
		return LATER;
	*made = node;
	*ret_node = made;
	return OK;
}

/* ---- tests ---- */

static const struct { struct slice sign; enum operator is; bool negated; } signs[] = {
	{ LIT("!="), OP_EQUAL, true },        { LIT("!~"), OP_LIKE, true },      { LIT("<="), OP_LESS_EQUAL, false },
	{ LIT(">="), OP_MORE_EQUAL, false },  { LIT("=="), OP_EQUAL, false },    { LIT("="), OP_EQUAL, false },
	{ LIT("<"), OP_LESS, false },         { LIT(">"), OP_MORE, false },      { LIT("~"), OP_LIKE, false },
};

static enum operator read_sign(struct reading *reading, bool *ret_negated)
{
	*ret_negated = false;
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		if (!reading_accept(reading, signs[i].sign))
			continue;
		*ret_negated = signs[i].negated;
		return signs[i].is;
	}
	return reading_accept_word(reading, SLICE("in")) ? OP_IN : OP_IS;
}

/* Which comparison goes with which type; OP_IS goes with all. */
static bool may_compare(enum fact_type type, enum operator is)
{
	static const unsigned by_type[] = {
		[FACT_TRUTH] = 0,
		[FACT_TEXT] = 1u << OP_EQUAL | 1u << OP_LIKE | 1u << OP_IN,
		[FACT_WORD] = 1u << OP_EQUAL | 1u << OP_IN,
		[FACT_ADDRESS] = 1u << OP_EQUAL | 1u << OP_IN | 1u << OP_LIKE,
		[FACT_NUMBER] = 1u << OP_EQUAL | 1u << OP_IN | 1u << OP_LESS | 1u << OP_LESS_EQUAL | 1u << OP_MORE |
		                1u << OP_MORE_EQUAL,
	};

	return is == OP_IS || by_type[type] >> is & 1;
}

static enum result wrong_comparison(struct reading *reading, const struct fact_row *fact)
{
	static const char *const hints[] = {
		[FACT_TRUTH] = "stands alone, or behind \"not\"", [FACT_TEXT] = "is compared with = != ~ !~ in",
		[FACT_WORD] = "is compared with = != in",         [FACT_ADDRESS] = "is compared with = != ~ !~ in",
		[FACT_NUMBER] = "is compared with = != < <= > >= in",
	};

	reading_place(reading);
	(void)!buffer_format(reading->complaint, "%s is %s, which %s", fact->name, fact_type_name(fact->type),
	                     hints[fact->type]);
	return REFUSED;
}

static enum result read_operand(struct reading *reading, struct test *test)
{
	struct operand *operand;
	struct slice text;

	if (test->is == OP_IN)
		return reading_set(reading, test);
	if (test->is == OP_IS)
		return OK;
	operand = arena_new(reading->arena, struct operand);
	if (operand == NULL)
		return LATER;
	test->operands = operand;
	test->operand_count = 1;
	if (test->is == OP_LIKE)
		return reading_pattern(reading, operand);
	TRY(reading_value(reading, &text));
	return reading_operand(reading, test->fact, text, operand);
}

static enum result read_argument(struct reading *reading, struct test *test)
{
	struct slice text;

	if (!test->fact->takes_name)
		return OK;
	if (!reading_accept(reading, SLICE("(")) || !reading_at_quote(reading))
		return reading_wrong(reading, "a name in brackets was expected, as in header(\"List-Id\")");
	TRY(reading_quoted(reading, &text));
	if (test->fact->named && reading->lists && !test->fact->named(reading->lists->dnsbls, text))
		return reading_wrong_dnsbl(reading, text);
	if (text.len == 0 || !reading_accept(reading, SLICE(")")))
		return reading_wrong(reading, "\")\" was expected");
	return arena_keep(reading->arena, text, &test->argument);
}

static enum result read_test(struct reading *reading, const struct expression **ret_node)
{
	struct expression node = { .kind = NODE_TEST }, around = { .kind = NODE_NOT };
	struct slice word = reading_peek(reading, reading_word_byte), before;
	bool negated;

	if (word.len == 0)
		return reading_wrong(reading, reading->rest.len ? "a fact, \"not\" or \"(\" was expected" : "it ends too early");
	node.test.fact = fact_find(word);
	if (node.test.fact == NULL)
		return reading_wrong_fact(reading, word);
	reading->rest = slice_drop(reading->rest, word.len);
	TRY(read_argument(reading, &node.test));
	reading_skip_space(reading);
	before = reading->rest;
	node.test.is = read_sign(reading, &negated);
	if (!may_compare(node.test.fact->type, node.test.is)) {
		reading->rest = before;
		return wrong_comparison(reading, node.test.fact);
	}
	TRY(read_operand(reading, &node.test));
	TRY(make_node(reading, node, ret_node));
	if (!negated)
		return OK;
	around.left = *ret_node;
	return make_node(reading, around, ret_node);
}

/* ---- the tree ---- */

static enum result read_any(struct reading *reading, const struct expression **ret_node);

static enum result read_one(struct reading *reading, const struct expression **ret_node)
{
	struct expression node = { .kind = NODE_NOT };
	enum result result;

	if (++reading->depth > EXPRESSION_DEPTH)
		return reading_wrong(reading, "too many brackets within brackets");
	if (reading_accept_word(reading, SLICE("not"))) {
		result = read_one(reading, &node.left);
		if (result == OK)
			result = make_node(reading, node, ret_node);
	} else if (reading_accept(reading, SLICE("("))) {
		result = read_any(reading, ret_node);
		if (result == OK && !reading_accept(reading, SLICE(")")))
			result = reading_wrong(reading, "\")\" was expected");
	} else {
		result = read_test(reading, ret_node);
	}
	reading->depth--;
	return result;
}

static enum result read_chain(struct reading *reading, struct slice word, enum node_kind kind,
                              enum result (*read_link)(struct reading *, const struct expression **),
                              const struct expression **ret_node)
{
	TRY(read_link(reading, ret_node));
	while (reading_accept_word(reading, word)) {
		struct expression node = { .kind = kind, .left = *ret_node };

		TRY(read_link(reading, &node.right));
		TRY(make_node(reading, node, ret_node));
	}
	return OK;
}

static enum result read_all(struct reading *reading, const struct expression **ret_node)
{
	return read_chain(reading, SLICE("and"), NODE_AND, read_one, ret_node);
}

static enum result read_any(struct reading *reading, const struct expression **ret_node)
{
	return read_chain(reading, SLICE("or"), NODE_OR, read_all, ret_node);
}

enum result expression_compile(struct slice text, const struct named_lists *lists, struct arena *arena,
                               const struct expression **ret_expression, struct buffer *complaint)
{
	struct reading reading = { text, text, lists, arena, complaint, 0 };
	const struct expression *top = NULL;

	if (text.len > EXPRESSION_BYTES)
		return reading_wrong(&reading, "longer than anybody can follow");
	TRY(read_any(&reading, &top));
	reading_skip_space(&reading);
	if (reading.rest.len)
		return reading_wrong(&reading, "\"and\", \"or\" or the end was expected");
	*ret_expression = top;
	return OK;
}
