/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in order of the file; facts become bits once a message, then each rule is asked until one is final. */
#include "mail/policy/policy.h"

#include "mail/policy/action.h"
#include "mail/policy/expression.h"

enum { CHECK_BYTES = 64 << 10, REASON_MOST = 256, RULES_MOST = 1000, TITLE_MOST = 128 };

struct rule {
	struct slice title;
	const struct expression *when;
	struct action final;
};

struct policy {
	struct rule *rules;
	size_t count;
};

#define ROW(...) SETTINGS_ROW(policy_settings, __VA_ARGS__)
static const struct setting rows[] = { POLICY_SETTINGS(ROW) };

/* ---- the check of the file ---- */

static enum result check_title(struct slice title, struct arena *arena, struct buffer *complaint)
{
	(void)arena;
	for (size_t i = 0; i < title.len; i++)
		if (title.at[i] < ' ' || title.at[i] > '~')
			title.len = 0;
	if (title.len && title.len <= TITLE_MOST)
		return OK;
	(void)!buffer_format(complaint, "a title is 1 to %d characters of printable ASCII", TITLE_MOST);
	return REFUSED;
}

static enum result check_when(struct slice text, struct arena *arena, struct buffer *complaint)
{
	const struct expression *expression;

	return expression_compile(text, arena, &expression, complaint);
}

static enum result check_do(struct slice text, struct arena *arena, struct buffer *complaint)
{
	struct action action;

	return action_compile(text, arena, &action, complaint);
}

static const struct {
	struct slice name;
	enum result (*check)(struct slice value, struct arena *arena, struct buffer *complaint);
} checks[] = { { LIT(""), check_title }, { LIT("when"), check_when }, { LIT("do"), check_do } };

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	enum result result = OK;
	struct arena arena;

	arena_init(&arena, CHECK_BYTES);
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (slice_same(slice_of(name), checks[i].name))
			result = checks[i].check(value, &arena, complaint);
	arena_finish(&arena);
	return result == OK ? OK : REFUSED;
}

const struct settings_section policy_settings_section = {
	.name = "policy",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct policy_settings),
	.about = "what is done with a message when facts hold; tried in order, the first final action stands",
	.check = check,
};

/* ---- compiling ---- */

static enum result no_action(struct slice title, struct buffer *complaint)
{
	(void)!buffer_format(complaint, "policy \"%.*s\" has no `do`, so it would do nothing", SHOW(title));
	return REFUSED;
}

/* Each action is looked at, so that a mistake behind the first is not passed over; the first stands. */
static enum result compile_actions(const struct list *list, struct arena *arena, struct rule *rule,
                                   struct buffer *complaint)
{
	struct action action;

	if (list->count == 0)
		return no_action(rule->title, complaint);
	for (size_t i = list->count; i-- > 0;)
		TRY(action_compile(list->items[i], arena, &action, complaint));
	rule->final = action;
	return OK;
}

static enum result compile_rule(const struct policy_settings *settings, struct arena *arena, struct rule *rule,
                                struct buffer *complaint)
{
	if (settings->when.is.len)
		TRY(expression_compile(settings->when.is, arena, &rule->when, complaint));
	return compile_actions(&settings->do_, arena, rule, complaint);
}

/* What the settings hold ends at a reload: texts are kept in the policy's own arena. */
static enum result compile_section(struct settings *settings, struct slice title, struct arena *arena,
                                   struct rule *rule, struct buffer *complaint)
{
	struct policy_settings filled;

	TRY(settings_fill(settings, &policy_settings_section, title, &filled));
	TRY(arena_keep(arena, title, &rule->title));
	return compile_rule(&filled, arena, rule, complaint);
}

static enum result standard_rules(struct arena *arena, struct policy *policy, struct buffer *complaint)
{
	static const struct slice names[] = { LIT("virus"), LIT("unscannable") };
	static const struct slice quarantine = LIT("quarantine");
	const struct list actions = { &quarantine, 1 };

	policy->rules = arena_array(arena, struct rule, COUNT_OF(names));
	if (policy->rules == NULL)
		return LATER;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct policy_settings rule = { .when = { names[i] }, .do_ = actions };

		policy->rules[i].title = names[i];
		TRY(compile_rule(&rule, arena, &policy->rules[i], complaint));
	}
	policy->count = COUNT_OF(names);
	return OK;
}

static enum result written_rules(struct settings *settings, struct arena *arena, struct policy *policy,
                                 struct buffer *complaint)
{
	policy->rules = arena_array(arena, struct rule, policy->count);
	if (policy->rules == NULL)
		return LATER;
	for (size_t i = 0; i < policy->count; i++)
		TRY(compile_section(settings, settings_title(settings, "policy", i), arena, &policy->rules[i],
				    complaint));
	return OK;
}

enum result policy_compile(struct settings *settings, struct arena *arena, const struct policy **ret_policy,
                           struct buffer *complaint)
{
	struct policy *policy = arena_new(arena, struct policy);

	if (policy == NULL)
		return LATER;
	policy->count = settings_title_count(settings, "policy");
	if (policy->count > RULES_MOST) {
		(void)!buffer_format(complaint, "more than %d policies", RULES_MOST);
		return REFUSED;
	}
	if (policy->count == 0)
		TRY(standard_rules(arena, policy, complaint));
	else
		TRY(written_rules(settings, arena, policy, complaint));
	*ret_policy = policy;
	return OK;
}

/* ---- judging ---- */

struct weighing {
	unsigned facts;
	struct slice who, what;                  /* the reason: "clamav" "Eicar-Test" */
};

static bool answered_before(const struct evidence *evidence, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (slice_same(evidence->answers[i].who, evidence->answers[place].who))
			return true;
	return false;
}

static const struct answer *first_that(const struct evidence *evidence, enum answer_end end)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].end == end)
			return &evidence->answers[i];
	return NULL;
}

/* As many different scanners as are configured must have said "clean". */
static bool enough_answered(const struct evidence *evidence, unsigned scanners)
{
	unsigned clean = 0;

	for (size_t i = 0; i < evidence->count; i++)
		clean += evidence->answers[i].end == ANSWER_CLEAN && !answered_before(evidence, i);
	return clean >= scanners;
}

static void unscannable(struct weighing *weighing, struct slice who, struct slice what)
{
	if (weighing->facts & (FACT_BIT(virus) | FACT_BIT(unscannable)))
		return;
	weighing->facts |= FACT_BIT(unscannable);
	weighing->who = who;
	weighing->what = what;
}

/* A virus that was found stands, whatever could not be read beside it. */
static void weigh_evidence(struct weighing *weighing, const struct evidence *evidence, unsigned scanners)
{
	const struct answer *found = first_that(evidence, ANSWER_FOUND), *failed = first_that(evidence, ANSWER_FAILED);

	if (found) {
		weighing->facts |= FACT_BIT(virus);
		weighing->who = found->who;
		weighing->what = found->text;
	}
	if (failed)
		unscannable(weighing, failed->who, failed->text);
	if (!enough_answered(evidence, scanners))
		unscannable(weighing, SLICE("scanners"), SLICE("not every scanner answered"));
}

static void weigh_findings(struct weighing *weighing, const struct findings *findings)
{
	for (size_t i = 0; i < findings->fact_count; i++) {
		const struct fact *fact = &findings->facts[i];

		if (slice_same(fact->name, SLICE("unscannable")))
			unscannable(weighing, SLICE("message"), fact->value);
		else if (slice_same(fact->name, SLICE("ambiguous")))
			weighing->facts |= FACT_BIT(ambiguous);
	}
}

static void weigh_envelope(struct weighing *weighing, const struct envelope *envelope)
{
	if (envelope->flags & ENVELOPE_TRUSTED)
		weighing->facts |= FACT_BIT(trusted);
	if (envelope->flags & ENVELOPE_AUTHENTICATED)
		weighing->facts |= FACT_BIT(authenticated);
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

static struct slice kind_of(unsigned facts)
{
	if (facts & FACT_BIT(virus))
		return SLICE("virus");
	return facts & FACT_BIT(unscannable) ? SLICE("unscannable") : SLICE("policy");
}

static struct fate decide(const struct policy *policy, unsigned facts)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct rule *rule = &policy->rules[i];
		struct fate fate = { rule->final.outcome, rule->title, { 0 }, rule->final.reply, NO_EDITS };

		if (!expression_holds(rule->when, facts))
			continue;
		if (fate.outcome == FATE_QUARANTINE)
			fate.kind = kind_of(facts);
		return fate;
	}
	return (struct fate){ .outcome = FATE_DELIVER, .edits = NO_EDITS };
}

static enum verdict verdict_of(unsigned facts)
{
	if (facts & FACT_BIT(virus))
		return VERDICT_VIRUS;
	return facts & FACT_BIT(unscannable) ? VERDICT_UNSCANNABLE : VERDICT_CLEAN;
}

enum result policy_judge(const struct policy *policy, unsigned scanners, const struct envelope *envelope,
                         const struct findings *findings, const struct evidence *evidence, struct arena *arena,
                         struct judgement *ret_judgement)
{
	struct judgement judgement = { .fate_count = envelope->recipient_count };
	struct weighing weighing = { 0 };
	struct fate fate;

	weigh_evidence(&weighing, evidence, scanners);
	weigh_findings(&weighing, findings);
	weigh_envelope(&weighing, envelope);
	judgement.verdict = verdict_of(weighing.facts);
	TRY(write_reason(&weighing, arena, &judgement.reason));
	judgement.fates = arena_array(arena, struct fate, judgement.fate_count);
	if (judgement.fates == NULL)
		return LATER;
	fate = decide(policy, weighing.facts);           /* no fact of today differs between recipients */
	for (uint32_t i = 0; i < judgement.fate_count; i++)
		judgement.fates[i] = fate;
	*ret_judgement = judgement;
	return OK;
}
