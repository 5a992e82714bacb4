/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement is unpacked into an arena that lives as long as one report; each form then walks over it. */
#include "cli/report.h"

#include "cli/compare.h"
#include "cli/report_inside.h"

enum { REPORT_MEMORY = 64 << 20, CUT_AT = 200 };

/* No judgement is a verdict too: what could not be judged is unscannable. */
static enum result read_trace(const struct report *report, struct arena *arena, struct trace *ret_trace)
{
	struct trace trace = { .arena = arena };

	if (report->envelope.len)
		TRY(envelope_unpack(report->envelope, arena, &trace.envelope));
	trace.asked = trace.envelope;
	if (report->pretended.len)
		TRY(envelope_unpack(report->pretended, arena, &trace.asked));
	if (!report->judged) {
		trace.judgement = (struct judgement){ .verdict = VERDICT_UNSCANNABLE, .reason = report->payload };
		*ret_trace = trace;
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

enum result report_shown(struct buffer *to, struct slice text)
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

struct slice report_shortened(struct slice text, size_t most)
{
	size_t length = text.len < most ? text.len : most;

	while (length < text.len && length > 0 && ((unsigned char)text.at[length] & 0xc0) == 0x80)
		length--;
	return (struct slice){ text.at, length };
}

enum result report_cut(struct buffer *to, struct slice text)
{
	struct slice shortened = report_shortened(text, CUT_AT);

	TRY(report_shown(to, shortened));
	return shortened.len < text.len ? buffer_format(to, " ... (shortened; %zu bytes in all)", text.len) : OK;
}

static enum result line_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	TRY(report_shown(to, slice_of(report->file)));
	TRY(buffer_format(to, ": %s", verdict_name(trace->judgement.verdict)));
	if (trace->judgement.reason.len > 0) {
		TRY(buffer_add(to, SLICE(" (")));
		TRY(report_shown(to, trace->judgement.reason));
		TRY(buffer_add(to, SLICE(")")));
	}
	return buffer_add_byte(to, '\n');
}

static enum result pair_of(struct buffer *to, struct slice name, struct slice value)
{
	TRY(buffer_add(to, SLICE("  ")));
	TRY(report_shown(to, name));
	TRY(buffer_add(to, SLICE(" = ")));
	TRY(report_cut(to, value));
	return buffer_add_byte(to, '\n');
}

static enum result list_of(struct buffer *to, const char *before, const struct slice *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TRY(buffer_add(to, i ? SLICE(", ") : slice_of(before)));
		TRY(report_cut(to, words[i]));
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
		TRY(report_shown(to, part->path));
		TRY(buffer_add(to, SLICE(" ")));
		TRY(report_cut(to, part->type));
		TRY(buffer_format(to, ", %llu bytes", (unsigned long long)part->size));
		TRY(list_of(to, ", named ", part->names, part->name_count));
		TRY(list_of(to, "; ", part->facts, part->fact_count));
		TRY(buffer_add_byte(to, '\n'));
	}
	return OK;
}

static enum result answer_of(const struct answer *answer, struct buffer *to)
{
	TRY(buffer_add(to, SLICE("  ")));
	TRY(report_shown(to, answer->who));
	TRY(buffer_format(to, ": %s", answer_end_name(answer->end)));
	TRY(buffer_add(to, answer->text.len ? SLICE(" ") : SLICE("")));
	return report_shown(to, answer->text);
}

/* "  dns 99.2.0.192.zen.example.org: 127.0.0.4, 3 ms" */
static enum result list_answer_of(const struct answer *answer, struct buffer *to)
{
	TRY(buffer_format(to, "  %s ", question_kind_name(answer->kind)));
	TRY(report_shown(to, answer->who));
	TRY(buffer_format(to, ": %s", answer->end == ANSWER_FAILED ? "failed, " : answer->text.len ? "" : "not listed"));
	TRY(report_shown(to, answer->text));
	return buffer_format(to, ", %lu ms", (unsigned long)answer->took_ms);
}

static enum result answers_of(const struct trace *trace, struct buffer *to)
{
	TRY(buffer_add(to, SLICE("answers\n")));
	for (size_t i = 0; i < trace->evidence.count; i++) {
		const struct answer *answer = &trace->evidence.answers[i];

		TRY(answer->kind == ASK_DNS ? list_answer_of(answer, to) : answer_of(answer, to));
		TRY(buffer_add_byte(to, '\n'));
	}
	return trace->evidence.count > 0 ? OK : buffer_add(to, SLICE("  nobody was asked\n"));
}

static enum result envelope_of(const struct trace *trace, struct buffer *to)
{
	const struct { const char *name; struct slice value; } rows[] = {
		{ "id", trace->envelope.id }, { "sender", trace->envelope.sender }, { "client", trace->envelope.client_address },
		{ "name", trace->envelope.client_name }, { "helo", trace->envelope.helo }, { "user", trace->envelope.user },
		{ "tls", trace->envelope.tls }, { "listener", trace->envelope.listener },
		{ "protocol", trace->envelope.protocol }, { "origin", trace->envelope.origin },
	};

	TRY(buffer_add(to, SLICE("envelope\n")));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].value.len)
			TRY(pair_of(to, slice_of(rows[i].name), rows[i].value));
	return OK;
}

bool report_concerns(struct slice section, struct slice name)
{
	static const char *const sections[] = { "inspect", "scanner", "policy", "list", "profile", "template", "banner", "dnsbl" };

	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (slice_same(section, slice_of(sections[i])))
			return true;
	return section.len == 0 && slice_same(name, SLICE("trusted"));
}

static enum result setting_of(const struct settings_said *said, struct buffer *to)
{
	TRY(buffer_format(to, "  %.*s%s", SHOW(said->section), said->section.len ? " " : ""));
	if (said->title.len)
		TRY(buffer_format(to, "'%.*s' ", SHOW(said->title)));
	TRY(report_shown(to, said->name));
	TRY(list_of(to, " = ", said->items, said->count));
	return buffer_format(to, " (%.*s:%u)\n", SHOW(said->origin.file), said->origin.line);
}

/* What the file says; all else is as it was born. */
static enum result settings_of(const struct settings *settings, struct buffer *to)
{
	struct settings_said said;
	const void *place = NULL;
	bool some = false;

	TRY(buffer_add(to, SLICE("settings\n")));
	while (settings && settings_next(settings, &place, &said))
		if (said.origin.file.len && report_concerns(said.section, said.name)) {
			TRY(setting_of(&said, to));
			some = true;
		}
	return some ? OK : buffer_add(to, SLICE("  the defaults\n"));
}

static enum result trace_of(const struct report *report, const struct trace *trace, struct buffer *to)
{
	TRY(line_of(report, trace, to));
	if (report->envelope.len)
		TRY(envelope_of(trace, to));
	TRY(buffer_add(to, SLICE("facts\n")));
	for (size_t i = 0; i < trace->findings.fact_count; i++)
		TRY(pair_of(to, trace->findings.facts[i].name, trace->findings.facts[i].value));
	TRY(tree_of(trace, to));
	TRY(answers_of(trace, to));
	TRY(report_fates(report, trace, to));
	return settings_of(report->settings, to);
}

enum result report_as(enum result (*form)(const struct report *, const struct trace *, struct buffer *),
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

enum result report_trace(const struct report *report, struct buffer *to)
{
	return report_as(trace_of, report, to);
}
