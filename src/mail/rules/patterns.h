/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patterns.h — the expressions of a rule set, compiled once and matched with limits.
 *
 * Knows:   PCRE2 told to behave as SpamAssassin's Perl: bytes, ASCII classes, and letters of Latin 1 folded by /i.
 * Ignores: which text a rule wants to see.
 * Owns:    nothing: the compiled forms stand in the arena of the rule set. Code that PCRE2 translates for the processor
 *          stands in memory of its own, which patterns_finish() gives back.
 * Fails:   LATER: out of memory. A pattern that cannot be compiled is a complaint in the set, and its rule never hits.
 *          A match that came to a limit is PATTERN_LIMIT, which is neither yes nor no.
 */
#ifndef RULES_PATTERNS_H
#define RULES_PATTERNS_H

#include "mail/rules/ruleset.h"

enum { MATCH_STEPS = 1000000, MATCH_DEPTH = 100000, MATCH_HEAP_KIB = 20000 };     /* of one match */

enum { PATTERN_LIMIT = -1 };

struct patterns;

struct pattern_text { struct slice name, pattern, flags; struct rules_place place; };    /* name: for complaints */

/* `jit`: translated for the processor. Wants memory that can be executed, so before the jail. */
must_use enum result patterns_build(struct ruleset *set, bool jit, struct arena *arena, struct patterns **ret_patterns);
void patterns_finish(struct patterns *patterns);                 /* NULL is none */

/* Has the rule an expression that can be matched? */
bool pattern_is_there(const struct patterns *patterns, uint32_t rule);
/* One more, of a directive: flags as a rule has them. `ret_number` stands where a rule's number would. One that cannot be
 * compiled is a complaint, and is not there. */
must_use enum result patterns_add(struct patterns *patterns, struct ruleset *set, const struct pattern_text *text, uint32_t *ret_number);
/* Does it match, and what of `text` is in its first brackets? Empty where they took no part. PATTERN_LIMIT, 0 or 1. */
int pattern_first(struct patterns *patterns, uint32_t number, struct slice text, struct slice *ret_within);
/* How often it matches in `text`, counted up to `most`; PATTERN_LIMIT. One at a time: patterns hold room for the match. */
int pattern_count(struct patterns *patterns, uint32_t rule, struct slice text, unsigned most);

#endif
