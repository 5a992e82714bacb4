/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of queue.h, laid out as tables. */
#include "queue/queue.h"

#define ROW(...) SETTINGS_ROW(queue_settings, __VA_ARGS__)
static const struct setting rows[] = { QUEUE_SETTINGS(ROW) };

const struct settings_section queue_settings_section = {
	.name = "queue",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct queue_settings),
	.about = "how long and how often delivery is tried, and what room is kept free",
};

const struct counter queue_counters[] = { QUEUE_COUNTERS(COUNTER_ROW) };
const size_t queue_counter_count = COUNT_OF(queue_counters);
