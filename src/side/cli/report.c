/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement is unpacked into an arena that lives as long as one report; each form then walks over it. */
#include "cli/report.h"

#include "mail/evidence/evidence.h"
#include "mail/policy/policy.h"

#include <jansson.h>

enum { REPORT_MEMORY = 64 << 20 };

struct trace {
	struct judgement judgement;
	struct findings findings;
	struct evidence evidence;
};

/* No judgement is a verdict too: what could not be judged is unscannable. */
static enum result read_trace(const struct report *report, struct arena *arena, struct trace *ret_trace)
{
	struct trace trace = { 0 };

	if (!report->judged) {
		ret_trace->judgement = (struct judgement){ .verdict = VERDICT_UNSCANNABLE, .reason = report->payload };
		return OK;
	}
	TRY(judgement_unpack(report->payload, arena, &trace.judgement));
	if (trace.judgement.findings.len > 0)
		TRY(findings_unpack(trace.judgement.findings, arena, &trace.findings));
	if (trace.judgement.evidence.len > 0)
		TRY(evidence_unpack(trace.judgement.evidence, arena, &trace.evidence));
	*ret_trace = trace;
	return OK;
}

/* What strangers wrote is shown without control bytes, so that it cannot drive a terminal. */
static enum result add_shown(struct buffer *to, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte >= ' ' && byte != 0x7f && (byte < 0x80 || byte >= 0xa0))
			TRY(buffer_add_byte(to, text.at[i]));
		else
			TRY(buffer_format(to, "\\x%02x", byte));
	}
	return OK;
}

static enum result line_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	TRY(add_shown(to, slice_of(report->file)));
	TRY(buffer_format(to, ": %s", verdict_name(trace->judgement.verdict)));
	if (trace->judgement.reason.len > 0) {
		TRY(buffer_add(to, SLICE(" (")));
		TRY(add_shown(to, trace->judgement.reason));
		TRY(buffer_add(to, SLICE(")")));
	}
	return buffer_add_byte(to, '\n');
}

static json_t *text_of(struct slice text)
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

		(void)snprintf(name, sizeof(name), "%.*s", SHOW(fact->name));
		if (slice_same(fact->name, SLICE("ambiguous")))
			(void)json_array_append_new(ambiguous, text_of(fact->value));
		else
			(void)json_object_set_new(facts, name, text_of(fact->value));
	}
	(void)json_object_set_new(facts, "ambiguous", ambiguous);
	return facts;
}

static json_t *words_of(const struct slice *words, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, text_of(words[i]));
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

		(void)json_object_set_new(object, "path", text_of(part->path));
		(void)json_object_set_new(object, "type", text_of(part->type));
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
		(void)json_array_append_new(list, text_of(text));
}

static json_t *object_of(const struct report *report, const struct trace *trace)
{
	json_t *object = json_object(), *policy = json_array(), *actions = json_array();
	const struct judgement *judgement = &trace->judgement;

	for (size_t i = 0; i < judgement->fate_count; i++) {
		add_once(policy, judgement->fates[i].rule);
		add_once(actions, slice_of(outcome_name(judgement->fates[i].outcome)));
	}
	(void)json_object_set_new(object, "file", text_of(slice_of(report->file)));
	(void)json_object_set_new(object, "verdict", json_string(verdict_name(judgement->verdict)));
	if (judgement->reason.len > 0)
		(void)json_object_set_new(object, "reason", text_of(judgement->reason));
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

static enum result json_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	json_t *object = object_of(report, trace);
	int failed = json_dump_callback(object, take_text, to, JSON_COMPACT);

	json_decref(object);
	return failed ? LATER : buffer_add_byte(to, '\n');
}

static enum result pair_of(struct buffer *to, struct slice name, struct slice value)
{
	TRY(buffer_add(to, SLICE("  ")));
	TRY(add_shown(to, name));
	TRY(buffer_add(to, SLICE(" = ")));
	TRY(add_shown(to, value));
	return buffer_add_byte(to, '\n');
}

static enum result list_of(struct buffer *to, const char *before, const struct slice *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TRY(buffer_add(to, i ? SLICE(", ") : slice_of(before)));
		TRY(add_shown(to, words[i]));
	}
	return OK;
}

/* A line a part, moved to the right by its depth, which its path has as many dots as. */
static enum result tree_of(const struct trace *trace, struct buffer *to)
{
	TRY(buffer_add(to, SLICE("parts\n")));
	for (size_t i = 0; i < trace->findings.part_count; i++) {
		const struct found_part *part = &trace->findings.parts[i];

		TRY(buffer_add(to, SLICE("  ")));
		for (size_t c = 0; c < part->path.len; c++)
			TRY(part->path.at[c] == '.' ? buffer_add(to, SLICE("  ")) : OK);
		TRY(add_shown(to, part->path));
		TRY(buffer_add(to, SLICE(" ")));
		TRY(add_shown(to, part->type));
		TRY(buffer_format(to, ", %llu bytes", (unsigned long long)part->size));
		TRY(list_of(to, ", named ", part->names, part->name_count));
		TRY(list_of(to, "; ", part->facts, part->fact_count));
		TRY(buffer_add_byte(to, '\n'));
	}
	return OK;
}

static enum result answers_of(const struct trace *trace, struct buffer *to)
{
	static const char *const ends[] = { [ANSWER_CLEAN] = "clean", [ANSWER_FOUND] = "found", [ANSWER_FAILED] = "failed" };

	TRY(buffer_add(to, SLICE("answers\n")));
	for (size_t i = 0; i < trace->evidence.count; i++) {
		const struct answer *answer = &trace->evidence.answers[i];

		TRY(buffer_format(to, "  %.*s: %s ", SHOW(answer->who), answer->end <= ANSWER_FAILED ? ends[answer->end] : "?"));
		TRY(add_shown(to, answer->text));
		TRY(buffer_add_byte(to, '\n'));
	}
	return trace->evidence.count > 0 ? OK : buffer_add(to, SLICE("  nobody was asked\n"));
}

static enum result fates_of(const struct trace *trace, struct buffer *to)
{
	TRY(buffer_add(to, SLICE("recipients\n")));
	for (size_t i = 0; i < trace->judgement.fate_count; i++) {
		const struct fate *fate = &trace->judgement.fates[i];
		struct slice rule = fate->rule.len > 0 ? fate->rule : SLICE("(end of the list)");

		TRY(buffer_format(to, "  %zu: %s by policy %.*s\n", i + 1, outcome_name(fate->outcome), SHOW(rule)));
	}
	return OK;
}

static enum result trace_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	TRY(line_of(report, trace, to));
	TRY(buffer_add(to, SLICE("facts\n")));
	for (size_t i = 0; i < trace->findings.fact_count; i++)
		TRY(pair_of(to, trace->findings.facts[i].name, trace->findings.facts[i].value));
	TRY(tree_of(trace, to));
	TRY(answers_of(trace, to));
	return fates_of(trace, to);
}

static enum result report_as(enum result (*form)(const struct report *, const struct trace *, struct buffer *),
                             const struct report *report, struct buffer *to)
{
	struct trace trace = { 0 };
	struct arena arena;
	enum result result;

	arena_init(&arena, REPORT_MEMORY);
	result = read_trace(report, &arena, &trace);
	if (result == OK)
		result = form(report, &trace, to);
	arena_finish(&arena);
	return result;
}

enum result report_line(const struct report *report, struct buffer *to)
{
	return report_as(line_of, report, to);
}

enum result report_json(const struct report *report, struct buffer *to)
{
	return report_as(json_of, report, to);
}

enum result report_trace(const struct report *report, struct buffer *to)
{
	return report_as(trace_of, report, to);
}
