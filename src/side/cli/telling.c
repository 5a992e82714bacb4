/* SPDX-License-Identifier: Apache-2.0 */
/* What differs is written as it is known; what cannot be compared is told with the reason, and never as the same. */
#include "cli/telling.h"

#include "cli/ceilings.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "cli/untold.h"

enum { TELL_MEMORY = 128 << 20, POLICY_MEMORY = 16 << 20, COMPLAINT_MOST = 1024 };

static enum result compile(struct telling *telling, struct places *places, const struct policy **ret_policy)
{
	struct buffer complaint;
	enum result result;

	buffer_init(&complaint, COMPLAINT_MOST);
	result = policy_compile(&places->settings, &telling->memory, ret_policy, &complaint);
	if (result != OK)
		complain("%s: %.*s", places->config, SHOW(buffer_slice(&complaint)));
	buffer_finish(&complaint);
	return result;
}

enum result telling_begin(struct telling *telling, struct places *was, struct places *will, bool json)
{
	*telling = (struct telling){ .was = was, .will = will, .json = json };
	arena_init(&telling->memory, 2 * (size_t)POLICY_MEMORY);
	TRY(compile(telling, was, &telling->policies[WAS]));
	return compile(telling, will, &telling->policies[WILL]);
}

void telling_end(struct telling *telling)
{
	arena_finish(&telling->memory);
}

/* ---- one message ---- */

struct two { struct envelope envelope; struct judgement was, will; struct differences changes; struct arena arena; };

static enum result read_two(const struct telling *telling, const struct contrast_item *item, struct two *two)
{
	const struct compared was = { &two->was, telling->policies[WAS] }, will = { &two->will, telling->policies[WILL] };

	TRY(envelope_unpack(buffer_slice(&item->envelope), &two->arena, &two->envelope));
	TRY(judgement_unpack(buffer_slice(&item->payload[WAS]), &two->arena, &two->was));
	TRY(judgement_unpack(buffer_slice(&item->payload[WILL]), &two->arena, &two->will));
	return compare(&two->envelope, &was, &will, &two->arena, &two->changes);
}

static enum result why(struct places *places, const struct difference *change, struct slice rule, struct arena *arena,
                       struct buffer *to)
{
	struct slice origin;

	if (change->recipient.len == 0) {
		TRY(buffer_add(to, rule.len ? SLICE(" (") : SLICE("")));
		TRY(report_shown(to, rule));
		return buffer_add(to, rule.len ? SLICE(")") : SLICE(""));
	}
	TRY(rule_origin(&places->settings, rule, arena, &origin));
	TRY(buffer_add(to, SLICE(" by ")));
	TRY(rule.len ? report_shown(to, rule) : buffer_add(to, SLICE("the end of the list")));
	return origin.len ? buffer_format(to, " at %.*s", SHOW(origin)) : OK;
}

static enum result change_line(struct telling *telling, const char *name, const struct difference *change, struct arena *arena,
                               struct buffer *to)
{
	TRY(report_shown(to, slice_of(name)));
	TRY(buffer_add(to, SLICE(": ")));
	TRY(report_shown(to, change->recipient.len ? change->recipient : SLICE("verdict")));
	TRY(buffer_add(to, SLICE(": ")));
	TRY(report_shown(to, change->from));
	TRY(why(telling->was, change, change->from_rule, arena, to));
	TRY(buffer_add(to, SLICE(" -> ")));
	TRY(report_shown(to, change->to));
	TRY(why(telling->will, change, change->to_rule, arena, to));
	return buffer_add_byte(to, '\n');
}

static json_t *side_json(struct places *places, struct slice what, struct slice rule, struct arena *arena)
{
	json_t *object = json_object();
	struct slice origin;

	(void)json_object_set_new(object, "what", report_text(what));
	(void)json_object_set_new(object, "why", report_text(rule));
	if (rule_origin(&places->settings, rule, arena, &origin) == OK && origin.len)
		(void)json_object_set_new(object, "origin", report_text(origin));
	return object;
}

static json_t *change_json(struct telling *telling, const struct difference *change, struct arena *arena)
{
	json_t *object = json_object();

	if (change->recipient.len)
		(void)json_object_set_new(object, "recipient", report_text(change->recipient));
	(void)json_object_set_new(object, "from", side_json(telling->was, change->from, change->from_rule, arena));
	(void)json_object_set_new(object, "to", side_json(telling->will, change->to, change->to_rule, arena));
	return object;
}

static enum result changes_json(struct telling *telling, const char *name, struct two *two, struct buffer *to)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < two->changes.count; i++)
		(void)json_array_append_new(list, change_json(telling, &two->changes.list[i], &two->arena));
	(void)json_object_set_new(object, "file", report_text(slice_of(name)));
	(void)json_object_set_new(object, "changes", list);
	return report_object(object, to);
}

static enum result changes_text(struct telling *telling, const char *name, struct two *two, struct buffer *to)
{
	for (size_t i = 0; i < two->changes.count; i++)
		TRY(change_line(telling, name, &two->changes.list[i], &two->arena, to));
	return OK;
}

static enum result unknown_text(struct telling *telling, const char *name, struct slice reason, struct buffer *to)
{
	json_t *object;

	if (!telling->json) {
		TRY(report_shown(to, slice_of(name)));
		TRY(buffer_add(to, SLICE(": cannot be told: ")));
		TRY(report_shown(to, reason));
		return buffer_add_byte(to, '\n');
	}
	object = json_object();
	(void)json_object_set_new(object, "file", report_text(slice_of(name)));
	(void)json_object_set_new(object, "unknown", report_text(reason));
	return report_object(object, to);
}

static enum result tell_unknown(struct telling *telling, const struct contrast_item *item, struct slice reason, struct buffer *to)
{
	telling->unknown++;
	buffer_clear(to);
	return unknown_text(telling, item->name, reason, to);
}

static enum result tell_changes(struct telling *telling, const struct contrast_item *item, struct two *two, struct buffer *to)
{
	TRY((telling->json ? changes_json : changes_text)(telling, item->name, two, to));
	telling->differ++;
	for (size_t i = 0; i < two->changes.count; i++)
		pairs_add(&telling->pairs, two->changes.list[i].pair);
	return OK;
}

/* What was found is the same for both where the bytes are not at hand, whatever the ceilings of reading are. */
static const char *why_unknown(const struct telling *telling, const struct contrast_item *item, const struct two *two)
{
	if (item->message >= 0)
		return NULL;
	return ceilings_differ(&telling->was->settings, &telling->will->settings, two->was.verdict == VERDICT_UNSCANNABLE);
}

static enum result tell_two(struct telling *telling, const struct contrast_item *item, struct two *two, struct buffer *to)
{
	const char *why;

	if (read_two(telling, item, two) != OK)
		return tell_unknown(telling, item, SLICE("its judgements cannot be compared"), to);
	if (two->changes.count) {
		if (tell_changes(telling, item, two, to) != OK)
			return tell_unknown(telling, item, SLICE("its differences are more than can be told"), to);
		return OK;
	}
	why = why_unknown(telling, item, two);
	if (why)
		return tell_unknown(telling, item, slice_of(why), to);
	telling->same++;
	return OK;
}

/* ---- what was not looked for ---- */

static enum result untold_text(const char *name, const struct untold *untold, struct buffer *to)
{
	TRY(report_shown(to, slice_of(name)));
	TRY(buffer_add(to, SLICE(": not looked for then: ")));
	for (size_t i = 0; i < untold->count; i++) {
		TRY(buffer_add(to, i ? SLICE(", ") : SLICE("")));
		TRY(report_shown(to, untold->list[i]));
	}
	return buffer_add_byte(to, '\n');
}

static enum result untold_json(const char *name, const struct untold *untold, struct buffer *to)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < untold->count; i++)
		(void)json_array_append_new(list, report_text(untold->list[i]));
	(void)json_object_set_new(object, "file", report_text(slice_of(name)));
	(void)json_object_set_new(object, "not_looked_for", list);
	return report_object(object, to);
}

/* AGAIN: everything was looked for, and it is to be told what differs. */
static enum result tell_untold(struct telling *telling, const struct contrast_item *item, struct arena *arena, struct buffer *to)
{
	struct untold untold;

	if (item->message >= 0 || item->unknown || buffer_length(&item->findings) == 0)
		return AGAIN;
	if (untold_gather(telling->policies, SIDES, buffer_slice(&item->findings), arena, &untold) != OK)
		return tell_unknown(telling, item, SLICE("what was found then cannot be read"), to);
	if (untold.count == 0)
		return AGAIN;
	telling->not_looked_for++;
	return (telling->json ? untold_json : untold_text)(item->name, &untold, to);
}

/* ---- all of it ---- */

static enum result tell_judged(struct telling *telling, const struct contrast_item *item, struct two *two, struct buffer *to)
{
	size_t side = item->judged[WAS] ? WILL : WAS;
	enum result result = tell_untold(telling, item, &two->arena, to);

	if (result != AGAIN)
		return result;
	if (item->unknown)
		return tell_unknown(telling, item, slice_of(item->unknown), to);
	if (!item->judged[WAS] || !item->judged[WILL])
		return tell_unknown(telling, item, buffer_slice(&item->payload[side]), to);
	return tell_two(telling, item, two, to);
}

enum result telling_item(struct telling *telling, const struct contrast_item *item, struct buffer *to)
{
	struct two two = { 0 };
	enum result result;

	telling->messages++;
	arena_init(&two.arena, TELL_MEMORY);
	result = tell_judged(telling, item, &two, to);
	arena_finish(&two.arena);
	return result;
}

/* ---- totals ---- */

static enum result totals_json(const struct telling *telling, struct buffer *to)
{
	json_t *object = json_object(), *totals = json_object(), *pairs = json_object();

	for (size_t i = 0; i < telling->pairs.count; i++)
		(void)json_object_set_new(pairs, telling->pairs.list[i].pair, json_integer((json_int_t)telling->pairs.list[i].count));
	(void)json_object_set_new(totals, "messages", json_integer((json_int_t)telling->messages));
	(void)json_object_set_new(totals, "same", json_integer((json_int_t)telling->same));
	(void)json_object_set_new(totals, "differ", json_integer((json_int_t)telling->differ));
	(void)json_object_set_new(totals, "unknown", json_integer((json_int_t)telling->unknown));
	(void)json_object_set_new(totals, "not_looked_for", json_integer((json_int_t)telling->not_looked_for));
	(void)json_object_set_new(totals, "changes", pairs);
	(void)json_object_set_new(object, "totals", totals);
	return report_object(object, to);
}

static enum result totals_text(const struct telling *telling, struct buffer *to)
{
	TRY(buffer_format(to, "%llu messages: %llu the same, %llu differ, %llu cannot be told, %llu not looked for then\n",
	                  (unsigned long long)telling->messages, (unsigned long long)telling->same,
	                  (unsigned long long)telling->differ, (unsigned long long)telling->unknown,
	                  (unsigned long long)telling->not_looked_for));
	for (size_t i = 0; i < telling->pairs.count; i++)
		TRY(buffer_format(to, "%8llu  %s\n", (unsigned long long)telling->pairs.list[i].count, telling->pairs.list[i].pair));
	return OK;
}

enum result telling_totals(const struct telling *telling, struct buffer *to)
{
	return (telling->json ? totals_json : totals_text)(telling, to);
}
