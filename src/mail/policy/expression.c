/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent to a depth of EXPRESSION_DEPTH, into a tree of three kinds of node. */
#include "mail/policy/expression.h"

#include "base/settings.h"

enum node_kind { NODE_FACT, NODE_NOT, NODE_AND, NODE_OR };

struct expression {
	enum node_kind kind;
	unsigned fact;                           /* a bit */
	const struct expression *left, *right;   /* NODE_NOT has a left one only */
};

#define FACT_NAME(name) #name,
static const char *const fact_names[] = { POLICY_FACTS(FACT_NAME) };
static const char *const known_words[] = { POLICY_FACTS(FACT_NAME) "and", "or", "not" };

struct reading {
	struct slice whole, rest;
	struct arena *arena;
	struct buffer *complaint;
	unsigned depth;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_word_byte(char c)
{
	return byte_is_letter(c) || byte_is_digit(c) || c == '_' || c == '.';
}

static void skip_space(struct reading *reading)
{
	while (reading->rest.len && is_space(reading->rest.at[0]))
		reading->rest = slice_drop(reading->rest, 1);
}

static size_t place(const struct reading *reading)
{
	return reading->whole.len - reading->rest.len + 1;
}

static struct slice peek(struct reading *reading)
{
	size_t length = 0;

	skip_space(reading);
	while (length < reading->rest.len && is_word_byte(reading->rest.at[length]))
		length++;
	return (struct slice){ reading->rest.at, length };
}

static bool accept_word(struct reading *reading, struct slice word)
{
	if (!slice_same(peek(reading), word))
		return false;
	reading->rest = slice_drop(reading->rest, word.len);
	return true;
}

static bool accept_byte(struct reading *reading, char byte)
{
	skip_space(reading);
	if (reading->rest.len == 0 || reading->rest.at[0] != byte)
		return false;
	reading->rest = slice_drop(reading->rest, 1);
	return true;
}

/* A complaint that does not fit is cut; the refusal stands. */
static enum result wrong(struct reading *reading, const char *what)
{
	(void)!buffer_format(reading->complaint, "at character %zu: %s", place(reading), what);
	return REFUSED;
}

static enum result wrong_word(struct reading *reading, struct slice word)
{
	const char *nearest = settings_nearest(word, known_words, COUNT_OF(known_words));

	(void)!buffer_format(reading->complaint, "at character %zu: no fact is called \"%.*s\"", place(reading),
	                     SHOW(word));
	if (nearest)
		(void)!buffer_format(reading->complaint, "; did you mean \"%s\"?", nearest);
	else
		(void)!buffer_add(reading->complaint,
				  SLICE("; there are: virus, unscannable, ambiguous, trusted, authenticated"));
	return REFUSED;
}

static enum result make_node(struct reading *reading, struct expression node, const struct expression **ret_node)
{
	struct expression *made = arena_new(reading->arena, struct expression);

	if (made == NULL)
		return LATER;
	*made = node;
	*ret_node = made;
	return OK;
}

static enum result read_any(struct reading *reading, const struct expression **ret_node);

static enum result read_name(struct reading *reading, const struct expression **ret_node)
{
	struct slice word = peek(reading);

	if (word.len == 0)
		return wrong(reading,
			     reading->rest.len ? "a fact, \"not\" or \"(\" was expected" : "it ends too early");
	for (unsigned i = 0; i < FACT_COUNT; i++) {
		if (!slice_same(word, slice_of(fact_names[i])))
			continue;
		reading->rest = slice_drop(reading->rest, word.len);
		return make_node(reading, (struct expression){ .kind = NODE_FACT, .fact = 1u << i }, ret_node);
	}
	return wrong_word(reading, word);
}

static enum result read_brackets(struct reading *reading, const struct expression **ret_node)
{
	TRY(read_any(reading, ret_node));
	return accept_byte(reading, ')') ? OK : wrong(reading, "\")\" was expected");
}

static enum result read_one(struct reading *reading, const struct expression **ret_node)
{
	struct expression node = { .kind = NODE_NOT };
	enum result result;

	if (++reading->depth > EXPRESSION_DEPTH)
		return wrong(reading, "too many brackets within brackets");
	if (accept_word(reading, SLICE("not"))) {
		result = read_one(reading, &node.left);
		if (result == OK)
			result = make_node(reading, node, ret_node);
	} else if (accept_byte(reading, '(')) {
		result = read_brackets(reading, ret_node);
	} else {
		result = read_name(reading, ret_node);
	}
	reading->depth--;
	return result;
}

static enum result read_all(struct reading *reading, const struct expression **ret_node)
{
	TRY(read_one(reading, ret_node));
	while (accept_word(reading, SLICE("and"))) {
		struct expression node = { .kind = NODE_AND, .left = *ret_node };

		TRY(read_one(reading, &node.right));
		TRY(make_node(reading, node, ret_node));
	}
	return OK;
}

static enum result read_any(struct reading *reading, const struct expression **ret_node)
{
	TRY(read_all(reading, ret_node));
	while (accept_word(reading, SLICE("or"))) {
		struct expression node = { .kind = NODE_OR, .left = *ret_node };

		TRY(read_all(reading, &node.right));
		TRY(make_node(reading, node, ret_node));
	}
	return OK;
}

enum result expression_compile(struct slice text, struct arena *arena, const struct expression **ret_expression,
                               struct buffer *complaint)
{
	struct reading reading = { .whole = text, .rest = text, .arena = arena, .complaint = complaint };
	const struct expression *top = NULL;

	if (text.len > EXPRESSION_BYTES)
		return wrong(&reading, "longer than anybody can follow");
	TRY(read_any(&reading, &top));
	skip_space(&reading);
	if (reading.rest.len)
		return wrong(&reading, "\"and\", \"or\" or the end was expected");
	*ret_expression = top;
	return OK;
}

/* Chains of `and` and `or` lean to the left, so they are walked there; the depth to the right is bounded. */
bool expression_holds(const struct expression *expression, unsigned facts)
{
	if (expression == NULL)
		return true;
	switch (expression->kind) {
	case NODE_FACT:
		return facts & expression->fact;
	case NODE_NOT:
		return !expression_holds(expression->left, facts);
	case NODE_AND:
		return expression_holds(expression->left, facts) && expression_holds(expression->right, facts);
	case NODE_OR:
		return expression_holds(expression->left, facts) || expression_holds(expression->right, facts);
	}
	return false;
}
