/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression.h — what stands in `when`: names of facts, joined by and, or, not and brackets (for mail/policy only).
 *
 * Knows:   the grammar, and the names of the facts.
 * Ignores: where facts come from: they arrive as bits.
 * Owns:    nothing; the compiled form stands in the arena.
 * Fails:   REFUSED with place and what was meant in the complaint. LATER: the arena is full.
 *
 *   any  := all { "or" all }     all := one { "and" one }     one := "not" one | "(" any ")" | NAME
 */
#ifndef POLICY_EXPRESSION_H
#define POLICY_EXPRESSION_H

#include "base/arena.h"
#include "base/buffer.h"

/* In the order of their bits. */
#define POLICY_FACTS(FACT) FACT(virus) FACT(unscannable) FACT(ambiguous) FACT(trusted) FACT(authenticated)
#define POLICY_FACT(name) FACT_##name,
enum policy_fact { POLICY_FACTS(POLICY_FACT) FACT_COUNT };
#define FACT_BIT(name) (1u << FACT_##name)

enum { EXPRESSION_DEPTH = 32, EXPRESSION_BYTES = 4096 };

struct expression;

must_use enum result expression_compile(struct slice text, struct arena *arena,
                                        const struct expression **ret_expression, struct buffer *complaint);
bool expression_holds(const struct expression *expression, unsigned facts);      /* facts: FACT_BIT()s; NULL holds */

#endif
