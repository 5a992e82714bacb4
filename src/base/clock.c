/* SPDX-License-Identifier: Apache-2.0 */
/* Day and month names are ours: strftime() would ask the locale. */
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

static struct tm broken_down(int64_t wall)
{
	time_t time = (time_t)wall;
	struct tm parts = { 0 };

	(void)gmtime_r(&time, &parts);
	return parts;
}

void clock_log_text(int64_t wall_ms, char text[CLOCK_LOG_SIZE])
{
	int64_t ms = (wall_ms % 1000 + 1000) % 1000;       /* before 1970 too */
	struct tm t = broken_down((wall_ms - ms) / 1000);

	(void)snprintf(text, CLOCK_LOG_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	               (t.tm_year + 1900) % 10000, (t.tm_mon + 1) % 100, t.tm_mday % 100, t.tm_hour % 100,
	               t.tm_min % 100, t.tm_sec % 100, (int)ms);
}

void clock_mail_text(int64_t wall, int32_t offset, char text[CLOCK_MAIL_SIZE])
{
	int zone = offset / 60, minutes = zone < 0 ? -zone : zone;
	struct tm t = broken_down(wall + zone * 60);

	(void)snprintf(text, CLOCK_MAIL_SIZE, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
	               days[t.tm_wday % 7], t.tm_mday, months[t.tm_mon % 12], (t.tm_year + 1900) % 10000,
	               t.tm_hour % 100, t.tm_min % 100, t.tm_sec % 100,
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
