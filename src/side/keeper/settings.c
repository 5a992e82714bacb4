/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of keeper.h, laid out as tables. */
#include "keeper/keeper.h"

#include "base/slice.h"

#define ROW(...) SETTINGS_ROW(keeper_settings, __VA_ARGS__)
static const struct setting rows[] = { KEEPER_SETTINGS(ROW) };
#undef ROW

const struct settings_section keeper_settings_section = {
	.name = "keeper",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct keeper_settings),
	.about = "The message log: what was judged, why, and what was known then; and who is known as a sender.",
};

const struct counter keeper_counters[] = { KEEPER_COUNTERS(COUNTER_ROW) };
const size_t keeper_counter_count = COUNT_OF(keeper_counters);
_Static_assert(COUNT_OF(keeper_counters) <= COUNTERS_MOST, "they fit the page");
