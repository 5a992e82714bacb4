/* SPDX-License-Identifier: Apache-2.0 */
/* Signs wait on a stack until one of lower rank comes; steps are written in the order in which they are carried out.
 * `&&`, `||`, `?` and `:` write a jump when they are met, whose aim is filled in when their right side has ended. */
#include "mail/rules/arithmetic.h"

enum { RANK_BRACKET = 0, RANK_IF = 1, RANK_UNARY = 9 };

static const unsigned char ranks[STEP_NEGATE + 1] = {
	[SIGN_OPEN] = RANK_BRACKET, [SIGN_IF] = RANK_BRACKET, [SIGN_ELSE] = RANK_IF, [SIGN_OR] = 2, [SIGN_AND] = 3,
	[SIGN_XOR] = 4, [SIGN_SAME] = 5, [SIGN_DIFFERENT] = 5, [SIGN_LESS] = 6, [SIGN_MORE] = 6, [SIGN_LESS_SAME] = 6,
	[SIGN_MORE_SAME] = 6, [SIGN_PLUS] = 7, [SIGN_MINUS] = 7, [SIGN_TIMES] = 8, [SIGN_OVER] = 8,
	[SIGN_NOT] = RANK_UNARY, [STEP_NEGATE] = RANK_UNARY,
};

static enum result say(struct arithmetic *sum, const char *fault)
{
	sum->fault = fault;
	return REFUSED;
}

enum result arithmetic_begin(struct arithmetic *sum, size_t most, struct arena *scratch)
{
	*sum = (struct arithmetic){ .scratch = scratch, .most = most + 1 };
	sum->steps = arena_array(scratch, struct step, sum->most);
	sum->numbers = arena_array(scratch, double, sum->most);
	return sum->steps && sum->numbers ? OK : LATER;
}

static enum result write_step(struct arithmetic *sum, uint32_t kind, uint32_t operand)
{
	if (sum->count == sum->most)
		return LATER;
	sum->steps[sum->count++] = (struct step){ kind, operand };
	return OK;
}

static enum result operand(struct arithmetic *sum, uint32_t kind, uint32_t which)
{
	if (sum->wants_sign)
		return say(sum, "a sign such as && or + was expected");
	if (sum->depth == ARITHMETIC_DEPTH)
		return say(sum, "too many brackets within brackets");
	sum->depth++;
	sum->wants_sign = true;
	return write_step(sum, kind, which);
}

enum result arithmetic_number(struct arithmetic *sum, double number)
{
	if (sum->number_count == sum->most)
		return LATER;
	sum->numbers[sum->number_count] = number;
	return operand(sum, STEP_NUMBER, (uint32_t)sum->number_count++);
}

enum result arithmetic_name(struct arithmetic *sum, uint32_t name)
{
	return operand(sum, STEP_NAME, name);
}

/* ---- the signs that wait ---- */

static enum result push(struct arithmetic *sum, uint32_t kind, size_t at)
{
	if (sum->open_count == ARITHMETIC_DEPTH)
		return say(sum, "too many brackets within brackets");
	sum->open[sum->open_count++] = (struct open_sign){ kind, (uint32_t)at };
	return OK;
}

static bool is_jump(uint32_t kind)
{
	return kind == SIGN_AND || kind == SIGN_OR || kind == SIGN_ELSE;
}

static enum result settle_one(struct arithmetic *sum)
{
	struct open_sign top = sum->open[--sum->open_count];

	if (is_jump(top.kind)) {
		sum->steps[top.at].operand = (uint32_t)sum->count;
		return OK;
	}
	if (ranks[top.kind] != RANK_UNARY)
		sum->depth--;
	return write_step(sum, top.kind, 0);
}

/* Carry out what ranks above `rank`, up to the bracket that is open. */
static enum result settle(struct arithmetic *sum, unsigned rank)
{
	while (sum->open_count && ranks[sum->open[sum->open_count - 1].kind] > rank)
		TRY(settle_one(sum));
	return OK;
}

static bool waits(const struct arithmetic *sum, uint32_t kind)
{
	return sum->open_count && sum->open[sum->open_count - 1].kind == kind;
}

/* ---- one sign ---- */

static enum result prefix(struct arithmetic *sum, enum sign sign)
{
	if (sign == SIGN_OPEN)
		return push(sum, SIGN_OPEN, 0);
	if (sign == SIGN_NOT)
		return push(sum, SIGN_NOT, 0);
	if (sign == SIGN_MINUS)
		return push(sum, STEP_NEGATE, 0);
	if (sign == SIGN_PLUS)
		return OK;
	return say(sum, "a name, a number or a bracket was expected");
}

static enum result jump(struct arithmetic *sum, enum sign sign)
{
	TRY(push(sum, sign, sum->count));
	sum->depth--;
	return write_step(sum, sign, 0);
}

static enum result otherwise(struct arithmetic *sum)
{
	TRY(settle(sum, RANK_BRACKET));
	if (!waits(sum, SIGN_IF))
		return say(sum, "\":\" without \"?\"");
	sum->steps[sum->open[--sum->open_count].at].operand = (uint32_t)sum->count + 1;
	return jump(sum, SIGN_ELSE);
}

static enum result close_bracket(struct arithmetic *sum)
{
	TRY(settle(sum, RANK_BRACKET));
	if (waits(sum, SIGN_IF))
		return say(sum, "\"?\" without \":\"");
	if (!waits(sum, SIGN_OPEN))
		return say(sum, "\")\" without \"(\"");
	sum->open_count--;
	sum->wants_sign = true;
	return OK;
}

static enum result binary(struct arithmetic *sum, enum sign sign)
{
	unsigned rank = ranks[sign];

	TRY(settle(sum, rank));
	if (sum->open_count && ranks[sum->open[sum->open_count - 1].kind] == rank) {
		if (rank == ranks[SIGN_LESS] || rank == ranks[SIGN_SAME])
			return say(sum, "two comparisons in a row: join them with &&");
		TRY(settle_one(sum));
	}
	return is_jump(sign) ? jump(sum, sign) : push(sum, sign, 0);
}

enum result arithmetic_sign(struct arithmetic *sum, enum sign sign)
{
	if (!sum->wants_sign)
		return prefix(sum, sign);
	if (sign == SIGN_OPEN || sign == SIGN_NOT)
		return say(sum, "a sign such as && or + was expected");
	if (sign == SIGN_CLOSE)
		return close_bracket(sum);
	sum->wants_sign = false;
	if (sign == SIGN_ELSE)
		return otherwise(sum);
	if (sign != SIGN_IF)
		return binary(sum, sign);
	TRY(settle(sum, RANK_IF));
	return jump(sum, SIGN_IF);
}

static enum result keep_program(const struct arithmetic *sum, struct arena *arena, struct program **ret_program)
{
	struct program *program = arena_new(arena, struct program);
	struct step *steps = arena_array(arena, struct step, sum->count);
	double *numbers = arena_array(arena, double, sum->number_count);

	if (program == NULL || steps == NULL || numbers == NULL)
		return LATER;
	memcpy(steps, sum->steps, sum->count * sizeof(*steps));
	memcpy(numbers, sum->numbers, sum->number_count * sizeof(*numbers));
	*program = (struct program){ steps, numbers, sum->count };
	*ret_program = program;
	return OK;
}

enum result arithmetic_end(struct arithmetic *sum, struct arena *arena, const struct program **ret_program)
{
	struct program *program = NULL;

	if (!sum->wants_sign)
		return say(sum, sum->count ? "it ends too early" : "it is empty");
	TRY(settle(sum, RANK_BRACKET));
	if (sum->open_count)
		return say(sum, waits(sum, SIGN_IF) ? "\"?\" without \":\"" : "\"(\" without \")\"");
	TRY(keep_program(sum, arena, &program));
	*ret_program = program;
	return OK;
}

/* ---- its text ---- */

static const struct { struct slice text; enum sign sign; } signs[] = {     /* the longer before the shorter */
	{ LIT("&&"), SIGN_AND },       { LIT("||"), SIGN_OR },    { LIT(">="), SIGN_MORE_SAME },
	{ LIT("<="), SIGN_LESS_SAME }, { LIT("=="), SIGN_SAME },  { LIT("!="), SIGN_DIFFERENT },
	{ LIT("!"), SIGN_NOT },        { LIT(">"), SIGN_MORE },   { LIT("<"), SIGN_LESS },
	{ LIT("^"), SIGN_XOR },        { LIT("+"), SIGN_PLUS },   { LIT("-"), SIGN_MINUS },
	{ LIT("*"), SIGN_TIMES },      { LIT("/"), SIGN_OVER },   { LIT("?"), SIGN_IF },
	{ LIT(":"), SIGN_ELSE },       { LIT("("), SIGN_OPEN },   { LIT(")"), SIGN_CLOSE },
};

enum result arithmetic_cut_sign(struct slice *rest, enum sign *ret_sign)
{
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (slice_begins(*rest, signs[i].text)) {
			*rest = slice_drop(*rest, signs[i].text.len);
			*ret_sign = signs[i].sign;
			return OK;
		}
	return REFUSED;
}

/* ---- its value ---- */

/* What is no number is 0. */
static double exclusive_or(double a, double b)
{
	const double most = 9e18;
	int64_t left = (int64_t)(a > most ? most : a < -most ? -most : a == a ? a : 0);
	int64_t right = (int64_t)(b > most ? most : b < -most ? -most : b == b ? b : 0);

	return (double)((uint64_t)left ^ (uint64_t)right);
}

static double two(uint32_t kind, double a, double b)
{
	const double results[STEP_NUMBER] = {
		[SIGN_TIMES] = a * b, [SIGN_PLUS] = a + b, [SIGN_MINUS] = a - b, [SIGN_LESS] = a < b, [SIGN_MORE] = a > b,
		[SIGN_LESS_SAME] = a <= b, [SIGN_MORE_SAME] = a >= b, [SIGN_SAME] = a == b, [SIGN_DIFFERENT] = a != b,
	};

	return results[kind];
}

/* The first of the values is none: the last one stands at `depth`, and there is always one. */
struct machine { double values[ARITHMETIC_DEPTH + 2]; size_t depth, at; };

static enum result carry_out_two(struct machine *machine, uint32_t kind)
{
	double b = machine->values[machine->depth--], *a = &machine->values[machine->depth];

	if (kind == SIGN_OVER && b == 0)
		return REFUSED;
	if (kind == SIGN_OVER)
		*a /= b;
	else
		*a = kind == SIGN_XOR ? exclusive_or(*a, b) : two(kind, *a, b);
	return OK;
}

/* Leaves the value where the jump is taken, except for `?`. */
static void carry_out_jump(struct machine *machine, struct step step)
{
	bool true_value = machine->values[machine->depth] != 0;
	bool jumps = step.kind == SIGN_ELSE || true_value == (step.kind == SIGN_OR);

	if (jumps)
		machine->at = step.operand;
	if (!jumps || step.kind == SIGN_IF)
		machine->depth--;
}

enum result arithmetic_value(const struct program *program, double (*value_of)(const void *owner, uint32_t name),
                             const void *owner, double *ret_value)
{
	struct machine machine = { .depth = 0 };

	while (machine.at < program->count) {
		struct step step = program->steps[machine.at++];
		double *top = &machine.values[machine.depth];

		if (step.kind == STEP_NUMBER)
			machine.values[++machine.depth] = program->numbers[step.operand];
		else if (step.kind == STEP_NAME)
			machine.values[++machine.depth] = value_of(owner, step.operand);
		else if (step.kind == STEP_NEGATE)
			*top = -*top;
		else if (step.kind == SIGN_NOT)
			*top = *top == 0;
		else if (is_jump(step.kind) || step.kind == SIGN_IF)
			carry_out_jump(&machine, step);
		else
			TRY(carry_out_two(&machine, step.kind));
	}
	*ret_value = machine.values[1];
	return OK;
}
