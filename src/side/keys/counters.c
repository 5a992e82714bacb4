/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of keys.h, for the process and for those who read its counters. */
#include "keys/keys.h"

#include "base/slice.h"

const struct counter keys_counters[] = { KEYS_COUNTERS(COUNTER_ROW) };
const size_t keys_counter_count = COUNT_OF(keys_counters);
_Static_assert(COUNT_OF(keys_counters) <= COUNTERS_MOST, "they fit the page");
