/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dates.h — the time that a Date field names (RFC 5322, 3.3 and 4.3), in seconds since 1970 in UTC.
 *
 * Knows:   the grammar and the obsolete one: no name of a day, years of two and three digits, zones by name, comments;
 *          and what others write: the order of ctime(), names of months in full, "-" between the words, no zone.
 * Ignores: whether that time is likely, and whether the name of the day is that of the day.
 * Owns:    nothing.
 * Fails:   REFUSED: no time could be read.
 */
#ifndef MESSAGE_DATES_H
#define MESSAGE_DATES_H

#include "base/slice.h"

enum date_fault {
	DATE_OBSOLETE = 1,                       /* RFC 5322, 4.3 allows it to readers only */
	DATE_BROKEN   = 2,                       /* neither grammar does */
	DATE_ZONE     = 4,                       /* none, or one that nobody knows: read as UTC */
};

must_use enum result date_read(struct slice value, int64_t *ret_seconds, unsigned *faults);

#endif
