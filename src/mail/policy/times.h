/* SPDX-License-Identifier: Apache-2.0 */
/*
 * times.h — the times by which the queue keeps a message, and those that a profile sets instead of the file.
 *
 * Knows:   their rows, which are the section `queue`'s too; that each is said or not, and by which profile.
 * Ignores: what the queue does with them.
 * Owns:    nothing.
 * Fails:   never: one beyond its bounds is not said.
 */
#ifndef POLICY_TIMES_H
#define POLICY_TIMES_H

#include "base/settings.h"

#define QUEUE_TIMES(ROW)                                                                                               \
	ROW(retry_least,     seconds, "5m",   "1s",  "1d",      "shortest time between attempts, after a quick first one") \
	ROW(retry_most,      seconds, "1h",   "1s",  "7d",      "longest time between attempts")                           \
	ROW(lifetime,        seconds, "5d",   "1m",  "30d",     "after that time without success, delivery has failed")    \
	ROW(delay_notice,    seconds, "4h",   "0",   "30d",     "after that time a sender is told, once, that mail is late; 0: never") \
	ROW(quarantine_life, seconds, "30d",  "1h",  "3650d",   "older files of the quarantine are deleted")
SETTINGS_STRUCT(queue_times, QUEUE_TIMES);
extern const struct settings_section queue_times_section;      /* within a profile */

#define TIME_PLACE(name, kind, standard, least, most, about) TIME_##name,
enum time_kind { QUEUE_TIMES(TIME_PLACE) TIME_KINDS };

/* What profiles say for some recipients; what none says is the file's. */
struct said_time { bool said; uint32_t seconds; struct slice profile; };
struct times { struct said_time list[TIME_KINDS]; };

const char *time_name(enum time_kind kind);                      /* "lifetime" */
/* Whoever made them: those beyond the bounds of the row are the file's again. */
void times_bound(struct times *times);
/* What is said, put over what the file says. */
void times_put_over(const struct times *times, struct queue_times *over);
bool times_same(const struct times *one, const struct times *other);   /* profiles too */

#endif
