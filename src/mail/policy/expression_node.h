/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression_node.h — the compiled form of an expression, shared by those that build, ask and compare it (inside
 *                     mail/policy/expression*.c and reach.c only).
 *
 * Knows:   a tree; chains of `and` and `or` lean to the left, and to the right it is at most EXPRESSION_DEPTH deep.
 * Owns:    nothing.
 */
#ifndef POLICY_EXPRESSION_NODE_H
#define POLICY_EXPRESSION_NODE_H

#include "mail/policy/expression.h"

#include "base/network.h"
#include "mail/policy/pattern.h"

enum node_kind { NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };
enum operator { OP_IS, OP_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_MORE, OP_MORE_EQUAL, OP_LIKE, OP_IN, OPERATORS };

/* One value to compare with, in the form of the fact's type. */
struct operand {
	struct slice text;
	int64_t number;
	struct network network;
	const struct pattern *pattern;
};

struct test {
	const struct fact_row *fact;
	struct slice argument;
	enum operator is;
	const struct operand *operands;          /* OP_IN: many; else one; OP_IS: none */
	size_t operand_count;
};

struct expression {
	enum node_kind kind;
	struct test test;
	const struct expression *left, *right;   /* NODE_NOT has a left one only */
};

bool operand_same(const struct fact_row *fact, const struct operand *a, const struct operand *b);

#endif
