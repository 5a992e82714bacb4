/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arithmetic.h — sums of numbers and counted names, as `meta` rules and `if` lines write them (inside mail/rules only).
 *
 * Knows:   Perl's order of precedence, and that `&&`, `||` and `?:` give an operand's value and leave the other alone.
 * Ignores: what a name is: whoever reads the text brings numbers for names, and their values later.
 * Owns:    nothing: the program stands in the arena given at its end, what building needs in the other one.
 * Fails:   REFUSED where the text is no sum, with what was expected; deeper than ARITHMETIC_DEPTH; or on division by
 *          zero. LATER: an arena is full.
 */
#ifndef RULES_ARITHMETIC_H
#define RULES_ARITHMETIC_H

#include "base/arena.h"

enum { ARITHMETIC_DEPTH = 200 };

enum sign {
	SIGN_NOT, SIGN_TIMES, SIGN_OVER, SIGN_PLUS, SIGN_MINUS, SIGN_LESS, SIGN_MORE, SIGN_LESS_SAME, SIGN_MORE_SAME,
	SIGN_SAME, SIGN_DIFFERENT, SIGN_XOR, SIGN_AND, SIGN_OR, SIGN_IF, SIGN_ELSE, SIGN_OPEN, SIGN_CLOSE,
	SIGN_COUNT,
};

enum step_kind { STEP_NUMBER = SIGN_COUNT, STEP_NAME, STEP_NEGATE };    /* besides the signs */
struct step { uint32_t kind, operand; };         /* operand: of numbers; a name; where to go on */

struct program {
	const struct step *steps;
	const double *numbers;
	size_t count;
};

struct open_sign { uint32_t kind, at; };

struct arithmetic {
	struct arena *scratch;
	struct step *steps;
	double *numbers;
	size_t count, number_count, most;
	struct open_sign open[ARITHMETIC_DEPTH];
	size_t open_count;
	size_t depth;                            /* of values, at this place */
	bool wants_sign;                         /* an operand has just ended */
	const char *fault;
};

/* At most `most` numbers, names and signs will follow. */
must_use enum result arithmetic_begin(struct arithmetic *sum, size_t most, struct arena *scratch);
must_use enum result arithmetic_number(struct arithmetic *sum, double number);
must_use enum result arithmetic_name(struct arithmetic *sum, uint32_t name);
must_use enum result arithmetic_sign(struct arithmetic *sum, enum sign sign);
must_use enum result arithmetic_end(struct arithmetic *sum, struct arena *arena, const struct program **ret_program);

/* The longest sign at the front of `rest`, cut off; REFUSED: there is none. */
must_use enum result arithmetic_cut_sign(struct slice *rest, enum sign *ret_sign);

/* `value_of` gives the value of a name. */
must_use enum result arithmetic_value(const struct program *program, double (*value_of)(const void *owner, uint32_t name),
                                      const void *owner, double *ret_value);

#endif
