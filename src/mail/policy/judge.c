/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the message are weighed once; then, for each recipient, each rule is asked until one is final. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

#include <string.h>

enum { REASON_MOST = 256 };

struct weighing {
	enum verdict verdict;
	struct slice who, what;                  /* the reason: "clamav" "Eicar-Test" */
};

static bool answered_before(const struct evidence *evidence, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (evidence->answers[i].kind == evidence->answers[place].kind &&
		    slice_same(evidence->answers[i].who, evidence->answers[place].who))
			return true;
	return false;
}

static const struct answer *first_that(const struct evidence *evidence, enum answer_end end)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].kind == ASK_SCANNERS && evidence->answers[i].end == end)
			return &evidence->answers[i];
	return NULL;
}

/* As many different scanners as are configured must have said "clean". */
static bool enough_answered(const struct evidence *evidence, unsigned scanners)
{
	unsigned clean = 0;

	for (size_t i = 0; i < evidence->count; i++)
		clean += evidence->answers[i].kind == ASK_SCANNERS && evidence->answers[i].end == ANSWER_CLEAN &&
		         !answered_before(evidence, i);
	return clean >= scanners;
}

static void unscannable(struct weighing *weighing, struct slice who, struct slice what)
{
	if (weighing->verdict != VERDICT_CLEAN)
		return;
	*weighing = (struct weighing){ VERDICT_UNSCANNABLE, who, what };
}

/* A virus that was found stands, whatever could not be read beside it. */
static void weigh_evidence(struct weighing *weighing, const struct evidence *evidence, unsigned scanners)
{
	const struct answer *found = first_that(evidence, ANSWER_FOUND), *failed = first_that(evidence, ANSWER_FAILED);

	if (found)
		*weighing = (struct weighing){ VERDICT_VIRUS, found->who, found->text };
	if (failed)
		unscannable(weighing, failed->who, failed->text);
	if (!enough_answered(evidence, scanners))
		unscannable(weighing, SLICE("scanners"), SLICE("not every scanner answered"));
}

static void weigh_findings(struct weighing *weighing, const struct findings *findings)
{
	for (size_t i = 0; i < findings->fact_count; i++)
		if (slice_same(findings->facts[i].name, SLICE("unscannable")))
			unscannable(weighing, SLICE("message"), findings->facts[i].value);
}

static void copy_plain(char *to, size_t *used, struct slice text)
{
	for (size_t i = 0; i < text.len && *used < REASON_MOST; i++)
		to[(*used)++] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
}

static enum result write_reason(const struct weighing *weighing, struct arena *arena, struct slice *ret_reason)
{
	char *text = arena_take(arena, REASON_MOST);
	size_t used = 0;

	if (text == NULL)
		return LATER;
	if (weighing->who.len) {
		copy_plain(text, &used, weighing->who);
		copy_plain(text, &used, SLICE(": "));
		copy_plain(text, &used, weighing->what);
	}
	*ret_reason = (struct slice){ text, used };
	return OK;
}

/* ---- one recipient ---- */

struct judging {
	const struct policy *policy;
	struct arena *arena;
	struct fact_context context;
	enum verdict verdict;
	struct judgement *judgement;
	struct asking asking;
	struct slice *profiles;                  /* room for the titles of those that hold */
};

/* What the rules that held asked for, in order; and which rules held, whether they asked for something new or not. */
struct collected {
	struct action *actions;
	const struct rule **rules;
	size_t count, room;
	struct slice *matched;
	uint32_t matched_count;
};

static struct slice kind_of(enum verdict verdict)
{
	if (verdict == VERDICT_VIRUS || verdict == VERDICT_UNSCANNABLE)
		return slice_of(verdict_name(verdict));
	return SLICE("policy");
}

static size_t action_total(const struct policy *policy)
{
	size_t total = 0;

	for (size_t i = 0; i < policy->count; i++)
		total += policy->rules[i].action_count;
	return total;
}

static void collect(struct collected *collected, const struct rule *rule)
{
	collected->matched[collected->matched_count++] = rule->title;
	for (size_t i = 0; i < rule->action_count; i++) {
		size_t before = 0;

		while (before < collected->count && !action_same_thing(&collected->actions[before], &rule->actions[i]))
			before++;
		if (before < collected->count || rule->actions[i].row->final || collected->count == collected->room)
			continue;
		collected->actions[collected->count] = rule->actions[i];
		collected->rules[collected->count++] = rule;
	}
}

/* Whose template a deed is written by. */
static struct slice profile_of(const struct judging *judging, const struct action *action)
{
	static const struct { enum deed_kind deed; const char *text; enum template_kind kind; } by_deed[] = {
		{ DEED_ATTACHMENT, "", TEMPLATE_ATTACHMENT }, { DEED_NOTIFY, "recipient", TEMPLATE_RECIPIENT },
		{ DEED_NOTIFY, "sender", TEMPLATE_SENDER },   { DEED_NOTIFY, NULL, TEMPLATE_ADDRESS },
	};

	if (action->row->deed == DEED_BANNER) {
		const struct profile *profile = profiles_for_banner(&judging->policy->profiles, &judging->context, action->text);

		return profile ? profile->title : SLICE("");
	}
	for (size_t i = 0; i < COUNT_OF(by_deed); i++) {
		const struct profile *profile;

		if (by_deed[i].deed != action->row->deed ||
		    (by_deed[i].text && !slice_same(action->text, slice_of(by_deed[i].text))))
			continue;
		profile = profiles_for(&judging->policy->profiles, &judging->context, by_deed[i].kind);
		return profile ? profile->title : SLICE("");
	}
	return SLICE("");
}

static bool same_deeds(const struct judging *judging, const struct deeds *deeds, const struct collected *collected)
{
	if (deeds->count != collected->count)
		return false;
	for (uint32_t i = 0; i < deeds->count; i++)
		if (deeds->list[i].kind != collected->actions[i].row->deed ||
		    !slice_same(deeds->list[i].text, collected->actions[i].text) ||
		    !slice_same(deeds->list[i].rule, collected->rules[i]->title) ||
		    !slice_same(deeds->list[i].profile, profile_of(judging, &collected->actions[i])))
			return false;
	return true;
}

static enum result new_deeds(struct judging *judging, const struct collected *collected)
{
	struct deeds *deeds = &judging->judgement->deeds[judging->judgement->deeds_count];

	deeds->list = arena_array(judging->arena, struct deed, collected->count);
	if (deeds->list == NULL)
		return LATER;
	deeds->count = (uint32_t)collected->count;
	for (uint32_t i = 0; i < deeds->count; i++)
		deeds->list[i] = (struct deed){ collected->actions[i].row->deed, collected->actions[i].text,
			                        collected->rules[i]->title, profile_of(judging, &collected->actions[i]) };
	judging->judgement->deeds_count++;
	return OK;
}

/* Recipients with the same deeds share them. */
static enum result give_deeds(struct judging *judging, const struct collected *collected, struct fate *fate)
{
	struct judgement *judgement = judging->judgement;

	if (collected->count == 0)
		return OK;
	for (fate->deeds = 1; fate->deeds <= judgement->deeds_count; fate->deeds++)
		if (same_deeds(judging, &judgement->deeds[fate->deeds - 1], collected))
			return OK;
	return new_deeds(judging, collected);
}

static bool same_titles(const struct titles *titles, const struct collected *collected)
{
	if (titles->count != collected->matched_count)
		return false;
	for (uint32_t i = 0; i < titles->count; i++)
		if (titles->list[i].at != collected->matched[i].at)      /* of the same policy */
			return false;
	return true;
}

/* Recipients for whom the same rules held share the list of them. */
static enum result give_matched(struct judging *judging, const struct collected *collected, struct fate *fate)
{
	struct judgement *judgement = judging->judgement;
	struct titles *titles;

	if (collected->matched_count == 0)
		return OK;
	for (fate->matched = 1; fate->matched <= judgement->matched_count; fate->matched++)
		if (same_titles(&judgement->matched[fate->matched - 1], collected))
			return OK;
	titles = &judgement->matched[judgement->matched_count];
	titles->list = arena_array(judging->arena, struct slice, collected->matched_count);
	if (titles->list == NULL)
		return LATER;
	memcpy(titles->list, collected->matched, collected->matched_count * sizeof(*titles->list));
	titles->count = collected->matched_count;
	judgement->matched_count++;
	return OK;
}

/* Recipients for whom the same profiles say the same share it. */
static void give_times(struct judging *judging, struct fate *fate)
{
	static const struct times none;
	struct judgement *judgement = judging->judgement;
	struct times times;

	profiles_times(&judging->policy->profiles, &judging->context, &times);
	if (times_same(&times, &none))
		return;
	for (fate->times = 1; fate->times <= judgement->times_count; fate->times++)
		if (times_same(&judgement->times[fate->times - 1], &times))
			return;
	judgement->times[judgement->times_count++] = times;
}

static void end_search(const struct judging *judging, const struct rule *rule, struct fate *fate)
{
	const struct action *last = &rule->actions[rule->action_count - 1];

	fate->outcome = last->row->outcome;
	fate->rule = rule->title;
	fate->reply = last->text;
	if (fate->outcome == FATE_QUARANTINE)
		fate->kind = kind_of(judging->verdict);
}

struct slice rule_doubted(unsigned doubts)
{
	return doubts & DOUBT_KEEPER ? SLICE("451 4.7.1 what is known of the sender cannot be looked up now")
	                             : SLICE("451 4.7.1 a list in the DNS does not answer");
}

/* A rule that could not be decided may be the one that would have kept it away. Where nothing but lists in the DNS or the
 * keeper did not answer, they may do so later. */
static void give_up(struct judging *judging, const struct rule *rule, struct fate *fate)
{
	struct judgement *judgement = judging->judgement;

	if (!(judging->asking.doubts & DOUBT_PATTERN)) {
		*fate = (struct fate){ .outcome = FATE_DEFER, .rule = rule->title, .edits = NO_EDITS, .notices = fate->notices,
			               .reply = rule_doubted(judging->asking.doubts), .times = fate->times };
		return;
	}
	*fate = (struct fate){ .outcome = FATE_QUARANTINE, .rule = rule->title, .kind = SLICE("unscannable"), .edits = NO_EDITS,
	                       .notices = fate->notices, .times = fate->times };
	if (judgement->verdict != VERDICT_CLEAN)
		return;
	judgement->verdict = VERDICT_UNSCANNABLE;
	judgement->reason = SLICE("policy: a pattern hit its limits");
}

static const struct rule no_rule = { .title = LIT(RULE_OF_PROFILES) };

static enum result judge_recipient(struct judging *judging, struct collected *collected, struct fate *fate)
{
	*fate = (struct fate){ .outcome = FATE_DELIVER, .edits = NO_EDITS };
	collected->count = 0;
	collected->matched_count = 0;
	if (profiles_match(&judging->policy->profiles, &judging->context, judging->profiles, &judging->asking) == HOLDS_UNKNOWN) {
		give_up(judging, &no_rule, fate);
		return OK;
	}
	fate->notices = profiles_notices(&judging->policy->profiles, &judging->context);
	give_times(judging, fate);
	for (size_t i = 0; i < judging->policy->count; i++) {
		const struct rule *rule = &judging->policy->rules[i];
		enum holds holds = expression_decides(rule->when, &judging->context, &judging->asking);

		if (holds == HOLDS_NO)
			continue;
		if (holds == HOLDS_UNKNOWN) {
			give_up(judging, rule, fate);
			return OK;
		}
		collect(collected, rule);
		if (!rule_is_final(rule))
			continue;
		end_search(judging, rule, fate);
		break;
	}
	TRY(give_matched(judging, collected, fate));
	return give_deeds(judging, collected, fate);
}

static enum result judge_all(struct judging *judging, const struct envelope *envelope)
{
	size_t room = action_total(judging->policy);
	struct collected collected = {
		.actions = arena_array(judging->arena, struct action, room),
		.rules = arena_array(judging->arena, const struct rule *, room),
		.room = room,
		.matched = arena_array(judging->arena, struct slice, judging->policy->count),
	};
	struct judgement *judgement = judging->judgement;

	judging->profiles = arena_array(judging->arena, struct slice, judging->policy->profiles.count);
	judgement->fates = arena_array(judging->arena, struct fate, judgement->fate_count);
	judgement->deeds = arena_array(judging->arena, struct deeds, judgement->fate_count);
	judgement->matched = arena_array(judging->arena, struct titles, judgement->fate_count);
	judgement->times = arena_array(judging->arena, struct times, judgement->fate_count);
	if (judging->profiles == NULL || collected.actions == NULL || collected.rules == NULL || collected.matched == NULL ||
	    judgement->fates == NULL || judgement->deeds == NULL || judgement->matched == NULL ||
	    judgement->times == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->fate_count; i++) {
		judging->context.recipient = &envelope->recipients[i];
		TRY(judge_recipient(judging, &collected, &judgement->fates[i]));
	}
	return OK;
}

enum result policy_judge(const struct policy *policy, unsigned scanners, const struct envelope *envelope,
                         const struct findings *findings, const struct evidence *evidence, struct arena *arena,
                         struct judgement *ret_judgement)
{
	struct judgement judgement = { .fate_count = envelope->recipient_count };
	struct weighing weighing = { .verdict = VERDICT_CLEAN };
	char scratch[FACT_SCRATCH];
	enum result result;
	struct judging judging = { .policy = policy, .arena = arena, .judgement = &judgement,
		                   .context = { .envelope = envelope, .findings = findings, .evidence = evidence,
		                                .dnsbls = &policy->dnsbls, .scratch = scratch } };

	weigh_evidence(&weighing, evidence, scanners);
	weigh_findings(&weighing, findings);
	judging.verdict = judgement.verdict = weighing.verdict;
	TRY(write_reason(&weighing, arena, &judgement.reason));
	if (weighing.verdict == VERDICT_VIRUS)
		judging.context.virus = judgement.reason;
	if (weighing.verdict == VERDICT_UNSCANNABLE)
		judging.context.unscannable = judgement.reason;
	asking_begin(&judging.asking);
	result = judge_all(&judging, envelope);
	asking_finish(&judging.asking);
	if (result == OK)
		*ret_judgement = judgement;
	return result;
}
