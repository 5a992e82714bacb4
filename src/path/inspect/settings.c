/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of inspect.h, laid out as tables. */
#include "inspect/inspect.h"

#define ROW(...) SETTINGS_ROW(inspect_settings, __VA_ARGS__)
static const struct setting rows[] = { INSPECT_SETTINGS(ROW) };

const struct settings_section inspect_settings_section = {
	.name = "inspect",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct inspect_settings),
	.about = "how many messages are read at a time, and what one of them may take",
};

const struct counter inspect_counters[] = { INSPECT_COUNTERS(COUNTER_ROW) };
const size_t inspect_counter_count = COUNT_OF(inspect_counters);
