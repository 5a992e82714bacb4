/* SPDX-License-Identifier: Apache-2.0 */
/* Counted first, then written down; what several ask for is told once. */
#include "cli/untold.h"

#include "mail/evidence/evidence.h"

enum { NAME_MOST = 2048 };

static enum result write_name(struct slice fact, struct slice argument, struct arena *arena, struct slice *ret_name)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, NAME_MOST);
	result = argument.len ? buffer_format(&text, "%.*s(\"%.*s\")", SHOW(fact), SHOW(argument)) : buffer_add(&text, fact);
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&text), ret_name);
	buffer_finish(&text);
	return result;
}

static bool is_there(const struct untold *untold, struct slice name)
{
	for (size_t i = 0; i < untold->count; i++)
		if (slice_same_nocase(untold->list[i], name))
			return true;
	return false;
}

static enum result add_of(const struct policy *policy, const struct findings *findings, struct arena *arena, struct untold *untold)
{
	struct slice fact, argument;
	size_t place = 0;

	while (policy_next_untold(policy, findings, &place, &fact, &argument)) {
		struct slice name;

		TRY(write_name(fact, argument, arena, &name));
		if (!is_there(untold, name))
			untold->list[untold->count++] = name;
	}
	return OK;
}

enum result untold_gather(const struct policy *const *policies, size_t count, struct slice packed, struct arena *arena,
                          struct untold *ret_untold)
{
	struct untold untold = { 0 };
	struct slice fact, argument;
	struct findings findings;
	size_t room = 0;

	TRY(findings_unpack(packed, arena, &findings));
	for (size_t i = 0; i < count; i++)
		for (size_t place = 0; policy_next_untold(policies[i], &findings, &place, &fact, &argument);)
			room++;
	untold.list = arena_array(arena, struct slice, room);
	if (untold.list == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		TRY(add_of(policies[i], &findings, arena, &untold));
	*ret_untold = untold;
	return OK;
}
