/* SPDX-License-Identifier: Apache-2.0 */
/* The rows, and the two grammars that only this room knows: a scanner's name, and an address with a port. */
#include "scanners/scanners.h"
#include "scanners/target.h"
#include "wire/inspect-scanners.h"

#define ROW(...) SETTINGS_ROW(scanner_settings, __VA_ARGS__)
static const struct setting rows[] = { SCANNER_SETTINGS(ROW) };
#undef ROW

enum { NAME_MOST = 64 };

static enum result complain(struct buffer *complaint, const char *why)
{
	TRY(buffer_format(complaint, "%s", why));
	return REFUSED;
}

static bool good_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!byte_is_letter(name.at[i]) && !byte_is_digit(name.at[i]) && name.at[i] != '-' &&
		    name.at[i] != '_' && name.at[i] != '.')
			return false;
	return name.len > 0 && name.len <= NAME_MOST;
}

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	struct target target;

	if (name[0] == '\0' && !good_name(value))
		return complain(complaint, "a scanner's name is letters, digits, '.', '-' and '_'");
	if (strcmp(name, "address") == 0 && target_from_address(value, &target) != OK)
		return complain(complaint, "an address is IP:PORT, such as 127.0.0.1:3310 or [::1]:3310");
	if (strcmp(name, "socket") == 0 && target_from_path(value, &target) != OK)
		return complain(complaint, "the path of a UNIX socket has at most 107 bytes");
	return OK;
}

const struct settings_section scanner_settings_section = {
	.name = "scanner",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct scanner_settings),
	.about = "A virus scanner; all that are configured are asked about each message.",
	.check = check,
};

const struct counter scanners_counters[] = { SCANNERS_COUNTERS(COUNTER_ROW) };
const unsigned scanners_counter_count = COUNT_OF(scanners_counters);
