/* SPDX-License-Identifier: Apache-2.0 */
/* For each recipient: the outcome, the rules that held, what each asks for, what that will break, and the edits that came of
 * it with what they broke. */
#include "cli/compare.h"
#include "cli/report_inside.h"

/* As it would stand in the file. */
static enum result report_duration(struct buffer *to, uint32_t seconds)
{
	static const struct { uint32_t size; char letter; } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' } };

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (seconds && seconds % units[i].size == 0)
			return buffer_format(to, "%u%c", seconds / units[i].size, units[i].letter);
	return buffer_format(to, "%us", seconds);
}

enum result report_edits(const struct trace *trace, const struct fate *fate, struct edits *ret_edits)
{
	*ret_edits = (struct edits){ 0 };
	if (fate->edits == NO_EDITS || fate->edits >= trace->judgement.edits_count)
		return OK;
	return edits_unpack(trace->judgement.edits[fate->edits], trace->arena, ret_edits);
}

unsigned report_broken(const struct judgement *judgement, const struct fate *fate)
{
	bool known = judgement->broken && fate->edits < judgement->edits_count;

	return known ? judgement->broken[fate->edits] : BROKEN_UNKNOWN;
}

/* "policy spam (postern.conf:12)" */
static enum result rule_of(const struct report *report, const struct trace *trace, struct slice rule, struct buffer *to)
{
	struct slice origin = { 0 };

	TRY(buffer_add(to, SLICE(" by policy ")));
	TRY(rule.len ? report_shown(to, rule) : buffer_add(to, SLICE("(end of the list)")));
	if (report->settings)
		TRY(rule_origin(report->settings, rule, trace->arena, &origin));
	return origin.len ? buffer_format(to, " (%.*s)", SHOW(origin)) : OK;
}

static enum result seals_of_bits(unsigned bits, struct buffer *to)
{
	bool first = true;

	for (unsigned bit = 1; bit <= SEAL_ALL; bit <<= 1) {
		if (!(bits & bit))
			continue;
		TRY(buffer_format(to, "%s%s", first ? "" : ", ", seal_name((enum seal)bit)));
		first = false;
	}
	return OK;
}

static enum result deeds_of(const struct report *report, const struct trace *trace, const struct fate *fate, struct buffer *to)
{
	const struct deeds *deeds;

	if (fate->deeds == 0 || fate->deeds > trace->judgement.deeds_count)
		return OK;
	deeds = &trace->judgement.deeds[fate->deeds - 1];
	for (uint32_t i = 0; i < deeds->count; i++) {
		unsigned breaks = policy_breaks(&trace->findings, &deeds->list[i]);

		TRY(buffer_format(to, "      %s ", deed_name(deeds->list[i].kind)));
		TRY(report_shown(to, deeds->list[i].text));
		TRY(rule_of(report, trace, deeds->list[i].rule, to));
		TRY(buffer_add(to, deeds->list[i].profile.len ? SLICE(", in the words of profile ") : SLICE("")));
		TRY(report_shown(to, deeds->list[i].profile));
		TRY(buffer_add(to, breaks ? SLICE(", breaks ") : SLICE("")));
		TRY(seals_of_bits(breaks, to));
		TRY(buffer_add_byte(to, '\n'));
	}
	return OK;
}

/* "lifetime 2d, profile "students", postern.conf:40" */
static enum result times_of(const struct report *report, const struct trace *trace, const struct fate *fate, struct buffer *to)
{
	const struct times none = { 0 };
	const struct times *times = fate->times && fate->times <= trace->judgement.times_count
	                                    ? &trace->judgement.times[fate->times - 1] : &none;

	for (unsigned i = 0; i < TIME_KINDS; i++) {
		struct slice origin = { 0 };

		if (!times->list[i].said)
			continue;
		TRY(buffer_format(to, "      %s ", time_name((enum time_kind)i)));
		TRY(report_duration(to, times->list[i].seconds));
		TRY(buffer_add(to, SLICE(", profile \"")));
		TRY(report_shown(to, times->list[i].profile));
		TRY(buffer_add_byte(to, '"'));
		if (report->settings)
			TRY(time_origin(report->settings, (enum time_kind)i, times->list[i].profile, trace->arena, &origin));
		TRY(buffer_format(to, "%s%.*s\n", origin.len ? ", " : "", SHOW(origin)));
	}
	return OK;
}

static enum result matched_of(const struct trace *trace, const struct fate *fate, struct buffer *to)
{
	const struct titles *titles;

	if (fate->matched == 0 || fate->matched > trace->judgement.matched_count)
		return OK;
	titles = &trace->judgement.matched[fate->matched - 1];
	for (uint32_t i = 0; i < titles->count; i++) {
		TRY(buffer_add(to, i ? SLICE(", ") : SLICE("      matched: ")));
		TRY(report_shown(to, titles->list[i]));
	}
	return buffer_add_byte(to, '\n');
}

const struct policy *report_policy(const struct report *report, const struct trace *trace)
{
	const struct policy *policy = NULL;
	struct buffer complaint;

	if (report->settings == NULL)
		return NULL;
	buffer_init(&complaint, 4096);
	if (policy_compile(report->settings, trace->arena, &policy, &complaint) != OK)
		policy = NULL;
	buffer_finish(&complaint);
	return policy;
}

enum result report_because(const struct policy *policy, const struct trace *trace, uint32_t place, struct policy_fact **ret_facts,
                           size_t *ret_count)
{
	const struct policy_case of = { &trace->asked, &trace->findings, &trace->evidence, &trace->judgement };

	*ret_count = 0;
	return policy ? policy_because(policy, &of, place, trace->arena, ret_facts, ret_count) : OK;
}

/* "because: size 40960; header("X-A") one, two; listed("zen") not known" */
static enum result because_of(const struct policy *policy, const struct trace *trace, uint32_t place, struct buffer *to)
{
	struct policy_fact *facts;
	size_t count;

	TRY(report_because(policy, trace, place, &facts, &count));
	for (size_t i = 0; i < count; i++) {
		const struct policy_fact *fact = &facts[i];

		TRY(buffer_format(to, "%s%.*s", i ? "; " : "      because: ", SHOW(fact->name)));
		if (fact->argument.len)
			TRY(buffer_format(to, "(\"%.*s\")", SHOW(fact->argument)));
		for (size_t k = 0; k < fact->count; k++) {
			TRY(buffer_add(to, k ? SLICE(", ") : SLICE(" ")));
			TRY(report_cut(to, fact->values[k]));
		}
		TRY(buffer_add(to, fact->unknown ? SLICE(" not known") : fact->count == 0 ? SLICE(" nothing") : SLICE("")));
		TRY(buffer_add(to, fact->more ? SLICE(" ...") : SLICE("")));
	}
	return count ? buffer_add_byte(to, '\n') : OK;
}

/* What was made of the deeds, and what it broke. */
static enum result edits_of(const struct trace *trace, const struct fate *fate, struct buffer *to)
{
	unsigned broken = report_broken(&trace->judgement, fate);
	struct edits edits = { 0 };

	TRY(report_edits(trace, fate, &edits));
	for (size_t i = 0; i < edits.count; i++) {
		TRY(buffer_format(to, "      edit: at byte %llu, %llu left out, put in: ", (unsigned long long)edits.list[i].at,
		                  (unsigned long long)edits.list[i].drop));
		TRY(report_cut(to, edits.list[i].put));
		TRY(buffer_add_byte(to, '\n'));
	}
	if (edits.count == 0 || broken == BROKEN_UNKNOWN)
		return OK;
	TRY(buffer_add(to, broken ? SLICE("      broken: ") : SLICE("      broken: nothing that is signed")));
	TRY(seals_of_bits(broken, to));
	return buffer_add_byte(to, '\n');
}

static enum result fate_of(const struct report *report, const struct trace *trace, const struct policy *policy, uint32_t place,
                           struct buffer *to)
{
	const struct fate *fate = &trace->judgement.fates[place];

	TRY(buffer_format(to, "  %u", place + 1));
	if (place < trace->envelope.recipient_count) {
		TRY(buffer_add(to, SLICE(" ")));
		TRY(report_shown(to, trace->envelope.recipients[place].address));
	}
	TRY(buffer_format(to, ": %s", outcome_name(fate->outcome)));
	if (fate->kind.len)
		TRY(buffer_format(to, " (%.*s)", SHOW(fate->kind)));
	if (fate->reply.len) {
		TRY(buffer_add(to, SLICE(" ")));
		TRY(report_shown(to, fate->reply));
	}
	TRY(rule_of(report, trace, fate->rule, to));
	TRY(buffer_add_byte(to, '\n'));
	TRY(because_of(policy, trace, place, to));
	TRY(matched_of(trace, fate, to));
	TRY(times_of(report, trace, fate, to));
	TRY(deeds_of(report, trace, fate, to));
	return edits_of(trace, fate, to);
}

enum result report_fates(const struct report *report, const struct trace *trace, struct buffer *to)
{
	const struct policy *policy = report_policy(report, trace);

	TRY(buffer_add(to, SLICE("recipients\n")));
	for (uint32_t i = 0; i < trace->judgement.fate_count; i++)
		TRY(fate_of(report, trace, policy, i, to));
	return OK;
}
