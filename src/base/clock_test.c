/* SPDX-License-Identifier: Apache-2.0 */
/* clock_test.c — times as text. */
#include "base/clock.h"

#include "base/slice.h"
#include "base/test.h"

#include <string.h>

static const struct {
	const char *about;
	int64_t wall_ms;
	const char *text;
} log_times[] = {
	{ "the beginning", 0, "1970-01-01T00:00:00.000Z" },
	{ "milliseconds are kept", 1795255758123, "2026-11-21T10:09:18.123Z" },
	{ "a leap day", 1709164800000, "2024-02-29T00:00:00.000Z" },
	{ "after 2038", 4102444800001, "2100-01-01T00:00:00.001Z" },
	{ "the last of a year", 1735689599999, "2024-12-31T23:59:59.999Z" },
	{ "the last of February in a year that is not a leap year, though divisible by four", 4107542399000,
	  "2100-02-28T23:59:59.000Z" },
	{ "and the day after", 4107542400000, "2100-03-01T00:00:00.000Z" },
	{ "the leap day of 2000", 951782400000, "2000-02-29T00:00:00.000Z" },
	{ "a moment before the beginning", -1, "1969-12-31T23:59:59.999Z" },
};

static const struct { const char *about; int64_t wall; int32_t offset; const char *text; } mail_times[] = {
	{ "east", 1795255758, 3600, "Sat, 21 Nov 2026 11:09:18 +0100" },
	{ "Greenwich", 1795255758, 0, "Sat, 21 Nov 2026 10:09:18 +0000" },
	{ "west, with half an hour", 1795255758, -12600, "Sat, 21 Nov 2026 06:39:18 -0330" },
	{ "the date line", 1795305600, 50400, "Sun, 22 Nov 2026 14:00:00 +1400" },
	{ "a day of one digit", 1793491200, 0, "Sun, 1 Nov 2026 00:00:00 +0000" },
	{ "seconds of an offset cannot be shown, so they do not count", 0, -30, "Thu, 1 Jan 1970 00:00:00 +0000" },
};

int main(void)
{
	char log_text[CLOCK_LOG_SIZE], mail_text[CLOCK_MAIL_SIZE];
	int64_t wall = clock_wall();
	uint64_t ticks = clock_ticks();

	for (size_t i = 0; i < COUNT_OF(log_times); i++) {
		clock_log_text(log_times[i].wall_ms, log_text);
		CHECK(strcmp(log_text, log_times[i].text) == 0, log_times[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(mail_times); i++) {
		clock_mail_text(mail_times[i].wall, mail_times[i].offset, mail_text);
		CHECK(strcmp(mail_text, mail_times[i].text) == 0, mail_times[i].about);
	}
	clock_log_text(INT64_MAX / 2, log_text);
	clock_mail_text(INT64_MAX / 2, INT32_MIN, mail_text);
	CHECK(strlen(log_text) < CLOCK_LOG_SIZE && strlen(mail_text) < CLOCK_MAIL_SIZE, "absurd times fit too");
	CHECK(clock_wall_ms() / 1000 >= wall && clock_ticks() >= ticks, "time goes on");
	CHECK(clock_offset(wall) > -86400 && clock_offset(wall) < 86400, "the offset is less than a day");
	return TEST_END();
}
