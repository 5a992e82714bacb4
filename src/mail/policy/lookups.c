/* SPDX-License-Identifier: Apache-2.0 */
/* What lists in the DNS are asked, and whether they were: worked out anew from envelope and policy each time. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

static bool is_asked_before(const struct policy *policy, const struct envelope *envelope, size_t place, const char *name)
{
	char other[POLICY_LOOKUP];

	for (size_t i = 0; i < place; i++)
		if (policy->dnsbls.list[i].used && dnsbl_name(&policy->dnsbls.list[i], envelope, other) &&
		    slice_same(slice_of(other), slice_of(name)))
			return true;
	return false;
}

bool policy_next_lookup(const struct policy *policy, const struct envelope *envelope, size_t *place, char ret_name[POLICY_LOOKUP])
{
	while (*place < policy->dnsbls.count) {
		size_t at = (*place)++;

		if (policy->dnsbls.list[at].used && dnsbl_name(&policy->dnsbls.list[at], envelope, ret_name) &&
		    !is_asked_before(policy, envelope, at, ret_name))
			return true;
	}
	return false;
}

static bool has_answer(const struct evidence *evidence, const char *name)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].kind == ASK_DNS && slice_same(evidence->answers[i].who, slice_of(name)))
			return true;
	return false;
}

struct slice policy_not_asked(const struct policy *policy, const struct envelope *envelope, const struct evidence *evidence)
{
	char name[POLICY_LOOKUP];

	for (size_t i = 0; i < policy->dnsbls.count; i++)
		if (policy->dnsbls.list[i].used && dnsbl_name(&policy->dnsbls.list[i], envelope, name) && !has_answer(evidence, name))
			return policy->dnsbls.list[i].title;
	return SLICE("");
}

struct slice policy_waiting_list(const struct policy *policy)
{
	for (size_t i = 0; i < policy->dnsbls.count; i++)
		if (policy->dnsbls.list[i].used && policy->dnsbls.list[i].silent == DNSBL_DEFER)
			return policy->dnsbls.list[i].title;
	return SLICE("");
}
