/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression.h — what stands in `when`: comparisons of facts, joined by and, or, not and brackets (inside
 *                mail/policy only).
 *
 * Knows:   the grammar, and what may be compared with what.
 * Ignores: where facts come from (facts.h).
 * Owns:    nothing; the compiled form stands in the arena.
 * Fails:   REFUSED with place and what was meant in the complaint. LATER: the arena is full.
 *
 *   any  := all { "or" all }     all := one { "and" one }     one := "not" one | "(" any ")" | test
 *   test := fact | fact ( = != < <= > >= ) value | fact ( ~ !~ ) ( 'glob' | /expression/flags ) | fact "in" set
 *   set  := list("NAME") | ( value { , value } )             fact := NAME | NAME("ARGUMENT")
 *
 * A fact alone holds when it has a value that is not empty, "no" or 0. A comparison holds when one of the fact's values
 * fits; != and !~ hold when none does. Texts are compared without regard to the case of letters; an address equals a
 * network that it lies in.
 */
#ifndef POLICY_EXPRESSION_H
#define POLICY_EXPRESSION_H

#include "mail/policy/facts.h"
#include "mail/policy/lists.h"
#include "mail/policy/pattern.h"

enum { EXPRESSION_DEPTH = 32, EXPRESSION_BYTES = 4096, ASKING_ROOM = 512 };

/* UNKNOWN: a pattern hit its limits, or a list in the DNS did not answer; who asks must not take it for "no". */
enum holds { HOLDS_NO, HOLDS_YES, HOLDS_UNKNOWN };

struct expression;
struct test;

/* What many questions about one message share: the patience with patterns, and what the first so many of those tests said
 * that compare many values or long ones and are the same for all recipients. */
struct asking {
	struct pattern_work patterns;
	struct { const struct test *test; enum holds holds; unsigned doubts; } known[ASKING_ROOM];
	size_t known_count;
	unsigned doubts;                         /* bits of enum doubt, of tests since it was cleared */
};
void asking_begin(struct asking *asking);
void asking_finish(struct asking *asking);

/* `lists` NULL: names of lists are believed (the check of a single value knows of no other sections). */
must_use enum result expression_compile(struct slice text, const struct named_lists *lists, struct arena *arena,
                                        const struct expression **ret_expression, struct buffer *complaint);
/* The same, where all that is in doubt may be passed over: then it does not hold. Else UNKNOWN, and asking->doubts. */
enum holds expression_decides(const struct expression *expression, const struct fact_context *context, struct asking *asking);
/* NULL holds. */
enum holds expression_holds(const struct expression *expression, const struct fact_context *context, struct asking *asking);
/* Each fact that it asks for, as often as it does, in order; `argument` stands in the expression's arena. Any end of `add` but
 * OK is the end. */
struct asked_fact { const struct fact_row *row; struct slice argument; };
must_use enum result expression_asks(const struct expression *expression,
                                     enum result (*add)(void *owner, const struct asked_fact *asked), void *owner);

#endif
