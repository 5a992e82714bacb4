/* SPDX-License-Identifier: Apache-2.0 */
/* A text is cut into words, at blanks and commas; the words of a date are looked for and struck out, then those of the
 * time, then the zone. */
#include "mail/rules/rule_dates.h"

#include "mail/rules/reading.h"

enum { YEAR_FIRST = 1970, YEAR_LAST = 2037, NUMBER_MOST = 100000, MINUTE = 60, HOUR = 3600, DAY = 86400 };

struct words { struct slice *list; size_t count; };
struct moment { unsigned year, month, day, hour, minute, second; };

static const struct { struct slice name; int minutes; } zones[] = {
	{ LIT("UT"), 0 }, { LIT("UTC"), 0 }, { LIT("GMT"), 0 }, { LIT("WET"), 0 }, { LIT("NDT"), -150 }, { LIT("AST"), -240 },
	{ LIT("ADT"), -180 }, { LIT("NST"), -210 }, { LIT("EST"), -300 }, { LIT("EDT"), -240 }, { LIT("CST"), -360 }, { LIT("CDT"), -300 },
	{ LIT("MST"), -420 }, { LIT("MDT"), -360 }, { LIT("PST"), -480 }, { LIT("PDT"), -420 }, { LIT("HST"), -600 }, { LIT("AKST"), -540 },
	{ LIT("AKDT"), -480 }, { LIT("HADT"), -540 }, { LIT("HAST"), -600 }, { LIT("BST"), 60 }, { LIT("IST"), 60 }, { LIT("WEST"), 60 },
	{ LIT("CET"), 60 }, { LIT("CEST"), 120 }, { LIT("EET"), 120 }, { LIT("EEST"), 180 }, { LIT("MSK"), 180 }, { LIT("MSD"), 240 },
	{ LIT("MET"), 60 }, { LIT("MEZ"), 60 }, { LIT("MEST"), 120 }, { LIT("MESZ"), 120 }, { LIT("BRST"), -120 }, { LIT("BRT"), -180 },
	{ LIT("AEST"), 600 }, { LIT("AEDT"), 660 }, { LIT("ACST"), 570 }, { LIT("ACDT"), 630 }, { LIT("AWST"), 480 }, { LIT("NZST"), 720 },
	{ LIT("NZDT"), 780 }, { LIT("JST"), 540 }, { LIT("KST"), 540 }, { LIT("HKT"), 480 }, { LIT("SGT"), 480 }, { LIT("PHT"), 480 },
	{ LIT("IDT"), 180 },
};

/* ---- words ---- */

static bool is_between(char c)
{
	return rules_is_space(c) || c == ',';
}

static enum result cut_words(struct slice text, struct arena *arena, struct words *ret_words)
{
	struct words words = { 0 };

	for (size_t i = 0; i < text.len; i++)
		words.count += !is_between(text.at[i]) && (i == 0 || is_between(text.at[i - 1]));
	words.list = arena_array(arena, struct slice, words.count + 1);
	if (words.list == NULL)
		return LATER;
	words.count = 0;
	for (size_t i = 0, from = 0; i <= text.len; i++) {
		if (i < text.len && !is_between(text.at[i]))
			continue;
		if (i > from)
			words.list[words.count++] = (struct slice){ text.at + from, i - from };
		from = i + 1;
	}
	*ret_words = words;
	return OK;
}

static void strike(struct words *words, size_t from, size_t count)
{
	memmove(words->list + from, words->list + from + count, (words->count - from - count) * sizeof(*words->list));
	words->count -= count;
}

static bool is_digits(struct slice word, size_t least, size_t most)
{
	for (size_t i = 0; i < word.len; i++)
		if (!byte_is_digit(word.at[i]))
			return false;
	return word.len >= least && word.len <= most;
}

static unsigned number_of(struct slice digits)
{
	unsigned number = 0;

	for (size_t i = 0; i < digits.len && number < NUMBER_MOST; i++)
		number = number * 10 + (unsigned)(digits.at[i] - '0');
	return number;
}

/* 1 to 12; 0: none. */
static unsigned month_of(struct slice word)
{
	static const struct slice months = LIT("JanFebMarAprMayJunJulAugSepOctNovDec");

	for (unsigned i = 0; word.len == 3 && i < 12; i++)
		if (slice_begins_nocase(slice_drop(months, (size_t)i * 3), word))
			return i + 1;
	return 0;
}

/* ---- the date ---- */

static bool find_date(struct words *words, size_t least, size_t most, struct moment *moment)
{
	for (size_t i = 0; i + 3 <= words->count; i++) {
		const struct slice *word = &words->list[i];

		if (!is_digits(word[0], 1, SIZE_MAX) || !month_of(word[1]) || !is_digits(word[2], least, most))
			continue;
		*moment = (struct moment){ .day = number_of(word[0]), .month = month_of(word[1]), .year = number_of(word[2]) };
		if (word[2].len != 4)
			moment->year += word[2].len == 2 && moment->year < 50 ? 2000 : 1900;
		strike(words, i, 3);
		return true;
	}
	return false;
}

/* "10:00:00", each of any length. */
static bool is_clock(struct slice word)
{
	size_t count = 0;

	for (size_t i = 0; i < 3 && word.len; i++)
		count += is_digits(slice_cut(&word, ':'), 1, SIZE_MAX);
	return count == 3 && word.len == 0;
}

static bool find_ctime(struct words *words, struct moment *moment)
{
	for (size_t i = 0; i + 4 <= words->count; i++) {
		const struct slice *word = &words->list[i];

		if (!month_of(word[0]) || !is_digits(word[1], 1, SIZE_MAX) || !is_clock(word[2]) || !is_digits(word[3], 4, 4))
			continue;
		*moment = (struct moment){ .day = number_of(word[1]), .month = month_of(word[0]), .year = number_of(word[3]) };
		strike(words, i, 4);
		return true;
	}
	return false;
}

static bool read_clock(struct slice word, struct moment *moment)
{
	struct slice hour = slice_cut(&word, ':'), minute = slice_cut(&word, ':');

	if (!is_digits(hour, 1, 2) || !is_digits(minute, 2, 2) || (word.len && !is_digits(word, 2, 2)))
		return false;
	moment->hour = number_of(hour);
	moment->minute = number_of(minute);
	moment->second = number_of(word);
	return true;
}

static void find_clock(struct words *words, struct moment *moment)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->list[i].at[words->list[i].len - 1] != ':' && read_clock(words->list[i], moment)) {
			strike(words, i, 1);
			return;
		}
}

/* ---- the zone ---- */

static int named_zone(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(zones); i++)
		if (slice_same(name, zones[i].name))
			return zones[i].minutes;
	return 0;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The first two to four capitals that are a word, alone or with "-DST"; `ret_name` is empty where there are none. */
static void cut_capitals(struct slice word, struct slice *ret_name)
{
	for (size_t i = 0; i < word.len; i++) {
		size_t length = 0;

		if (i && rules_is_word(word.at[i - 1]))
			continue;
		while (i + length < word.len && is_capital(word.at[i + length]))
			length++;
		if (length < 2 || length > 4 || (i + length < word.len && rules_is_word(word.at[i + length])))
			continue;
		*ret_name = (struct slice){ word.at + i, length };
		if (slice_begins(slice_drop(word, i + length), SLICE("-DST")))
			ret_name->len += 4;
		return;
	}
}

static int zone_of(const struct words *words)
{
	struct slice name = SLICE("");

	for (size_t i = 0; i < words->count; i++) {
		struct slice word = words->list[i], digits = slice_drop(word, 1);

		if ((word.at[0] != '+' && word.at[0] != '-') || !is_digits(digits, 4, 4))
			continue;
		return (int)(number_of(digits) / 100 * MINUTE + number_of(digits) % 100) * (word.at[0] == '-' ? -1 : 1);
	}
	for (size_t i = 0; i < words->count && name.len == 0; i++)
		cut_capitals(words->list[i], &name);
	return named_zone(name);
}

/* ---- all together ---- */

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Day 31 of a month that has 30 is the first of the next. */
static void make_possible(struct moment *moment)
{
	moment->second = least_of(moment->second, 59);
	moment->minute = least_of(moment->minute, 59);
	moment->hour = least_of(moment->hour, 23);
	if (moment->day > days_of(moment->year, moment->month)) {
		moment->day = 1;
		moment->year += moment->month == 12;
		moment->month = moment->month % 12 + 1;
	}
	moment->year = least_of(moment->year < YEAR_FIRST ? YEAR_FIRST : moment->year, YEAR_LAST);
}

static int64_t seconds_of(const struct moment *moment)
{
	int64_t days = moment->day - 1;

	for (unsigned year = YEAR_FIRST; year < moment->year; year++)
		days += is_leap(year) ? 366 : 365;
	for (unsigned month = 1; month < moment->month; month++)
		days += days_of(moment->year, month);
	return days * DAY + (int64_t)moment->hour * HOUR + (int64_t)moment->minute * MINUTE + moment->second;
}

enum result rule_date(struct slice text, struct arena *arena, int64_t *ret_seconds, bool *ret_there)
{
	struct moment moment;
	struct words words;

	*ret_there = false;
	TRY(cut_words(text, arena, &words));
	if (!find_date(&words, 4, 4, &moment) && !find_ctime(&words, &moment) && !find_date(&words, 2, 3, &moment))
		return OK;
	find_clock(&words, &moment);
	make_possible(&moment);
	if (moment.day == 0 || moment.day > days_of(moment.year, moment.month))
		return OK;
	*ret_seconds = seconds_of(&moment) - (int64_t)zone_of(&words) * MINUTE;
	*ret_there = true;
	return OK;
}
