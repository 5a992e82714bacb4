/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates are counted here, and names are ours: strftime() would ask the locale, and gmtime_r() reads
 * /etc/localtime at its first use, which a jail forbids.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static int64_t milliseconds(clockid_t which)
{
	struct timespec now = { 0 };

	(void)clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return milliseconds(CLOCK_REALTIME);
}

int64_t clock_wall(void)
{
	return clock_wall_ms() / 1000;
}

uint64_t clock_ticks(void)
{
	return (uint64_t)milliseconds(CLOCK_MONOTONIC);
}

struct date {
	int year, month, day, weekday, hour, minute, second;     /* month and day from 1; Sunday is 0 */
};

enum { DAYS_BEFORE_1970 = 719468, DAYS_IN_400_YEARS = 146097, SECONDS_IN_DAY = 86400 };

/* Years begin in March, so that a leap day is the last of its year (proleptic Gregorian calendar). */
static void count_days(int64_t days_since_1970, struct date *date)
{
	int64_t days_all = days_since_1970 + DAYS_BEFORE_1970;
	int64_t era = (days_all >= 0 ? days_all : days_all - DAYS_IN_400_YEARS + 1) / DAYS_IN_400_YEARS;
	int64_t day = days_all - era * DAYS_IN_400_YEARS;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	date->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	date->month = (int)(month < 10 ? month + 3 : month - 9);
	date->year = (int)(year + era * 400 + (date->month <= 2));
	date->weekday = (int)(((days_since_1970 + 4) % 7 + 7) % 7);
}

static struct date date_of(int64_t wall)
{
	int64_t second = (wall % SECONDS_IN_DAY + SECONDS_IN_DAY) % SECONDS_IN_DAY;
	struct date date = { .hour = (int)(second / 3600),
			     .minute = (int)(second / 60 % 60),
			     .second = (int)(second % 60) };

	count_days((wall - second) / SECONDS_IN_DAY, &date);
	return date;
}

void clock_log_text(int64_t wall_ms, char text[CLOCK_LOG_SIZE])
{
	int64_t ms = (wall_ms % 1000 + 1000) % 1000;       /* before 1970 too */
	struct date date = date_of((wall_ms - ms) / 1000);

	(void)snprintf(text, CLOCK_LOG_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	               date.year % 10000, date.month, date.day, date.hour, date.minute, date.second, (int)ms);
}

void clock_mail_text(int64_t wall, int32_t offset, char text[CLOCK_MAIL_SIZE])
{
	int zone = offset / 60, minutes = zone < 0 ? -zone : zone;
	struct date date = date_of(wall + (int64_t)zone * 60);

	(void)snprintf(text, CLOCK_MAIL_SIZE, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
	               days[date.weekday], date.day, months[date.month - 1], date.year % 10000,
	               date.hour, date.minute, date.second,
	               zone < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

int32_t clock_offset(int64_t wall)
{
	time_t time = (time_t)wall;
	struct tm parts = { 0 };

	tzset();
	(void)localtime_r(&time, &parts);
	return (int32_t)parts.tm_gmtoff;
}
