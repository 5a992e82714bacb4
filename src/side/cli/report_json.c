/* SPDX-License-Identifier: Apache-2.0 */
/* One object a message: of `scan --json` as the manual tells, of `explain --json` with more names in it. */
#include "cli/report_json.h"

#include "cli/compare.h"
#include "cli/report_inside.h"

#include <stdio.h>

enum { PUT_SHOWN = 4096 };

json_t *report_text(struct slice text)
{
	json_t *whole = json_stringn(text.at ? text.at : "", text.len);

	return whole ? whole : json_stringn_nocheck("(not UTF-8)", 11);
}

/* Those that may be told many times are lists, with one value or many; one that is told again becomes one. */
static const struct slice lists[] = { LIT("ambiguous"), LIT("encrypted"), LIT("signed"), LIT("signed.field"), LIT("from.address"),
	                              LIT("cut") };

static bool is_list(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (slice_same(lists[i], name))
			return true;
	return slice_begins(name, SLICE("header:"));
}

static void add_fact(json_t *facts, const struct fact *fact)
{
	json_t *there = json_object_getn(facts, fact->name.at, fact->name.len), *list;

	if (there == NULL && !is_list(fact->name)) {
		(void)json_object_setn_new(facts, fact->name.at, fact->name.len, report_text(fact->value));
		return;
	}
	list = json_is_array(there) ? json_incref(there) : json_array();
	if (there && !json_is_array(there))
		(void)json_array_append(list, there);
	(void)json_array_append_new(list, report_text(fact->value));
	(void)json_object_setn_new(facts, fact->name.at, fact->name.len, list);
}

/* These four are there whether they hold or not. */
static json_t *facts_of(const struct trace *trace)
{
	const struct judgement *judgement = &trace->judgement;
	json_t *facts = json_object();

	(void)json_object_set_new(facts, "ambiguous", json_array());
	(void)json_object_set_new(facts, "encrypted", json_array());
	for (size_t i = 0; i < trace->findings.fact_count; i++)
		if (!slice_same(trace->findings.facts[i].name, SLICE("header-asked")))       /* for replays: it is none */
			add_fact(facts, &trace->findings.facts[i]);
	(void)json_object_set_new(facts, "virus", report_text(judgement->verdict == VERDICT_VIRUS ? judgement->reason : SLICE("")));
	if (judgement->verdict == VERDICT_UNSCANNABLE)
		(void)json_object_set_new(facts, "unscannable", report_text(judgement->reason));
	else if (json_object_get(facts, "unscannable") == NULL)
		(void)json_object_set_new(facts, "unscannable", json_string(""));
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

static void add_action(json_t *actions, const struct deed *deed)
{
	char text[1024 + 64];
	int length = snprintf(text, sizeof(text), "%s%s%.*s", deed_name(deed->kind), deed->text.len ? " " : "", SHOW(deed->text));

	if (length > 0 && (size_t)length < sizeof(text))
		add_once(actions, (struct slice){ text, (size_t)length });
}

/* All rules that held for anybody, and all that they ask for. Judgements from before rules were kept tell those that decided. */
static void add_policy(const struct judgement *judgement, const struct fate *fate, json_t *policy, json_t *actions)
{
	const struct titles *titles = fate->matched ? &judgement->matched[fate->matched - 1] : NULL;
	const struct deeds *deeds = fate->deeds ? &judgement->deeds[fate->deeds - 1] : NULL;

	for (uint32_t i = 0; titles && i < titles->count; i++)
		add_once(policy, titles->list[i]);
	add_once(policy, fate->rule);
	for (uint32_t i = 0; deeds && i < deeds->count; i++)
		add_action(actions, &deeds->list[i]);
	add_once(actions, slice_of(outcome_name(fate->outcome)));
}

static json_t *answer_json(const struct answer *answer)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "kind", json_string(question_kind_name(answer->kind)));
	(void)json_object_set_new(object, "who", report_text(answer->who));
	(void)json_object_set_new(object, "end", json_string(answer_end_name(answer->end)));
	(void)json_object_set_new(object, "text", report_text(answer->text));
	if (answer->kind == ASK_DNS)
		(void)json_object_set_new(object, "took_ms", json_integer(answer->took_ms));
	return object;
}

/* What lists in the DNS were asked for; nothing where none was. */
static void set_lists(json_t *object, const struct evidence *evidence)
{
	json_t *list = json_array();

	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].kind == ASK_DNS)
			(void)json_array_append_new(list, answer_json(&evidence->answers[i]));
	if (json_array_size(list))
		(void)json_object_set(object, "answers", list);
	json_decref(list);
}

static json_t *object_of(const struct report *report, const struct trace *trace)
{
	json_t *object = json_object(), *policy = json_array(), *actions = json_array();
	const struct judgement *judgement = &trace->judgement;

	for (size_t i = 0; i < judgement->fate_count; i++)
		add_policy(judgement, &judgement->fates[i], policy, actions);
	(void)json_object_set_new(object, "file", report_text(slice_of(report->file)));
	(void)json_object_set_new(object, "verdict", json_string(verdict_name(judgement->verdict)));
	if (judgement->reason.len > 0)
		(void)json_object_set_new(object, "reason", report_text(judgement->reason));
	(void)json_object_set_new(object, "facts", facts_of(trace));
	(void)json_object_set_new(object, "policy", policy);
	(void)json_object_set_new(object, "actions", actions);
	(void)json_object_set_new(object, "parts", parts_of(trace));
	set_lists(object, &trace->evidence);
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

	for (size_t i = 0; i < evidence->count; i++)
		(void)json_array_append_new(list, answer_json(&evidence->answers[i]));
	return list;
}

static void set_rule(json_t *object, const struct report *report, const struct trace *trace, struct slice rule)
{
	struct slice origin;

	set_text(object, "rule", rule);
	if (report->settings && rule_origin(report->settings, rule, trace->arena, &origin) == OK)
		set_text(object, "origin", origin);
}

static json_t *seals_json(unsigned bits)
{
	json_t *list = json_array();

	for (unsigned bit = 1; bit <= SEAL_ALL; bit <<= 1)
		if (bits & bit)
			(void)json_array_append_new(list, json_string(seal_name((enum seal)bit)));
	return list;
}

static json_t *edit_json(const struct edit *edit)
{
	json_t *object = json_object();
	struct slice shown = report_shortened(edit->put, PUT_SHOWN);

	(void)json_object_set_new(object, "at", json_integer((json_int_t)edit->at));
	(void)json_object_set_new(object, "drop", json_integer((json_int_t)edit->drop));
	(void)json_object_set_new(object, "put", report_text(shown));
	if (shown.len < edit->put.len)
		(void)json_object_set_new(object, "shortened_from", json_integer((json_int_t)edit->put.len));
	return object;
}

static enum result set_edits(json_t *object, const struct trace *trace, const struct fate *fate)
{
	unsigned broken = report_broken(&trace->judgement, fate);
	json_t *list = json_array();
	struct edits edits;

	(void)json_object_set_new(object, "edits", list);
	TRY(report_edits(trace, fate, &edits));
	for (size_t i = 0; i < edits.count; i++)
		(void)json_array_append_new(list, edit_json(&edits.list[i]));
	if (edits.count && broken != BROKEN_UNKNOWN)
		(void)json_object_set_new(object, "broken", seals_json(broken));
	return OK;
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
		set_text(object, "profile", deeds->list[i].profile);
		(void)json_object_set_new(object, "breaks", seals_json(policy_breaks(&trace->findings, &deeds->list[i])));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *times_json(const struct report *report, const struct trace *trace, const struct fate *fate)
{
	const struct times none = { 0 };
	const struct times *times = fate->times && fate->times <= trace->judgement.times_count
	                                    ? &trace->judgement.times[fate->times - 1] : &none;
	json_t *list = json_array();

	for (unsigned i = 0; i < TIME_KINDS; i++) {
		const struct said_time *time = &times->list[i];
		json_t *object;
		struct slice origin;

		if (!time->said)
			continue;
		object = json_object();
		(void)json_object_set_new(object, "name", json_string(time_name((enum time_kind)i)));
		(void)json_object_set_new(object, "seconds", json_integer((json_int_t)time->seconds));
		(void)json_object_set_new(object, "profile", report_text(time->profile));
		if (report->settings && time_origin(report->settings, (enum time_kind)i, time->profile, trace->arena, &origin) == OK)
			set_text(object, "origin", origin);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *because_json(const struct policy *policy, const struct trace *trace, uint32_t place)
{
	json_t *list = json_array();
	struct policy_fact *facts;
	size_t count;

	if (report_because(policy, trace, place, &facts, &count) != OK)
		return list;
	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		(void)json_object_set_new(object, "fact", report_text(facts[i].name));
		set_text(object, "argument", facts[i].argument);
		(void)json_object_set_new(object, "values", words_of(facts[i].values, facts[i].count));
		(void)json_object_set_new(object, "known", json_boolean(!facts[i].unknown));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *recipients_json(const struct report *report, const struct trace *trace)
{
	const struct policy *policy = report_policy(report, trace);
	const struct titles none = { 0 };
	json_t *list = json_array();

	for (uint32_t i = 0; i < trace->judgement.fate_count; i++) {
		const struct fate *fate = &trace->judgement.fates[i];
		const struct titles *titles = fate->matched ? &trace->judgement.matched[fate->matched - 1] : &none;
		json_t *object = json_object();

		if (i < trace->envelope.recipient_count)
			(void)json_object_set_new(object, "address", report_text(trace->envelope.recipients[i].address));
		(void)json_object_set_new(object, "outcome", json_string(outcome_name(fate->outcome)));
		set_text(object, "kind", fate->kind);
		set_text(object, "reply", fate->reply);
		set_rule(object, report, trace, fate->rule);
		(void)json_object_set_new(object, "because", because_json(policy, trace, i));
		(void)json_object_set_new(object, "matched", words_of(titles->list, titles->count));
		(void)json_object_set_new(object, "times", times_json(report, trace, fate));
		(void)json_object_set_new(object, "also", deeds_json(report, trace, fate));
		(void)!set_edits(object, trace, fate);           /* those of an old spool that cannot be read are not told */
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
