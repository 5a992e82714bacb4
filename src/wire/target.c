/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of target.h, and the check of a title, which is a target that can be connected to. */
#include "wire/target.h"

static const struct slice system_authorities = LIT("/etc/ssl/certs/ca-certificates.crt");

#define ROW(...) SETTINGS_ROW(target_settings, __VA_ARGS__)
static const struct setting rows[] = { TARGET_SETTINGS(ROW) };
#undef ROW

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	struct target target;

	if (name[0] != '\0' || (target_parse(value, &target) == OK && target.kind != TARGET_MAILDIR))
		return OK;
	TRY(buffer_format(complaint, "smtp://host:port, lmtp://host:port or lmtp:///socket is meant, as in deliver"));
	return REFUSED;
}

const struct settings_section target_settings_section = {
	.name = "target", .titled = true, .rows = rows, .row_count = COUNT_OF(rows),
	.size = sizeof(struct target_settings), .about = "what is asked of one of the targets that mail is delivered to",
	.check = check,
};

struct slice target_authorities(const struct target_settings *target)
{
	return target->ca.is.len ? target->ca.is : system_authorities;
}
