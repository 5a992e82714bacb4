/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression_reading.h — the words and values of an expression, for its grammar (inside mail/policy/expression*.c only).
 *
 * Knows:   spaces, words, quotes, values of each type, patterns and sets; complaints with their place, which counts
 *          characters of the text from 1.
 * Ignores: how tests are joined.
 * Owns:    nothing.
 * Fails:   REFUSED with a complaint; LATER: the arena is full.
 */
#ifndef POLICY_EXPRESSION_READING_H
#define POLICY_EXPRESSION_READING_H

#include "mail/policy/expression_node.h"

struct reading {
	struct slice whole, rest;
	const struct named_lists *lists;
	struct arena *arena;
	struct buffer *complaint;
	unsigned depth;
};

void reading_skip_space(struct reading *reading);
bool reading_word_byte(char c);
/* What stands next, without being cut off. */
struct slice reading_peek(struct reading *reading, bool (*belongs)(char));
bool reading_accept_word(struct reading *reading, struct slice word);
bool reading_accept(struct reading *reading, struct slice sign);
bool reading_at_quote(struct reading *reading);

void reading_place(struct reading *reading);              /* "at character 7: " */
must_use enum result reading_wrong(struct reading *reading, const char *what);
must_use enum result reading_wrong_dnsbl(struct reading *reading, struct slice name);
must_use enum result reading_wrong_fact(struct reading *reading, struct slice word);

must_use enum result reading_quoted(struct reading *reading, struct slice *ret_text);
must_use enum result reading_operand(struct reading *reading, const struct fact_row *fact, struct slice text,
                                     struct operand *operand);
must_use enum result reading_value(struct reading *reading, struct slice *ret_text);
must_use enum result reading_pattern(struct reading *reading, struct operand *operand);
must_use enum result reading_set(struct reading *reading, struct test *test);

#endif
