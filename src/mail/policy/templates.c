/* SPDX-License-Identifier: Apache-2.0 */
/* A table of names with their standard words; what the file says takes their place. */
#include "mail/policy/templates.h"

#include "mail/policy/lines.h"
#include "mail/policy/policy.h"

#define KNOWN_AS "The message is known at %hostname% as %id%.\n"

static const struct { struct slice name; struct template standard; } kinds[TEMPLATE_KINDS] = {
	[TEMPLATE_ATTACHMENT] = { LIT("attachment"), { LIT(""), LIT("The message is attached as it was received.\n") } },
	[TEMPLATE_RECIPIENT] = { LIT("recipient"), { LIT("A message for you was stopped by a rule"),
		LIT("A rule of the mail gateway %hostname% applies to a message for you.\n\n"
		    "Sender:  %sender%\nSubject: %subject%\nRule:    %rule%\nReason:  %reason%\nOutcome: %action%\n\n" KNOWN_AS) } },
	[TEMPLATE_SENDER] = { LIT("sender"), { LIT("Your message was stopped by a rule"),
		LIT("A rule of the mail gateway %hostname% applies to your message.\n\n"
		    "Recipients: %recipients%\nSubject:    %subject%\nRule:       %rule%\nReason:     %reason%\n"
		    "Outcome:    %action%\n\n" KNOWN_AS) } },
	[TEMPLATE_ADDRESS] = { LIT("address"), { LIT("Rule %rule%: %subject%"),
		LIT("A rule of the mail gateway %hostname% applies to a message.\n\n"
		    "Sender:     %sender%\nRecipients: %recipients%\nSubject:    %subject%\nRule:       %rule%\n"
		    "Reason:     %reason%\nOutcome:    %action%\n\n" KNOWN_AS) } },
};

enum template_kind templates_kind(struct slice name)
{
	unsigned kind = 0;

	while (kind < TEMPLATE_KINDS && !slice_same(kinds[kind].name, name))
		kind++;
	return (enum template_kind)kind;
}

/* ---- the section ---- */

#define ROW(...) SETTINGS_ROW(template_settings, __VA_ARGS__)
static const struct setting rows[] = { TEMPLATE_SETTINGS(ROW) };

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	if (name[0] != '\0')
		return template_check(value, complaint);
	if (templates_kind(value) < TEMPLATE_KINDS)
		return OK;
	(void)!buffer_add(complaint, SLICE("the templates are \"attachment\", \"recipient\", \"sender\" and \"address\""));
	return REFUSED;
}

const struct settings_section template_settings_section = {
	.name = "template",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct template_settings),
	.about = "what the notices of `notify` say, and `as attachment`; in any language, as UTF-8",
	.check = check,
};

/* ---- compiling ---- */

static enum result put(const struct template_settings *filled, struct arena *arena, struct template *template)
{
	if (filled->subject.is.len)
		TRY(arena_keep(arena, filled->subject.is, &template->subject));
	return filled->text.count ? lines_join(arena, &filled->text, &template->text) : OK;
}

enum result templates_compile(struct settings *settings, struct arena *arena, struct templates *ret_templates)
{
	struct templates templates;

	for (size_t i = 0; i < TEMPLATE_KINDS; i++) {
		struct template_settings filled;

		templates.list[i] = kinds[i].standard;
		TRY(settings_fill(settings, &template_settings_section, kinds[i].name, &filled));
		TRY(put(&filled, arena, &templates.list[i]));
	}
	*ret_templates = templates;
	return OK;
}

enum result templates_put_over(struct settings *settings, struct slice profile, struct arena *arena,
                               struct templates *templates, bool ret_has[TEMPLATE_KINDS])
{
	for (size_t i = 0; i < TEMPLATE_KINDS; i++) {
		struct template_settings filled = { 0 };

		TRY(settings_fill_over(settings, &template_settings_section, "profile", profile, kinds[i].name, &filled));
		ret_has[i] = filled.subject.is.len || filled.text.count;
		TRY(put(&filled, arena, &templates->list[i]));
	}
	return OK;
}

const struct template *templates_find(const struct templates *templates, struct slice name)
{
	enum template_kind kind = templates_kind(name);

	return kind < TEMPLATE_KINDS ? &templates->list[kind] : NULL;
}
