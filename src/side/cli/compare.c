/* SPDX-License-Identifier: Apache-2.0 */
/* Each fate is written out as one line; two lines that are the same text are the same fate. */
#include "cli/compare.h"

#include <stdio.h>
#include <string.h>

enum { FATE_TEXT = 64 << 10 };

static enum result write_deeds(const struct judgement *judgement, const struct fate *fate, struct buffer *to)
{
	const struct deeds *deeds;

	if (fate->deeds == 0 || fate->deeds > judgement->deeds_count)
		return OK;
	deeds = &judgement->deeds[fate->deeds - 1];
	for (uint32_t i = 0; i < deeds->count; i++)
		TRY(buffer_format(to, "; %s '%.*s'", deed_name(deeds->list[i].kind), SHOW(deeds->list[i].text)));
	return OK;
}

static enum result write_fate(const struct judgement *judgement, const struct fate *fate, struct buffer *to)
{
	TRY(buffer_format(to, "%s", outcome_name(fate->outcome)));
	if (fate->kind.len)
		TRY(buffer_format(to, " (%.*s)", SHOW(fate->kind)));
	if (fate->reply.len)
		TRY(buffer_format(to, " '%.*s'", SHOW(fate->reply)));
	return write_deeds(judgement, fate, to);
}

static enum result fate_text(const struct judgement *judgement, const struct fate *fate, struct arena *arena,
                             struct slice *ret_text)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, FATE_TEXT);
	result = write_fate(judgement, fate, &text);
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&text), ret_text);
	buffer_finish(&text);
	return result;
}

static enum result pair_text(const char *from, const char *to, struct arena *arena, struct slice *ret_pair)
{
	char text[PAIR_TEXT];

	if (strcmp(from, to) == 0)
		(void)snprintf(text, sizeof(text), "%s, done otherwise", from);
	else
		(void)snprintf(text, sizeof(text), "%s -> %s", from, to);
	return arena_keep(arena, slice_of(text), ret_pair);
}

static enum result compare_fates(const struct judgement *from, const struct judgement *to, uint32_t place,
                                 const struct envelope *envelope, struct arena *arena, struct differences *changes)
{
	const struct fate *was = &from->fates[place], *is = &to->fates[place];
	struct difference *change = &changes->list[changes->count];

	TRY(fate_text(from, was, arena, &change->from));
	TRY(fate_text(to, is, arena, &change->to));
	if (slice_same(change->from, change->to))
		return OK;
	change->recipient = envelope->recipients[place].address;
	change->from_rule = was->rule;
	change->to_rule = is->rule;
	changes->count++;
	return pair_text(outcome_name(was->outcome), outcome_name(is->outcome), arena, &change->pair);
}

static enum result compare_verdicts(const struct judgement *from, const struct judgement *to, struct arena *arena,
                                    struct differences *changes)
{
	struct difference *change = &changes->list[changes->count];
	char pair[PAIR_TEXT];

	if (from->verdict == to->verdict)
		return OK;
	*change = (struct difference){ .from = slice_of(verdict_name(from->verdict)), .to = slice_of(verdict_name(to->verdict)),
		                   .from_rule = from->reason, .to_rule = to->reason };
	changes->count++;
	(void)snprintf(pair, sizeof(pair), "verdict %s -> %s", verdict_name(from->verdict), verdict_name(to->verdict));
	return arena_keep(arena, slice_of(pair), &change->pair);
}

enum result compare(const struct envelope *envelope, const struct judgement *from, const struct judgement *to,
                    struct arena *arena, struct differences *ret_changes)
{
	struct differences changes = { .list = arena_array(arena, struct difference, (size_t)envelope->recipient_count + 2) };

	if (from->fate_count != envelope->recipient_count || to->fate_count != envelope->recipient_count)
		return REFUSED;
	if (changes.list == NULL)
		return LATER;
	TRY(compare_verdicts(from, to, arena, &changes));
	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		TRY(compare_fates(from, to, i, envelope, arena, &changes));
	*ret_changes = changes;
	return OK;
}

void pairs_add(struct pair_totals *totals, struct slice pair)
{
	size_t i = 0;

	while (i < totals->count && !slice_same(slice_of(totals->list[i].pair), pair))
		i++;
	if (i == PAIRS_MOST)
		return;
	if (i == totals->count)
		(void)snprintf(totals->list[totals->count++].pair, PAIR_TEXT, "%.*s", SHOW(pair));
	totals->list[i].count++;
}

enum result rule_origin(const struct settings *settings, struct slice rule, struct arena *arena, struct slice *ret_text)
{
	struct settings_origin origin = settings_origin_of(settings, "policy", rule, "when");
	char text[4096 + 16];

	*ret_text = SLICE("");
	if (rule.len == 0 || origin.line == 0)
		return OK;
	(void)snprintf(text, sizeof(text), "%.*s:%u", SHOW(origin.file), origin.line);
	return arena_keep(arena, slice_of(text), ret_text);
}
