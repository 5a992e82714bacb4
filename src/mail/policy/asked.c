/* SPDX-License-Identifier: Apache-2.0 */
/* Facts without an argument are as many as the table has rows, so there is room for all that may be. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

struct gathering { struct asked asked; size_t room; struct buffer *complaint; };

static bool is_there(const struct asked *asked, const struct asked_fact *one)
{
	for (size_t i = 0; i < asked->count; i++)
		if (asked->list[i].row == one->row &&
		    (fact_is_header(one->row) ? slice_same_nocase(asked->list[i].argument, one->argument)
		                              : slice_same(asked->list[i].argument, one->argument)))
			return true;
	return false;
}

/* What could not be told of any message is better said now. */
static enum result add(void *own_gathering, const struct asked_fact *one)
{
	struct gathering *gathering = own_gathering;
	struct asked *asked = &gathering->asked;

	if (is_there(asked, one))
		return OK;
	if ((fact_is_header(one->row) && asked->headers == POLICY_HEADERS_MOST) || asked->count == gathering->room) {
		(void)!buffer_format(gathering->complaint, "rules ask for more than %d headers", POLICY_HEADERS_MOST);
		return REFUSED;
	}
	asked->headers += fact_is_header(one->row);
	asked->list[asked->count++] = *one;
	return OK;
}

enum result asked_compile(const struct policy *policy, struct arena *arena, struct asked *ret_asked, struct buffer *complaint)
{
	struct gathering gathering = { .room = fact_row_count + POLICY_HEADERS_MOST + DNSBLS_MOST, .complaint = complaint };

	gathering.asked.list = arena_array(arena, struct asked_fact, gathering.room);
	if (gathering.asked.list == NULL)
		return LATER;
	for (size_t i = 0; i < policy->count; i++)
		TRY(expression_asks(policy->rules[i].when, add, &gathering));
	for (size_t i = 0; i < policy->profiles.count; i++)
		TRY(expression_asks(policy->profiles.list[i].when, add, &gathering));
	*ret_asked = gathering.asked;
	return OK;
}

bool policy_next_header(const struct policy *policy, size_t *place, struct slice *ret_name)
{
	while (*place < policy->asked.count) {
		const struct asked_fact *asked = &policy->asked.list[(*place)++];

		if (!fact_is_header(asked->row))
			continue;
		*ret_name = asked->argument;
		return true;
	}
	return false;
}

bool policy_asks_for_senders(const struct policy *policy)
{
	for (size_t i = 0; i < policy->asked.count; i++)
		if (slice_begins(slice_of(policy->asked.list[i].row->name), SLICE("sender.")))
			return true;
	return false;
}

static bool was_asked(const struct findings *findings, struct slice header)
{
	for (size_t i = 0; i < findings->fact_count; i++)
		if (slice_same(findings->facts[i].name, SLICE(FACT_ASKED)) &&
		    slice_same_nocase(findings->facts[i].value, header))
			return true;
	return false;
}

static bool was_told(const struct findings *findings, const struct asked_fact *asked)
{
	return findings->reader >= asked->row->since && (!fact_is_header(asked->row) || was_asked(findings, asked->argument));
}

bool policy_next_untold(const struct policy *policy, const struct findings *findings, size_t *place, struct slice *ret_fact,
                        struct slice *ret_argument)
{
	while (*place < policy->asked.count) {
		const struct asked_fact *asked = &policy->asked.list[(*place)++];

		if (was_told(findings, asked))
			continue;
		*ret_fact = slice_of(asked->row->name);
		*ret_argument = asked->argument;
		return true;
	}
	return false;
}
