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

/* Which profile says them is no difference. */
static enum result write_times(const struct judgement *judgement, const struct fate *fate, struct buffer *to)
{
	if (fate->times == 0 || fate->times > judgement->times_count)
		return OK;
	for (unsigned i = 0; i < TIME_KINDS; i++) {
		const struct said_time *time = &judgement->times[fate->times - 1].list[i];

		if (time->said)
			TRY(buffer_format(to, "; %s %us", time_name((enum time_kind)i), time->seconds));
	}
	return OK;
}

static enum result write_fate(const struct judgement *judgement, const struct fate *fate, struct buffer *to)
{
	TRY(buffer_format(to, "%s", outcome_name(fate->outcome)));
	if (fate->kind.len)
		TRY(buffer_format(to, " (%.*s)", SHOW(fate->kind)));
	if (fate->reply.len)
		TRY(buffer_format(to, " '%.*s'", SHOW(fate->reply)));
	TRY(write_times(judgement, fate, to));
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

/* ---- templates and banners ---- */

static struct slice template_of(const struct deed *deed)
{
	if (deed->kind == DEED_ATTACHMENT)
		return SLICE("attachment");
	if (deed->kind != DEED_NOTIFY)
		return SLICE("");
	return slice_has(deed->text, '@') ? SLICE("address") : deed->text;
}

static const struct deeds *deeds_of(const struct judgement *judgement, const struct fate *fate)
{
	static const struct deeds none;

	return fate->deeds == 0 || fate->deeds > judgement->deeds_count ? &none : &judgement->deeds[fate->deeds - 1];
}

static bool same_words(const struct compared *from, const struct deed *was, const struct compared *to, const struct deed *is)
{
	const struct template *one = policy_template(from->policy, was->profile, template_of(was));
	const struct template *other = policy_template(to->policy, is->profile, template_of(is));

	if (one == NULL || other == NULL)
		return one == other;
	return slice_same(one->subject, other->subject) && slice_same(one->text, other->text);
}

static bool same_deed(const struct compared *from, const struct deed *was, const struct compared *to, const struct deed *is)
{
	if (was->kind == DEED_BANNER)
		return policy_same_banner(from->policy, was, to->policy, is);
	return template_of(was).len == 0 || same_words(from, was, to, is);
}

/* The first whose template or banner says something else, of fates whose deeds are the same; NULL: none. */
static const struct deed *other_deed(const struct compared *from, const struct fate *was, const struct compared *to,
                                     const struct fate *is)
{
	const struct deeds *one = deeds_of(from->judgement, was), *other = deeds_of(to->judgement, is);

	for (uint32_t i = 0; from->policy && to->policy && i < one->count && i < other->count; i++)
		if (!same_deed(from, &one->list[i], to, &other->list[i]))
			return &one->list[i];
	return NULL;
}

/* "deliver; notify 'sender'; by another template "sender"". */
static enum result by_another(struct slice fate, const struct deed *deed, struct arena *arena, struct slice *ret_text)
{
	bool banner = deed->kind == DEED_BANNER;
	struct slice title = banner ? deed->text : template_of(deed);
	struct buffer text;
	enum result result;

	buffer_init(&text, FATE_TEXT + 1024);
	result = buffer_format(&text, "%.*s; by another %s \"%.*s\"", SHOW(fate), banner ? "banner" : "template", SHOW(title));
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&text), ret_text);
	buffer_finish(&text);
	return result;
}

/* ---- fates ---- */

static enum result pair_text(const char *from, const char *to, struct arena *arena, struct slice *ret_pair)
{
	char text[PAIR_TEXT];

	if (strcmp(from, to) == 0)
		(void)snprintf(text, sizeof(text), "%s, done otherwise", from);
	else
		(void)snprintf(text, sizeof(text), "%s -> %s", from, to);
	return arena_keep(arena, slice_of(text), ret_pair);
}

static enum result compare_fates(const struct compared *from, const struct compared *to, uint32_t place,
                                 const struct envelope *envelope, struct arena *arena, struct differences *changes)
{
	const struct fate *was = &from->judgement->fates[place], *is = &to->judgement->fates[place];
	struct difference *change = &changes->list[changes->count];
	const struct deed *other;

	TRY(fate_text(from->judgement, was, arena, &change->from));
	TRY(fate_text(to->judgement, is, arena, &change->to));
	if (slice_same(change->from, change->to)) {
		other = other_deed(from, was, to, is);
		if (other == NULL)
			return OK;
		TRY(by_another(change->to, other, arena, &change->to));
	}
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

enum result compare(const struct envelope *envelope, const struct compared *from, const struct compared *to,
                    struct arena *arena, struct differences *ret_changes)
{
	struct differences changes = { .list = arena_array(arena, struct difference, (size_t)envelope->recipient_count + 2) };
	uint32_t count = envelope->recipient_count;

	if (from->judgement->fate_count != count || to->judgement->fate_count != count)
		return REFUSED;
	if (changes.list == NULL)
		return LATER;
	TRY(compare_verdicts(from->judgement, to->judgement, arena, &changes));
	for (uint32_t i = 0; i < count; i++)
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

static enum result origin_text(struct settings_origin origin, struct arena *arena, struct slice *ret_text)
{
	char text[4096 + 16];

	*ret_text = SLICE("");
	if (origin.line == 0)
		return OK;
	(void)snprintf(text, sizeof(text), "%.*s:%u", SHOW(origin.file), origin.line);
	return arena_keep(arena, slice_of(text), ret_text);
}

enum result rule_origin(const struct settings *settings, struct slice rule, struct arena *arena, struct slice *ret_text)
{
	*ret_text = SLICE("");
	return rule.len ? origin_text(settings_origin_of(settings, "policy", rule, "when"), arena, ret_text) : OK;
}

enum result time_origin(const struct settings *settings, enum time_kind kind, struct slice profile, struct arena *arena,
                        struct slice *ret_text)
{
	char title[256];
	int length = snprintf(title, sizeof(title), "%.*s\n", SHOW(profile));

	*ret_text = SLICE("");
	if (length < 0 || (size_t)length >= sizeof(title))
		return OK;
	return origin_text(settings_origin_of(settings, "profile/queue", (struct slice){ title, (size_t)length }, time_name(kind)), arena,
	                   ret_text);
}
