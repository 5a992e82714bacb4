/* SPDX-License-Identifier: Apache-2.0 */
/* Waits lie between bounds whatever chance says. */
#include "queue/schedule.h"

#include "base/test.h"

static const struct queue_times times = {
	.retry_least = { 300 }, .retry_most = { 3600 }, .lifetime = { 432000 } };

static const struct wait_row {
	const char *about;
	unsigned attempts;
	uint32_t least, most;
} wait_rows[] = {
	{ "the first retry is quick",      1,   45,   75 },
	{ "the second after the least",    2,   225,  375 },
	{ "then twice that",               3,   450,  750 },
	{ "and twice again",               4,   900,  1500 },
	{ "never above the most",          6,   2700, 4500 },
	{ "however often it was tried",    255, 2700, 4500 },
};

static const struct end_row {
	const char *about;
	uint32_t received;
	unsigned attempts;
	int64_t now;
	bool expired;
} end_rows[] = {
	{ "within its lifetime",                     1000, 9, 432999,    false },
	{ "after its lifetime",                      1000, 9, 433000,    true },
	{ "never without having been tried",         1000, 1, 999999999, false },
	{ "a clock that went back expires nothing",  1000, 9, 10,        false },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(wait_rows); i++)
		for (uint32_t chance = 0; chance < 5000; chance += 7) {
			uint32_t wait = schedule_retry(&times, wait_rows[i].attempts, chance);

			CHECK(wait >= wait_rows[i].least && wait <= wait_rows[i].most, wait_rows[i].about);
		}
	for (size_t i = 0; i < COUNT_OF(end_rows); i++)
		CHECK(schedule_expired(&times, end_rows[i].received, end_rows[i].attempts, end_rows[i].now) ==
		      end_rows[i].expired, end_rows[i].about);
	CHECK(schedule_busy(0, 0) <= 3 && schedule_busy(200, 4711) <= 90, "a full line is tried soon");
	CHECK(schedule_judge(0, 0) <= 3 && schedule_judge(200, 4711) <= 400, "so is a judgement");
	return TEST_END();
}
