/* SPDX-License-Identifier: Apache-2.0 */
/* A judgement names the rule or the profile by which each thing in it is so: there it must stand. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

/* ---- what rules do ---- */

/* Titles stand once in a file. */
static const struct rule *find_rule(const struct policy *policy, struct slice title)
{
	for (size_t i = 0; i < policy->count; i++)
		if (slice_same(policy->rules[i].title, title))
			return &policy->rules[i];
	return NULL;
}

static bool could_do(const struct policy *policy, const struct deed *deed)
{
	const struct rule *rule = find_rule(policy, deed->rule);

	if (deed->profile.len && profiles_find(&policy->profiles, deed->profile) == NULL)
		return false;
	for (size_t i = 0; rule && i < rule->action_count; i++)
		if (!rule->actions[i].row->final && rule->actions[i].row->deed == deed->kind &&
		    slice_same(rule->actions[i].text, deed->text))
			return true;
	return false;
}

static bool is_doubted(struct slice reply)
{
	return slice_same(reply, rule_doubted(DOUBT_KEEPER)) || slice_same(reply, rule_doubted(DOUBT_DEFER));
}

/* Nobody could decide it: then it is put off or set apart, and nothing else is. */
static bool could_doubt(const struct fate *fate)
{
	if (fate->outcome == FATE_DEFER)
		return is_doubted(fate->reply);
	return fate->outcome == FATE_QUARANTINE && slice_same(fate->kind, SLICE("unscannable")) && fate->reply.len == 0;
}

/* By verdict. */
static bool is_kind(struct slice kind)
{
	return slice_same(kind, SLICE("policy")) || slice_same(kind, slice_of(verdict_name(VERDICT_VIRUS))) ||
	       slice_same(kind, slice_of(verdict_name(VERDICT_UNSCANNABLE)));
}

static bool could_end(const struct policy *policy, const struct fate *fate)
{
	const struct rule *rule = find_rule(policy, fate->rule);
	const struct action *last = rule && rule_is_final(rule) ? &rule->actions[rule->action_count - 1] : NULL;

	if (fate->rule.len == 0)
		return fate->outcome == FATE_DELIVER && fate->reply.len == 0;
	if (rule == NULL && !slice_same(fate->rule, SLICE(RULE_OF_PROFILES)))
		return false;
	if (could_doubt(fate))
		return true;
	return last && last->row->outcome == fate->outcome && slice_same(last->text, fate->reply) &&
	       (fate->outcome == FATE_QUARANTINE) == is_kind(fate->kind);
}

/* ---- what profiles set ---- */

static bool could_set(const struct policy *policy, const struct times *times)
{
	for (size_t kind = 0; kind < TIME_KINDS; kind++) {
		const struct said_time *time = &times->list[kind];
		const struct profile *profile = time->said ? profiles_find(&policy->profiles, time->profile) : NULL;

		if (time->said && (profile == NULL || !profile->times.list[kind].said || profile->times.list[kind].seconds != time->seconds))
			return false;
	}
	return true;
}

static bool could_tell(const struct policy *policy, enum fate_notices notices)
{
	for (size_t i = 0; i < policy->profiles.count; i++)
		if (policy->profiles.list[i].notices == notices)
			return true;
	return notices == FATE_NOTICES_OF_FILE;
}

/* ---- all of it ---- */

bool policy_could_say(const struct policy *policy, const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->times_count; i++)
		if (!could_set(policy, &judgement->times[i]))
			return false;
	for (uint32_t i = 0; i < judgement->deeds_count; i++)
		for (uint32_t k = 0; k < judgement->deeds[i].count; k++)
			if (!could_do(policy, &judgement->deeds[i].list[k]))
				return false;
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (!could_end(policy, &judgement->fates[i]) || !could_tell(policy, judgement->fates[i].notices))
			return false;
	return true;
}
