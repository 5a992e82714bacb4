/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of front.h, once as settings and once as counters. */
#include "front/front.h"

#define ROW(...) SETTINGS_ROW(front_settings, __VA_ARGS__)
static const struct setting rows[] = { FRONT_SETTINGS(ROW) };
#undef ROW

const struct settings_section front_settings_section = {
	.name = "front",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct front_settings),
	.about = "how mail is taken from strangers",
};

const struct counter front_counters[] = { FRONT_COUNTERS(COUNTER_ROW) };
const size_t front_counter_count = COUNT_OF(front_counters);
_Static_assert(COUNT_OF(front_counters) <= COUNTERS_MOST, "they fit the page");
