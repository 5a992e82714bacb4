/* SPDX-License-Identifier: Apache-2.0 */
/* The struct that the rows fill is an array of times to whoever goes by the rows' offsets. */
#include "mail/policy/times.h"

#define ROW(...) SETTINGS_ROW(queue_times, __VA_ARGS__)
static const struct setting rows[] = { QUEUE_TIMES(ROW) };
_Static_assert(COUNT_OF(rows) == TIME_KINDS, "a row for each");

const struct settings_section queue_times_section = {
	.name = "queue",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct queue_times),
	.about = "times by which mail is kept for these recipients",
};

const char *time_name(enum time_kind kind)
{
	return (unsigned)kind < TIME_KINDS ? rows[kind].name : "unknown";
}

void times_bound(struct times *times)
{
	for (size_t i = 0; i < TIME_KINDS; i++)
		if (times->list[i].said && !settings_within_bounds(&rows[i], times->list[i].seconds))
			times->list[i] = (struct said_time){ 0 };
}

void times_put_over(const struct times *times, struct queue_times *over)
{
	for (size_t i = 0; i < TIME_KINDS; i++)
		if (times->list[i].said)
			((struct seconds *)(void *)((char *)over + rows[i].offset))->n = times->list[i].seconds;
}

bool times_same(const struct times *one, const struct times *other)
{
	for (size_t i = 0; i < TIME_KINDS; i++)
		if (one->list[i].said != other->list[i].said || one->list[i].seconds != other->list[i].seconds ||
		    !slice_same(one->list[i].profile, other->list[i].profile))
			return false;
	return true;
}
