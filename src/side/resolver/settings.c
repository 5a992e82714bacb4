/* SPDX-License-Identifier: Apache-2.0 */
/* The rows, and how a name server is written. */
#include "resolver/resolver.h"
#include "resolver/servers.h"

#define ROW(...) SETTINGS_ROW(resolver_settings, __VA_ARGS__)
static const struct setting rows[] = { RESOLVER_SETTINGS(ROW) };
#undef ROW

static enum result complain(struct buffer *complaint, const char *why)
{
	TRY(buffer_format(complaint, "%s", why));
	return REFUSED;
}

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	char server[SERVER_TEXT], zone[ZONE_TEXT];

	if (strcmp(name, "servers") == 0 && !slice_same(value, SLICE("recursive")) && server_text(value, server) != OK)
		return complain(complaint, "a name server is IP or IP@PORT, or \"recursive\" alone");
	if (strcmp(name, "stubs") == 0 && stub_text(value, zone, server) != OK)
		return complain(complaint, "a stub is ZONE@IP or ZONE@IP:PORT");
	return OK;
}

const struct settings_section resolver_settings_section = {
	.name = "resolver",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct resolver_settings),
	.about = "The resolver: it asks the DNS for all the others, and remembers the answers.",
	.check = check,
};

const struct counter resolver_counters[] = { RESOLVER_COUNTERS(COUNTER_ROW) };
const unsigned resolver_counter_count = COUNT_OF(resolver_counters);
