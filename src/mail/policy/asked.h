/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked.h — which facts a policy asks for, gathered once when it is compiled (inside mail/policy only).
 *
 * Knows:   the facts of all rules and profiles, each once, a header by its name in letters of either case.
 * Ignores: what is asked of them.
 * Owns:    nothing: the list stands in the arena.
 * Fails:   REFUSED: more headers than are told of any message. LATER: the arena is full.
 */
#ifndef POLICY_ASKED_H
#define POLICY_ASKED_H

#include "mail/policy/expression.h"

struct asked { struct asked_fact *list; size_t count, headers; };

struct policy;
must_use enum result asked_compile(const struct policy *policy, struct arena *arena, struct asked *ret_asked,
                                   struct buffer *complaint);

#endif
