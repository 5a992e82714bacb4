/* SPDX-License-Identifier: Apache-2.0 */
/* Each test that rules make is an atom; which atoms can hold together is worked out fact by fact from the values that
 * make a difference. A rule is never reached when no such state lets it hold and every final rule before it not. */
#include "mail/policy/policy.h"

#include "mail/policy/expression_node.h"
#include "mail/policy/number.h"
#include "mail/policy/rule.h"

#include <string.h>

enum { ATOMS = 24, STATES = 4096, SUBSETS_OF = 10, MEMORY = 4 << 20 };

/* One fact (with its argument), and the sets of atoms that its values can make true. */
struct axis {
	const struct test *first;
	uint32_t atoms;                          /* all of this axis */
	uint32_t *states;
	size_t state_count, at;
};

struct reach {
	struct arena *arena;
	const struct profiles *profiles;
	const struct test *atoms[ATOMS];
	size_t atom_count;
	struct axis axes[ATOMS];
	size_t axis_count, states;
	bool too_many;
};

static bool same_test(const struct test *a, const struct test *b)
{
	if (a->fact != b->fact || a->is != b->is || a->operand_count != b->operand_count ||
	    !slice_same_nocase(a->argument, b->argument))
		return false;
	for (size_t i = 0; i < a->operand_count; i++)
		if (!operand_same(a->fact, &a->operands[i], &b->operands[i]))
			return false;
	return true;
}

static size_t atom_of(const struct reach *reach, const struct test *test)
{
	size_t i = 0;

	while (i < reach->atom_count && !same_test(reach->atoms[i], test))
		i++;
	return i;
}

static void collect(struct reach *reach, const struct expression *node)
{
	if (node == NULL || reach->too_many)
		return;
	if (node->kind != NODE_TEST) {
		collect(reach, node->left);
		collect(reach, node->right);
		return;
	}
	if (atom_of(reach, &node->test) < reach->atom_count)
		return;
	reach->too_many = reach->atom_count == ATOMS;
	if (!reach->too_many)
		reach->atoms[reach->atom_count++] = &node->test;
}

/* ---- the states of one fact ---- */

static bool number_fits(const struct test *test, int64_t number)
{
	int64_t than = test->operand_count ? test->operands[0].number : 0;

	switch (test->is) {
	case OP_IS:
		return number != 0;
	case OP_LESS:
		return number < than;
	case OP_LESS_EQUAL:
		return number <= than;
	case OP_MORE:
		return number > than;
	case OP_MORE_EQUAL:
		return number >= than;
	case OP_EQUAL:
	case OP_IN:
		for (size_t i = 0; i < test->operand_count; i++)
			if (test->operands[i].number == number)
				return true;
		return false;
	case OP_LIKE:
	case OPERATORS:
		break;
	}
	return false;
}

static bool word_fits(const struct test *test, struct slice word)
{
	for (size_t i = 0; i < test->operand_count; i++)
		if (slice_same_nocase(test->operands[i].text, word))
			return true;
	return test->is == OP_IS;
}

static void add_state(struct axis *axis, uint32_t state)
{
	for (size_t i = 0; i < axis->state_count; i++)
		if (axis->states[i] == state)
			return;
	axis->states[axis->state_count++] = state;
}

static uint32_t state_of_number(const struct reach *reach, const struct axis *axis, int64_t number)
{
	uint32_t state = 0;

	for (size_t i = 0; i < reach->atom_count; i++)
		if (axis->atoms >> i & 1 && number_fits(reach->atoms[i], number))
			state |= 1u << i;
	return state;
}

/* Only just below, at and just above each number that is compared with does anything change; and it may be missing. */
static void number_states(struct reach *reach, struct axis *axis)
{
	add_state(axis, 0);
	add_state(axis, state_of_number(reach, axis, 0));
	for (size_t i = 0; i < reach->atom_count; i++) {
		const struct test *test = reach->atoms[i];

		if (!(axis->atoms >> i & 1))
			continue;
		for (size_t k = 0; k < test->operand_count && axis->state_count + 3 < STATES; k++)
			for (int64_t by = -1; by <= 1; by++)
				add_state(axis, state_of_number(reach, axis, test->operands[k].number + by));
		if (test->operand_count == 0)
			add_state(axis, state_of_number(reach, axis, 1));
	}
}

static void word_states(struct reach *reach, struct axis *axis)
{
	struct slice rest = slice_of(axis->first->fact->words);

	while (rest.len) {
		struct slice word = slice_cut(&rest, ' ');
		uint32_t state = 0;

		for (size_t i = 0; i < reach->atom_count; i++)
			if (axis->atoms >> i & 1 && word_fits(reach->atoms[i], word))
				state |= 1u << i;
		add_state(axis, state);
	}
}

/* A profile of that name that is none holds for nobody. */
static bool asks_for_nothing(const struct reach *reach, const struct test *test)
{
	if (test->is != OP_EQUAL || !slice_same(slice_of(test->fact->name), SLICE("profile")))
		return false;
	for (size_t i = 0; i < reach->profiles->count; i++)
		if (slice_same_nocase(reach->profiles->list[i].title, test->operands[0].text))
			return false;
	return true;
}

/* Of texts nothing is known but that one value does not equal two different ones. */
static bool possible(const struct reach *reach, const struct axis *axis, uint32_t state)
{
	unsigned equals = 0;

	for (size_t i = 0; i < reach->atom_count; i++)
		if ((state & axis->atoms) >> i & 1 && asks_for_nothing(reach, reach->atoms[i]))
			return false;

	for (size_t i = 0; i < reach->atom_count; i++)
		equals += (state & axis->atoms) >> i & 1 && reach->atoms[i]->is == OP_EQUAL;
	return equals < 2 || !axis->first->fact->single || axis->first->fact->type != FACT_TEXT;
}

/* Every combination of the axis' atoms, unless they are too many. */
static void free_states(struct reach *reach, struct axis *axis)
{
	uint32_t state = 0;

	if (__builtin_popcount(axis->atoms) > SUBSETS_OF) {
		reach->too_many = true;
		return;
	}
	do {
		if (possible(reach, axis, state))
			axis->states[axis->state_count++] = state;
		state = (state - axis->atoms) & axis->atoms;         /* the next subset */
	} while (state);
}

static enum result make_axis(struct reach *reach, const struct test *test)
{
	struct axis *axis = &reach->axes[reach->axis_count];

	*axis = (struct axis){ .first = test, .states = arena_array(reach->arena, uint32_t, STATES) };
	if (axis->states == NULL)
		return LATER;
	for (size_t i = 0; i < reach->atom_count; i++)
		if (reach->atoms[i]->fact == test->fact && slice_same_nocase(reach->atoms[i]->argument, test->argument))
			axis->atoms |= 1u << i;
	if (test->fact->type == FACT_NUMBER && test->fact->single)
		number_states(reach, axis);
	else if (test->fact->type == FACT_WORD)
		word_states(reach, axis);
	else
		free_states(reach, axis);
	reach->axis_count++;
	reach->states *= axis->state_count;
	reach->too_many |= reach->states > STATES;
	return OK;
}

static enum result make_axes(struct reach *reach)
{
	uint32_t done = 0;

	reach->axis_count = 0;
	reach->states = 1;
	for (size_t i = 0; i < reach->atom_count && !reach->too_many; i++) {
		if (done >> i & 1)
			continue;
		TRY(make_axis(reach, reach->atoms[i]));
		done |= reach->axes[reach->axis_count - 1].atoms;
	}
	return OK;
}

/* ---- all states of all facts ---- */

static uint32_t state_now(const struct reach *reach)
{
	uint32_t state = 0;

	for (size_t i = 0; i < reach->axis_count; i++)
		state |= reach->axes[i].states[reach->axes[i].at];
	return state;
}

static bool next_state(struct reach *reach)
{
	for (size_t i = 0; i < reach->axis_count; i++) {
		if (++reach->axes[i].at < reach->axes[i].state_count)
			return true;
		reach->axes[i].at = 0;
	}
	return false;
}

static bool holds_in(const struct reach *reach, const struct expression *node, uint32_t state)
{
	if (node == NULL)
		return true;
	switch (node->kind) {
	case NODE_TEST:
		return state >> atom_of(reach, &node->test) & 1;
	case NODE_NOT:
		return !holds_in(reach, node->left, state);
	case NODE_AND:
		return holds_in(reach, node->left, state) && holds_in(reach, node->right, state);
	case NODE_OR:
		return holds_in(reach, node->left, state) || holds_in(reach, node->right, state);
	}
	return true;
}

static bool gets_past(const struct reach *reach, const struct policy *policy, size_t first, size_t place, uint32_t state)
{
	for (size_t i = first; i < place; i++)
		if (rule_is_final(&policy->rules[i]) && holds_in(reach, policy->rules[i].when, state))
			return false;
	return holds_in(reach, policy->rules[place].when, state);
}

enum reached { REACHED, UNREACHED, TOO_MUCH };

/* With the rules from `first` on before it. */
static enum result try_reach(const struct policy *policy, size_t first, size_t place, struct arena *arena, enum reached *ret_reached)
{
	struct reach reach = { .arena = arena, .profiles = &policy->profiles };

	for (size_t i = first; i <= place; i++)
		if (i == place || rule_is_final(&policy->rules[i]))
			collect(&reach, policy->rules[i].when);
	if (!reach.too_many)
		TRY(make_axes(&reach));
	*ret_reached = reach.too_many ? TOO_MUCH : UNREACHED;
	if (reach.too_many)
		return OK;
	do
		if (gets_past(&reach, policy, first, place, state_now(&reach)))
			*ret_reached = REACHED;
	while (*ret_reached == UNREACHED && next_state(&reach));
	return OK;
}

static enum result say(const struct policy *policy, size_t place, size_t first, struct buffer *lines)
{
	TRY(buffer_format(lines, "policy \"%.*s\" can never match: ", SHOW(policy->rules[place].title)));
	if (first == place)
		return buffer_add(lines, SLICE("its own conditions exclude each other\n"));
	return buffer_format(lines, "\"%.*s\"%s every search before it\n", SHOW(policy->rules[first].title),
	                     first + 1 == place ? " ends" : " and what stands between end");
}

/* First by itself, then behind more and more of those before it, until it is too much to work out. */
static enum result look_at(const struct policy *policy, size_t place, struct arena *memory, struct buffer *lines)
{
	enum reached reached = REACHED;

	for (size_t first = place + 1; first-- > 0 && reached == REACHED;) {
		if (first < place && !rule_is_final(&policy->rules[first]))
			continue;
		arena_reset(memory);
		TRY(try_reach(policy, first, place, memory, &reached));
		if (reached == UNREACHED)
			return say(policy, place, first, lines);
	}
	return OK;
}

enum result policy_unreached(const struct policy *policy, struct buffer *lines)
{
	enum result result = OK;
	struct arena memory;

	arena_init(&memory, MEMORY);
	for (size_t i = 0; i < policy->count && result == OK; i++) {
		arena_reset(&memory);
		result = look_at(policy, i, &memory, lines);
	}
	arena_finish(&memory);
	return result;
}
