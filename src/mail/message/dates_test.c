/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a date as it travels, and the second that it names. */
#include "mail/message/dates.h"

#include "base/test.h"

static const struct row { const char *about; struct slice value; int64_t seconds; unsigned faults; } rows[] = {
	{ "the beginning", LIT("Thu, 01 Jan 1970 00:00:00 +0000"), 0, 0 },
	{ "as most write it", LIT("Sat, 21 Nov 2026 16:08:09 +0000"), 1795277289, 0 },
	{ "east", LIT("Sat, 21 Nov 2026 18:08:09 +0200"), 1795277289, 0 },
	{ "west, over midnight", LIT("Fri, 20 Nov 2026 23:38:09 -1630"), 1795277289, 0 },
	{ "a comment behind it", LIT("Sat, 21 Nov 2026 16:08:09 +0000 (UTC)"), 1795277289, 0 },
	{ "comments everywhere", LIT("(a)Sat(b (c)), 21 (\\))Nov 2026 16:08:09(d)+0000"), 1795277289, 0 },
	{ "a comment that nobody closes", LIT("Sat, 21 Nov 2026 16:08:09 +0000 (UTC"), 1795277289, 0 },
	{ "folded", LIT("Sat, 21 Nov 2026\r\n 16:08:09 +0000"), 1795277289, 0 },
	{ "no name of a day", LIT("21 Nov 2026 16:08:09 +0000"), 1795277289, 0 },
	{ "no seconds", LIT("21 Nov 2026 16:08 +0000"), 1795277280, 0 },
	{ "a second that is put in", LIT("31 Dec 2016 23:59:60 +0000"), 1483228800, 0 },
	{ "a day of one digit", LIT("Sun, 1 Nov 2026 00:00:00 +0000"), 1793491200, 0 },
	{ "the day that comes every four years", LIT("29 Feb 2024 00:00:00 +0000"), 1709164800, 0 },
	{ "before 1970", LIT("31 Dec 1969 23:59:59 +0000"), -1, 0 },
	{ "two digits, of this century", LIT("21 Nov 26 16:08:09 +0000"), 1795277289, DATE_OBSOLETE },
	{ "two digits, of the last", LIT("01 Jan 70 00:00:00 +0000"), 0, DATE_OBSOLETE },
	{ "three digits", LIT("21 Nov 126 16:08:09 +0000"), 1795277289, DATE_OBSOLETE },
	{ "GMT", LIT("Sat, 21 Nov 2026 16:08:09 GMT"), 1795277289, DATE_OBSOLETE },
	{ "an American zone", LIT("Sat, 21 Nov 2026 08:08:09 PST"), 1795277289, DATE_OBSOLETE },
	{ "a letter of the military", LIT("21 Nov 2026 16:08:09 A"), 1795277289, DATE_OBSOLETE | DATE_ZONE },
	{ "a zone that nobody knows", LIT("21 Nov 2026 16:08:09 MEZ"), 1795277289, DATE_BROKEN | DATE_ZONE },
	{ "a zone and its name", LIT("21 Nov 2026 17:08:09 +0100 MEZ"), 1795277289, 0 },
	{ "a zone behind the time without a blank", LIT("21 Nov 2026 18:08:09+0200"), 1795277289, 0 },
	{ "no zone", LIT("21 Nov 2026 16:08:09"), 1795277289, DATE_BROKEN | DATE_ZONE },
	{ "the order of ctime()", LIT("Sat Nov 21 16:08:09 2026"), 1795277289, DATE_BROKEN | DATE_ZONE },
	{ "a month in full", LIT("Saturday, 21 November 2026 16:08:09 +0000"), 1795277289, DATE_BROKEN },
	{ "dashes", LIT("21-Nov-2026 16:08:09 +0000"), 1795277289, 0 },
};

static const struct { const char *about; struct slice value; } refused[] = {
	{ "nothing", LIT("") },
	{ "words", LIT("no date at all") },
	{ "a day that there is not", LIT("30 Feb 2024 00:00:00 +0000") },
	{ "the 29th of February of another year", LIT("29 Feb 2023 00:00:00 +0000") },
	{ "and of a century", LIT("29 Feb 1900 00:00:00 +0000") },
	{ "day 0", LIT("0 Feb 2023 00:00:00 +0000") },
	{ "no month", LIT("21 2026 16:08:09 +0000") },
	{ "no time", LIT("21 Nov 2026 +0000") },
	{ "an hour that there is not", LIT("21 Nov 2026 24:00:00 +0000") },
	{ "a minute that there is not", LIT("21 Nov 2026 23:60:00 +0000") },
	{ "a second that there is not", LIT("21 Nov 2026 23:59:61 +0000") },
	{ "four parts of a time", LIT("21 Nov 2026 23:59:59:59 +0000") },
	{ "two times", LIT("21 Nov 2026 23:59:59 23:59:59 +0000") },
	{ "a zone of three digits", LIT("21 Nov 2026 16:08:09 +000") },
	{ "a zone of 61 minutes", LIT("21 Nov 2026 16:08:09 +0061") },
	{ "a year of one digit", LIT("21 Nov 6 16:08:09 +0000") },
	{ "a year of five", LIT("21 Nov 20260 16:08:09 +0000") },
	{ "year 0", LIT("21 Nov 0000 16:08:09 +0000") },
	{ "more words than a date has", LIT("Sat Sat Sat Sat Sat Sat Sat Sat Sat Sat Sat Sat 21 Nov 2026 16:08:09 +0000") },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t seconds = INT64_MIN;
		unsigned faults = 0;

		CHECK(date_read(rows[i].value, &seconds, &faults) == OK, rows[i].about);
		CHECK(seconds == rows[i].seconds && faults == rows[i].faults, rows[i].about);
		if (seconds != rows[i].seconds || faults != rows[i].faults)
			printf("  it is %lld, %u\n", (long long)seconds, faults);
	}
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		int64_t seconds = 5;
		unsigned faults = 0;

		CHECK(date_read(refused[i].value, &seconds, &faults) == REFUSED, refused[i].about);
		CHECK(seconds == 5 && faults == 0, refused[i].about);
	}
	return TEST_END();
}
