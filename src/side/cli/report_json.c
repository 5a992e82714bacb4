/* SPDX-License-Identifier: Apache-2.0 */
/* One object a message: of `scan --json` as the manual tells, of `explain --json` with more names in it. */
#include "cli/report_json.h"

#include "cli/compare.h"
#include "cli/report_inside.h"

#include <stdio.h>

json_t *report_text(struct slice text)
{
	json_t *whole = json_stringn(text.at ? text.at : "", text.len);

	return whole ? whole : json_stringn_nocheck("(not UTF-8)", 11);
}

/* `ambiguous` has a list, one construction or many; of the others the last stands. */
static json_t *facts_of(const struct trace *trace)
{
	json_t *facts = json_object(), *ambiguous = json_array();
	char name[256];

	for (size_t i = 0; i < trace->findings.fact_count; i++) {
		const struct fact *fact = &trace->findings.facts[i];

		if (slice_same(fact->name, SLICE("header-asked")))
			continue;                        /* for replays: it says nothing about the message */
		(void)snprintf(name, sizeof(name), "%.*s", SHOW(fact->name));
		if (slice_same(fact->name, SLICE("ambiguous")))
			(void)json_array_append_new(ambiguous, report_text(fact->value));
		else
			(void)json_object_set_new(facts, name, report_text(fact->value));
	}
	(void)json_object_set_new(facts, "ambiguous", ambiguous);
	return facts;
}

static json_t *words_of(const struct slice *words, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, report_text(words[i]));
	return list;
}

static json_t *digest_of(struct slice digest)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < digest.len && i < 64; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", (unsigned char)digest.at[i]);
	return json_string(text);
}

static json_t *parts_of(const struct trace *trace)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trace->findings.part_count; i++) {
		const struct found_part *part = &trace->findings.parts[i];
		json_t *object = json_object();

		(void)json_object_set_new(object, "path", report_text(part->path));
		(void)json_object_set_new(object, "type", report_text(part->type));
		(void)json_object_set_new(object, "names", words_of(part->names, part->name_count));
		(void)json_object_set_new(object, "size", json_integer((json_int_t)part->size));
		if (part->digest.len)
			(void)json_object_set_new(object, "sha256", digest_of(part->digest));
		(void)json_object_set_new(object, "facts", words_of(part->facts, part->fact_count));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static bool holds(json_t *list, struct slice text)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (slice_same((struct slice){ json_string_value(item), json_string_length(item) }, text))
			return true;
	return false;
}

static void add_once(json_t *list, struct slice text)
{
	if (text.len > 0 && !holds(list, text))
		(void)json_array_append_new(list, report_text(text));
}

static json_t *object_of(const struct report *report, const struct trace *trace)
{
	json_t *object = json_object(), *policy = json_array(), *actions = json_array();
	const struct judgement *judgement = &trace->judgement;

	for (size_t i = 0; i < judgement->fate_count; i++) {
		add_once(policy, judgement->fates[i].rule);
		add_once(actions, slice_of(outcome_name(judgement->fates[i].outcome)));
	}
	(void)json_object_set_new(object, "file", report_text(slice_of(report->file)));
	(void)json_object_set_new(object, "verdict", json_string(verdict_name(judgement->verdict)));
	if (judgement->reason.len > 0)
		(void)json_object_set_new(object, "reason", report_text(judgement->reason));
	(void)json_object_set_new(object, "facts", facts_of(trace));
	(void)json_object_set_new(object, "policy", policy);
	(void)json_object_set_new(object, "actions", actions);
	(void)json_object_set_new(object, "parts", parts_of(trace));
	(void)json_object_set_new(object, "took_us", json_integer((json_int_t)report->took_us));
	return object;
}

static int take_text(const char *text, size_t length, void *to)
{
	return buffer_add(to, (struct slice){ text, length }) == OK ? 0 : -1;
}

enum result report_object(json_t *object, struct buffer *to)
{
	int failed = json_dump_callback(object, take_text, to, JSON_COMPACT);

	json_decref(object);
	return failed ? LATER : buffer_add_byte(to, '\n');
}

static enum result json_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	return report_object(object_of(report, trace), to);
}

/* ---- the whole trace ---- */

static void set_text(json_t *object, const char *name, struct slice text)
{
	if (text.len)
		(void)json_object_set_new(object, name, report_text(text));
}

static json_t *envelope_json(const struct envelope *envelope)
{
	json_t *object = json_object();

	set_text(object, "id", envelope->id);
	(void)json_object_set_new(object, "received", json_integer(envelope->received));
	(void)json_object_set_new(object, "sender", report_text(envelope->sender));
	set_text(object, "client", envelope->client_address);
	set_text(object, "name", envelope->client_name);
	set_text(object, "helo", envelope->helo);
	set_text(object, "user", envelope->user);
	set_text(object, "tls", envelope->tls);
	set_text(object, "listener", envelope->listener);
	set_text(object, "protocol", envelope->protocol);
	set_text(object, "origin", envelope->origin);
	return object;
}

static json_t *answers_json(const struct evidence *evidence)
{
	json_t *list = json_array();

	for (size_t i = 0; i < evidence->count; i++) {
		const struct answer *answer = &evidence->answers[i];
		json_t *object = json_object();

		(void)json_object_set_new(object, "kind", json_string(question_kind_name(answer->kind)));
		(void)json_object_set_new(object, "who", report_text(answer->who));
		(void)json_object_set_new(object, "end", json_string(answer_end_name(answer->end)));
		(void)json_object_set_new(object, "text", report_text(answer->text));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static void set_rule(json_t *object, const struct report *report, const struct trace *trace, struct slice rule)
{
	struct slice origin;

	set_text(object, "rule", rule);
	if (report->settings && rule_origin(report->settings, rule, trace->arena, &origin) == OK)
		set_text(object, "origin", origin);
}

static json_t *deeds_json(const struct report *report, const struct trace *trace, const struct fate *fate)
{
	json_t *list = json_array();
	const struct deeds none = { 0 };
	const struct deeds *deeds = fate->deeds && fate->deeds <= trace->judgement.deeds_count
	                                    ? &trace->judgement.deeds[fate->deeds - 1] : &none;

	for (uint32_t i = 0; i < deeds->count; i++) {
		json_t *object = json_object();

		(void)json_object_set_new(object, "action", json_string(deed_name(deeds->list[i].kind)));
		set_text(object, "text", deeds->list[i].text);
		set_rule(object, report, trace, deeds->list[i].rule);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *recipients_json(const struct report *report, const struct trace *trace)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < trace->judgement.fate_count; i++) {
		const struct fate *fate = &trace->judgement.fates[i];
		json_t *object = json_object();

		if (i < trace->envelope.recipient_count)
			(void)json_object_set_new(object, "address", report_text(trace->envelope.recipients[i].address));
		(void)json_object_set_new(object, "outcome", json_string(outcome_name(fate->outcome)));
		set_text(object, "kind", fate->kind);
		set_text(object, "reply", fate->reply);
		set_rule(object, report, trace, fate->rule);
		(void)json_object_set_new(object, "also", deeds_json(report, trace, fate));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *settings_json(const struct settings *settings)
{
	json_t *list = json_array();
	struct settings_said said;
	const void *place = NULL;
	char origin[4096 + 16];

	while (settings && settings_next(settings, &place, &said)) {
		json_t *object;

		if (!report_concerns(said.section, said.name))
			continue;
		object = json_object();
		(void)snprintf(origin, sizeof(origin), "%.*s:%u", SHOW(said.origin.file), said.origin.line);
		set_text(object, "section", said.section);
		set_text(object, "title", said.title);
		set_text(object, "name", said.name);
		(void)json_object_set_new(object, "values", words_of(said.items, said.count));
		set_text(object, "origin", slice_of(origin));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static enum result trace_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	json_t *object = object_of(report, trace);

	if (report->envelope.len)
		(void)json_object_set_new(object, "envelope", envelope_json(&trace->envelope));
	(void)json_object_set_new(object, "answers", answers_json(&trace->evidence));
	(void)json_object_set_new(object, "recipients", recipients_json(report, trace));
	(void)json_object_set_new(object, "settings", settings_json(report->settings));
	return report_object(object, to);
}

enum result report_json(const struct report *report, struct buffer *to)
{
	return report_as(json_of, report, to);
}

enum result report_trace_json(const struct report *report, struct buffer *to)
{
	return report_as(trace_of, report, to);
}
