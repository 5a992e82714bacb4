/* SPDX-License-Identifier: Apache-2.0 */
/* Words are told apart by what they look like, whatever their order; what may come once and comes twice is no date. */
#include "mail/message/dates.h"

#include "mail/message/fields.h"

#include <string.h>

enum { HAS_DAY = 1, HAS_MONTH = 2, HAS_YEAR = 4, HAS_TIME = 8, HAS_ZONE = 16, HAS_ALL = 15, WORDS_MOST = 16 };

struct date { unsigned has, day, month, year, seconds, faults; int zone; };    /* month: from 0; zone: minutes */

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec", days[] = "sunmontuewedthufrisat";
static const struct { struct slice name; int minutes; } zones[] = {
	{ LIT("ut"), 0 },     { LIT("gmt"), 0 },    { LIT("utc"), 0 },    { LIT("z"), 0 },      { LIT("est"), -300 }, { LIT("edt"), -240 },
	{ LIT("cst"), -360 }, { LIT("cdt"), -300 }, { LIT("mst"), -420 }, { LIT("mdt"), -360 }, { LIT("pst"), -480 }, { LIT("pdt"), -420 },
};

/* The row of a table of three letters each that the word begins with. */
static bool find_name(const char *names, struct slice word, unsigned *ret_row)
{
	for (size_t row = 0; word.len >= 3 && names[row * 3]; row++)
		if (slice_begins_nocase(word, (struct slice){ names + row * 3, 3 })) {
			*ret_row = (unsigned)row;
			return true;
		}
	return false;
}

static enum result has(struct date *date, unsigned what)
{
	if (date->has & what)
		return REFUSED;
	date->has |= what;
	return OK;
}

static enum result take_zone_name(struct date *date, struct slice word)
{
	if (date->has & HAS_ZONE)                /* "+0200 CEST" */
		return OK;
	for (size_t i = 0; i < COUNT_OF(zones); i++)
		if (slice_same_nocase(word, zones[i].name)) {
			date->zone = zones[i].minutes;
			date->faults |= DATE_OBSOLETE;
			return has(date, HAS_ZONE);
		}
	date->faults |= DATE_ZONE | (word.len == 1 ? DATE_OBSOLETE : DATE_BROKEN);
	return has(date, HAS_ZONE);
}

static enum result take_letters(struct date *date, struct slice word)
{
	unsigned row;

	if (!(date->has & HAS_MONTH) && find_name(months, word, &row)) {
		date->month = row;
		date->faults |= word.len > 3 ? DATE_BROKEN : 0U;
		return has(date, HAS_MONTH);
	}
	if (find_name(days, word, &row)) {
		date->faults |= word.len > 3 ? DATE_BROKEN : 0U;
		return OK;
	}
	return take_zone_name(date, word);
}

static enum result take_time(struct date *date, struct slice word)
{
	static const unsigned most[] = { 23, 59, 60 };
	uint64_t values[3] = { 0 };
	size_t count = 0;

	for (; word.len && count < COUNT_OF(values); count++)
		TRY(slice_number(slice_cut(&word, ':'), most[count], &values[count]));
	if (count < 2 || word.len)
		return REFUSED;
	date->seconds = (unsigned)(values[0] * 3600 + values[1] * 60 + values[2]);
	return has(date, HAS_TIME);
}

static enum result take_zone(struct date *date, struct slice word)
{
	uint64_t value;

	TRY(slice_number(slice_drop(word, 1), 9959, &value));
	if (word.len != 5 || value % 100 > 59)
		return REFUSED;
	date->zone = (int)(value / 100 * 60 + value % 100);
	if (word.at[0] == '-')
		date->zone = -date->zone;
	return has(date, HAS_ZONE);
}

static enum result take_year(struct date *date, struct slice word, unsigned value)
{
	static const unsigned added[] = { 0, 0, 1900, 1900 };

	if (word.len == 1)
		return REFUSED;
	if (word.len < 4)
		date->faults |= DATE_OBSOLETE;
	date->year = value + (word.len < COUNT_OF(added) ? added[word.len] : 0);
	if (word.len == 2 && value < 50)
		date->year += 100;
	return has(date, HAS_YEAR);
}

static enum result take_number(struct date *date, struct slice word)
{
	uint64_t value;

	TRY(slice_number(word, 9999, &value));
	if (word.len > 2 || date->has & HAS_DAY)
		return take_year(date, word, (unsigned)value);
	date->day = (unsigned)value;
	return has(date, HAS_DAY);
}

static enum result take_word(struct date *date, struct slice word)
{
	if (word.at[0] == '+' || (word.at[0] == '-' && date->has & HAS_TIME))
		return take_zone(date, word);
	if (slice_has(word, ':'))
		return take_time(date, word);
	return byte_is_digit(word.at[0]) ? take_number(date, word) : take_letters(date, word);
}

/* ---- words ---- */

static void pass_comment(struct slice *rest)
{
	size_t depth = 0, i;

	for (i = 0; i < rest->len; i++) {
		if (rest->at[i] == '\\')
			i++;
		else if (rest->at[i] == '(')
			depth++;
		else if (rest->at[i] == ')' && --depth == 0)
			break;
	}
	*rest = slice_drop(*rest, i + 1);
}

static bool parts_words(char c)
{
	return field_is_space(c) || c == ',' || c == '(';
}

/* "-" parts words before the time, and is a sign behind it. Blanks around the colons of a time are obsolete. */
static struct slice next_word(struct slice *rest, bool dashes)
{
	size_t length = 0;

	while (rest->len && (parts_words(rest->at[0]) || (dashes && rest->at[0] == '-'))) {
		if (rest->at[0] == '(')
			pass_comment(rest);
		else
			*rest = slice_drop(*rest, 1);
	}
	while (length < rest->len && !parts_words(rest->at[length]) &&
	       !(length && (rest->at[length] == '+' || rest->at[length] == '-')))
		length++;
	return slice_take(rest, length);
}

/* Days since 1970, by years that begin in March: then the day that comes and goes is the last one. */
static int64_t days_since(unsigned year, unsigned month, unsigned day)
{
	int64_t shifted = (int64_t)year - (month < 2), of_year = (153 * (((int64_t)month + 10) % 12) + 2) / 5 + day - 1;

	return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719468;
}

static unsigned month_length(unsigned year, unsigned month)
{
	static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month] + (month == 1 && leap ? 1U : 0U);
}

enum result date_read(struct slice value, int64_t *ret_seconds, unsigned *faults)
{
	struct date date = { 0 };
	struct slice word;

	for (size_t words = 0; (word = next_word(&value, !(date.has & HAS_TIME))).len; words++)
		TRY(words < WORDS_MOST ? take_word(&date, word) : REFUSED);
	if ((date.has & HAS_ALL) != HAS_ALL || date.year == 0 || date.day == 0 || date.day > month_length(date.year, date.month))
		return REFUSED;
	if (!(date.has & HAS_ZONE))
		date.faults |= DATE_ZONE | DATE_BROKEN;
	*faults |= date.faults;
	*ret_seconds = days_since(date.year, date.month, date.day) * 86400 + date.seconds - (int64_t)date.zone * 60;
	return OK;
}
