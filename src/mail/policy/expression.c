/* SPDX-License-Identifier: Apache-2.0 */
/* Three-valued: what could not be found out stays unknown until something certain decides. */
#include "mail/policy/expression_node.h"

#include "mail/policy/number.h"

#include <string.h>

static enum holds certain(bool yes)
{
	return yes ? HOLDS_YES : HOLDS_NO;
}

/* ---- one value with one operand ---- */

static bool equal(enum fact_type type, struct slice value, const struct operand *operand)
{
	struct in6_addr address;
	int64_t number;

	switch (type) {
	case FACT_NUMBER:
		return number_read(value, &number) == OK && number == operand->number;
	case FACT_ADDRESS:
		return network_address(value, &address) == OK && network_has(&operand->network, &address);
	case FACT_WORD:
	case FACT_TEXT:
	case FACT_TRUTH:
		return slice_same_nocase(value, operand->text);
	}
	return false;
}

static bool ordered(enum operator is, struct slice value, int64_t than)
{
	int64_t number;

	if (number_read(value, &number) != OK)
		return false;
	if (is == OP_LESS || is == OP_LESS_EQUAL)
		return is == OP_LESS ? number < than : number <= than;
	return is == OP_MORE ? number > than : number >= than;
}

static enum holds like(struct slice value, const struct operand *operand, struct asking *asking)
{
	static const enum holds by_end[] = {
		[PATTERN_NO] = HOLDS_NO, [PATTERN_YES] = HOLDS_YES, [PATTERN_LIMIT] = HOLDS_UNKNOWN };

	enum pattern_end end = pattern_match(operand->pattern, value, &asking->patterns);

	if (end == PATTERN_LIMIT)
		asking->doubts |= DOUBT_PATTERN;
	return by_end[end];
}

static enum holds among(const struct test *test, struct slice value, struct asking *asking)
{
	bool unknown = false;

	for (size_t i = 0; i < test->operand_count; i++) {
		const struct operand *operand = &test->operands[i];
		enum holds one = operand->pattern ? like(value, operand, asking)
		                                  : certain(equal(test->fact->type, value, operand));

		if (one == HOLDS_YES)
			return HOLDS_YES;
		unknown |= one == HOLDS_UNKNOWN;
	}
	return unknown ? HOLDS_UNKNOWN : HOLDS_NO;
}

static bool is_something(struct slice value)
{
	return value.len && !slice_same(value, SLICE("no")) && !slice_same(value, SLICE("0"));
}

static enum holds fits(const struct test *test, struct slice value, struct asking *asking)
{
	switch (test->is) {
	case OP_IS:
		return certain(is_something(value));
	case OP_EQUAL:
		return certain(equal(test->fact->type, value, test->operands));
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_MORE:
	case OP_MORE_EQUAL:
		return certain(ordered(test->is, value, test->operands->number));
	case OP_LIKE:
		return like(value, test->operands, asking);
	case OP_IN:
		return among(test, value, asking);
	case OPERATORS:
		break;
	}
	return HOLDS_UNKNOWN;
}

static enum holds any_fits(const struct test *test, const struct fact_context *context, struct asking *asking)
{
	struct slice value = { 0 };
	bool unknown = false;
	size_t place = 0;
	unsigned doubts = test->fact->doubts ? test->fact->doubts(context, test->argument) : 0;

	asking->doubts |= doubts;
	if (doubts)
		return HOLDS_UNKNOWN;
	while (test->fact->next(test->fact, context, test->argument, &place, &value)) {
		enum holds one = fits(test, value, asking);

		if (one == HOLDS_YES)
			return HOLDS_YES;
		unknown |= one == HOLDS_UNKNOWN;
	}
	return unknown ? HOLDS_UNKNOWN : HOLDS_NO;
}

/* ---- what was asked before ---- */

void asking_begin(struct asking *asking)
{
	*asking = (struct asking){ 0 };
	pattern_work_begin(&asking->patterns);
}

void asking_finish(struct asking *asking)
{
	pattern_work_finish(&asking->patterns);
}

/* Where it is, or belongs: there is always a free place. */
static size_t place_of(const struct asking *asking, const struct test *test)
{
	size_t place = (size_t)((uintptr_t)test / sizeof(void *) % ASKING_ROOM);

	while (asking->known[place].test && asking->known[place].test != test)
		place = (place + 1) % ASKING_ROOM;
	return place;
}

/* No more than half of the room is used, so that which tests are known does not depend on where they stand. */
static enum holds test_holds(const struct test *test, const struct fact_context *context, struct asking *asking)
{
	unsigned before = asking->doubts;
	enum holds holds;
	size_t place;

	if (test->fact->varies || (test->is != OP_LIKE && test->is != OP_IN))
		return any_fits(test, context, asking);
	place = place_of(asking, test);
	if (asking->known[place].test) {
		asking->doubts |= asking->known[place].doubts;
		return asking->known[place].holds;
	}
	asking->doubts = 0;
	holds = any_fits(test, context, asking);
	if (asking->known_count < ASKING_ROOM / 2) {
		asking->known[place].test = test;
		asking->known[place].holds = holds;
		asking->known[place].doubts = asking->doubts;
		asking->known_count++;
	}
	asking->doubts |= before;
	return holds;
}

/* ---- the tree ---- */

static enum holds opposite(enum holds holds)
{
	if (holds == HOLDS_UNKNOWN)
		return holds;
	return certain(holds == HOLDS_NO);
}

/* `decides` on one side settles both. */
static enum holds joined(const struct expression *node, enum holds decides, const struct fact_context *context,
                         struct asking *asking)
{
	enum holds left = expression_holds(node->left, context, asking), right;

	if (left == decides)
		return left;
	right = expression_holds(node->right, context, asking);
	return right == decides || left != HOLDS_UNKNOWN ? right : left;
}

enum holds expression_holds(const struct expression *expression, const struct fact_context *context, struct asking *asking)
{
	if (expression == NULL)
		return HOLDS_YES;
	switch (expression->kind) {
	case NODE_TEST:
		return test_holds(&expression->test, context, asking);
	case NODE_NOT:
		return opposite(expression_holds(expression->left, context, asking));
	case NODE_AND:
		return joined(expression, HOLDS_NO, context, asking);
	case NODE_OR:
		return joined(expression, HOLDS_YES, context, asking);
	}
	return HOLDS_UNKNOWN;
}

enum result expression_asks(const struct expression *expression,
                            enum result (*add)(void *owner, const struct asked_fact *asked), void *owner)
{
	if (expression == NULL)
		return OK;
	if (expression->kind == NODE_TEST)
		return add(owner, &(struct asked_fact){ expression->test.fact, expression->test.argument });
	TRY(expression_asks(expression->left, add, owner));
	return expression_asks(expression->right, add, owner);
}

enum holds expression_decides(const struct expression *expression, const struct fact_context *context, struct asking *asking)
{
	enum holds holds;

	asking->doubts = 0;
	holds = expression_holds(expression, context, asking);
	return holds == HOLDS_UNKNOWN && asking->doubts == DOUBT_SKIP ? HOLDS_NO : holds;
}

bool operand_same(const struct fact_row *fact, const struct operand *a, const struct operand *b)
{
	if (fact->type == FACT_NUMBER)
		return a->number == b->number;
	if (fact->type == FACT_ADDRESS)
		return a->network.bits == b->network.bits &&
		       memcmp(&a->network.address, &b->network.address, sizeof(a->network.address)) == 0;
	return slice_same_nocase(a->text, b->text);
}
