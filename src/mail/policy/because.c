/* SPDX-License-Identifier: Apache-2.0 */
/* The facts are asked for as the judge does it, but for all their values, and of one rule alone. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

enum { FACTS_OF_RULE = 64 };

struct gathering { struct policy_fact *list; size_t count; const struct fact_context *context; struct arena *arena; };

static bool is_there(const struct gathering *gathering, const struct asked_fact *asked)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (slice_same(gathering->list[i].name, slice_of(asked->row->name)) &&
		    slice_same(gathering->list[i].argument, asked->argument))
			return true;
	return false;
}

static enum result add_values(const struct gathering *gathering, const struct asked_fact *asked, struct policy_fact *fact)
{
	struct slice value;
	size_t place = 0;

	while (asked->row->next(asked->row, gathering->context, asked->argument, &place, &value)) {
		if (fact->count == POLICY_VALUES) {
			fact->more = true;
			return OK;
		}
		TRY(arena_keep(gathering->arena, value, &fact->values[fact->count]));
		fact->count++;
	}
	return OK;
}

static enum result add(void *own_gathering, const struct asked_fact *asked)
{
	struct gathering *gathering = own_gathering;
	struct policy_fact *fact = &gathering->list[gathering->count];

	if (gathering->count == FACTS_OF_RULE || is_there(gathering, asked))
		return OK;
	*fact = (struct policy_fact){ .name = slice_of(asked->row->name), .argument = asked->argument };
	fact->unknown = asked->row->doubts && asked->row->doubts(gathering->context, asked->argument);
	gathering->count++;
	return fact->unknown ? OK : add_values(gathering, asked, fact);
}

static enum result profiles_of(const struct policy *policy, struct fact_context *context, struct arena *arena)
{
	struct slice *room = arena_array(arena, struct slice, policy->profiles.count);
	struct asking asking;

	if (room == NULL)
		return LATER;
	asking_begin(&asking);
	(void)profiles_match(&policy->profiles, context, room, &asking);
	asking_finish(&asking);
	return OK;
}

enum result policy_because(const struct policy *policy, const struct policy_case *of, uint32_t place, struct arena *arena,
                           struct policy_fact **ret_facts, size_t *ret_count)
{
	const struct judgement *judgement = of->judgement;
	char scratch[FACT_SCRATCH];
	struct fact_context context = { .envelope = of->envelope, .findings = of->findings, .evidence = of->evidence,
		                        .dnsbls = &policy->dnsbls, .scratch = scratch };
	struct gathering gathering = { .list = arena_array(arena, struct policy_fact, FACTS_OF_RULE), .context = &context, .arena = arena };

	if (gathering.list == NULL)
		return LATER;
	if (place < of->envelope->recipient_count)
		context.recipient = &of->envelope->recipients[place];
	if (judgement->verdict == VERDICT_VIRUS)
		context.virus = judgement->reason;
	if (judgement->verdict == VERDICT_UNSCANNABLE)
		context.unscannable = judgement->reason;
	TRY(profiles_of(policy, &context, arena));
	for (size_t i = 0; i < policy->count; i++)
		if (slice_same(policy->rules[i].title, judgement->fates[place].rule))
			TRY(expression_asks(policy->rules[i].when, add, &gathering));
	*ret_facts = gathering.list;
	*ret_count = gathering.count;
	return OK;
}
