/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of relay.h, and checks of the values with a grammar of their own. */
#include "relay/relay.h"

#include "wire/gateway.h"

#define ROW(...) SETTINGS_ROW(relay_settings, __VA_ARGS__)
static const struct setting rows[] = { RELAY_SETTINGS(ROW) };
#undef ROW

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	struct target target;

	if (strcmp(name, "relayhost") != 0 || value.len == 0)
		return OK;
	if (target_parse(value, &target) == OK && target.kind == TARGET_SMTP)
		return OK;
	TRY(buffer_format(complaint, "relayhost is smtp://host or smtp://host:port"));
	return REFUSED;
}

const struct settings_section relay_settings_section = {
	.name = "relay", .rows = rows, .row_count = COUNT_OF(rows), .size = sizeof(struct relay_settings),
	.about = "delivering: connections, waiting, time-outs", .check = check,
};

const struct counter relay_counters[] = { RELAY_COUNTERS(COUNTER_ROW) };
const unsigned relay_counter_count = COUNT_OF(relay_counters);
