/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.h — the compiled policy, for those in the room that walk it (inside mail/policy only).
 *
 * Knows:   rules in the order of the file.
 * Owns:    nothing: it stands in the arena of policy_compile().
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "mail/policy/action.h"
#include "mail/policy/asked.h"
#include "mail/policy/expression.h"
#include "mail/policy/profiles.h"

struct rule {
	struct slice title;
	const struct expression *when;           /* NULL: always */
	struct action *actions;                  /* in order, none behind the first final one */
	size_t action_count;
};

struct policy {
	struct rule *rules;
	size_t count;
	struct templates templates;
	struct banners banners;
	struct profiles profiles;
	struct asked asked;
	struct dnsbls dnsbls;
};

bool rule_is_final(const struct rule *rule);
/* Where a rule, or a profile's condition, could not be decided: the title of the latter, and the reply for bits of enum doubt. */
#define RULE_OF_PROFILES "profile"
struct slice rule_doubted(unsigned doubts);

#endif
