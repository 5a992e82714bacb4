/* SPDX-License-Identifier: Apache-2.0 */
/* Policy is compiled as inspect will do it; what it complains of is found again in the file by its title. */
#include "supervisor/schema_checks.h"

#include "inspect/inspect.h"
#include "mail/policy/policy.h"

#include <stdio.h>
#include <string.h>

/* Where the section stands that a complaint names by its title. */
static struct settings_origin section_named(const struct checking *checking, const char *section, struct slice line)
{
	char named[256];

	for (size_t i = 0; i < settings_title_count(checking->settings, section); i++) {
		struct slice title = settings_title(checking->settings, section, i);

		(void)snprintf(named, sizeof(named), "%s \"%.*s\"", section, SHOW(title));
		if (memmem(line.at, line.len, named, strlen(named)))
			return settings_origin_of(checking->settings, section, title, "");
	}
	return (struct settings_origin){ 0 };
}

/* Each line of `what` with file and line before it. */
static enum result complain_lines(struct checking *checking, struct slice what)
{
	while (what.len) {
		struct slice line = slice_cut(&what, '\n');
		struct settings_origin origin = section_named(checking, "policy", line);

		if (origin.line == 0)
			origin = section_named(checking, "profile", line);
		if (origin.line == 0)
			origin = section_named(checking, "banner", line);
		if (origin.line)
			TRY(buffer_format(checking->complaints, "%.*s:%u: %.*s\n", SHOW(origin.file), origin.line, SHOW(line)));
		else
			TRY(buffer_format(checking->complaints, "%s: %.*s\n", checking->file, SHOW(line)));
	}
	return REFUSED;
}

/* What nobody asks never answers: all mail that a rule asks it about would be put off, for ever. */
static enum result check_lists(struct checking *checking, const struct policy *policy)
{
	struct settings_origin origin = settings_origin_of(checking->settings, "inspect", SLICE(""), "dnsbls");
	struct slice list = policy_waiting_list(policy);
	struct inspect_settings inspect;

	TRY(settings_fill(checking->settings, &inspect_settings_section, SLICE(""), &inspect));
	if (inspect.dnsbls.on || list.len == 0)
		return OK;
	TRY(buffer_format(checking->complaints, "%.*s:%u: inspect dnsbls = no, but rules ask dnsbl \"%.*s\", whose unanswered = defer "
	                  "would put all that mail off: skip or unlisted is meant there\n", SHOW(origin.file), origin.line, SHOW(list)));
	return REFUSED;
}

enum result schema_check_policy(struct checking *checking)
{
	const struct policy *compiled;
	struct arena arena;
	struct buffer complaint;
	enum result result;

	arena_init(&arena, 16 << 20);
	buffer_init(&complaint, 4096);
	result = policy_compile(checking->settings, &arena, &compiled, &complaint);
	if (result == OK)
		result = check_lists(checking, compiled);
	if (result == OK)
		result = policy_unreached(compiled, &complaint);
	if (buffer_length(&complaint))
		result = complain_lines(checking, buffer_slice(&complaint));
	buffer_finish(&complaint);
	arena_finish(&arena);
	return result;
}
