/* SPDX-License-Identifier: Apache-2.0 */
/* The section, its checks, and compiling: rules in the order of the file. */
#include "mail/policy/policy.h"

#include "mail/policy/rule.h"

enum { CHECK_BYTES = 256 << 10, RULES_MOST = 1000, TITLE_MOST = 128 };

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

	return expression_compile(text, NULL, arena, &expression, complaint);
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

static enum result no_action(struct buffer *complaint)
{
	(void)!buffer_format(complaint, "no `do`, so it would do nothing");
	return REFUSED;
}

bool rule_is_final(const struct rule *rule)
{
	return rule->action_count && rule->actions[rule->action_count - 1].row->final;
}

static enum result check_banner(const struct banners *banners, const struct action *action, struct buffer *complaint)
{
	if (action->row->final || action->row->deed != DEED_BANNER || banners_find(banners, action->text))
		return OK;
	(void)!buffer_format(complaint, "no section banner \"%.*s\" stands in the file", SHOW(action->text));
	return REFUSED;
}

/* Each action is looked at, so that a mistake behind the first final one is not passed over. */
static enum result compile_actions(const struct list *list, const struct banners *banners, struct arena *arena,
                                   struct rule *rule, struct buffer *complaint)
{
	if (list->count == 0)
		return no_action(complaint);
	rule->actions = arena_array(arena, struct action, list->count);
	if (rule->actions == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++) {
		struct action action;

		TRY(action_compile(list->items[i], arena, &action, complaint));
		TRY(check_banner(banners, &action, complaint));
		if (!rule_is_final(rule))
			rule->actions[rule->action_count++] = action;
	}
	return OK;
}

static enum result compile_rule(const struct policy_settings *settings, const struct named_lists *lists,
                                const struct banners *banners, struct arena *arena, struct rule *rule, struct buffer *complaint)
{
	if (settings->when.is.len)
		TRY(expression_compile(settings->when.is, lists, arena, &rule->when, complaint));
	return compile_actions(&settings->do_, banners, arena, rule, complaint);
}

/* What the settings hold ends at a reload: texts are kept in the policy's own arena. */
static enum result compile_section(struct settings *settings, const struct named_lists *lists, const struct banners *banners,
                                   struct slice title, struct arena *arena, struct rule *rule, struct buffer *complaint)
{
	struct policy_settings filled;

	TRY(settings_fill(settings, &policy_settings_section, title, &filled));
	TRY(arena_keep(arena, title, &rule->title));
	return compile_rule(&filled, lists, banners, arena, rule, complaint);
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
		TRY(compile_rule(&rule, NULL, &policy->banners, arena, &policy->rules[i], complaint));
	}
	policy->count = COUNT_OF(names);
	return OK;
}

static enum result written_rules(struct settings *settings, const struct named_lists *lists, struct arena *arena,
                                 struct policy *policy, struct buffer *complaint)
{
	policy->rules = arena_array(arena, struct rule, policy->count);
	if (policy->rules == NULL)
		return LATER;
	for (size_t i = 0; i < policy->count; i++) {
		struct slice title = settings_title(settings, "policy", i);
		enum result result = compile_section(settings, lists, &policy->banners, title, arena, &policy->rules[i], complaint);

		if (result == REFUSED)
			(void)!buffer_format(complaint, " (in policy \"%.*s\")", SHOW(title));
		TRY(result);
	}
	return OK;
}

static void mark_used(struct policy *policy)
{
	for (size_t i = 0; i < policy->asked.count; i++) {
		struct dnsbl *dnsbl = policy->asked.list[i].row->named ? dnsbls_find(&policy->dnsbls, policy->asked.list[i].argument) : NULL;

		if (dnsbl)
			dnsbl->used = true;
	}
}

enum result policy_compile(struct settings *settings, struct arena *arena, const struct policy **ret_policy,
                           struct buffer *complaint)
{
	struct policy *policy = arena_new(arena, struct policy);
	struct named_lists lists;

	if (policy == NULL)
		return LATER;
	policy->count = settings_title_count(settings, "policy");
	if (policy->count > RULES_MOST) {
		(void)!buffer_format(complaint, "more than %d policies", RULES_MOST);
		return REFUSED;
	}
	TRY(lists_compile(settings, arena, &lists));
	TRY(dnsbls_compile(settings, arena, &policy->dnsbls, complaint));
	lists.dnsbls = &policy->dnsbls;
	TRY(templates_compile(settings, arena, &policy->templates));
	TRY(banners_compile(settings, arena, &policy->banners, complaint));
	TRY(profiles_compile(settings, &lists, &policy->templates, &policy->banners, arena, &policy->profiles, complaint));
	if (policy->count == 0)
		TRY(standard_rules(arena, policy, complaint));
	else
		TRY(written_rules(settings, &lists, arena, policy, complaint));
	TRY(asked_compile(policy, arena, &policy->asked, complaint));
	mark_used(policy);
	*ret_policy = policy;
	return OK;
}

const struct template *policy_template(const struct policy *policy, struct slice profile, struct slice name)
{
	const struct profile *found = profile.len ? profiles_find(&policy->profiles, profile) : NULL;
	const struct templates *templates = found ? &found->templates : &policy->templates;

	return templates_find(templates, name);
}

/* ---- the tables, for people ---- */

enum result policy_describe_facts(struct buffer *to)
{
	for (size_t i = 0; i < fact_row_count; i++) {
		const struct fact_row *row = &fact_rows[i];

		TRY(buffer_format(to, "%-16s %-10s %s%s%s\n", row->name, fact_type_name(row->type), row->about,
		                  row->words ? ": " : "", row->words ? row->words : ""));
	}
	return OK;
}

enum result policy_describe_actions(struct buffer *to)
{
	for (size_t i = 0; i < action_row_count; i++) {
		const struct action_row *row = &action_rows[i];

		TRY(buffer_format(to, "%-14s %-12s %s%s\n", row->name, row->takes, row->final ? "final: " : "", row->about));
	}
	return OK;
}
