/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_dates.h — the time that a text names, as SpamAssassin 4.0.1 reads it, so that its rules on dates say what they
 *                say there (inside mail/rules only). mail/message/dates.h reads dates as mail programs do.
 *
 * Knows:   "1 Jan 2020 10:00:00 +0100" anywhere in the text, ctime()'s order (whose time of the day it loses), zones by
 *          name; what is too large becomes the nearest that there is.
 * Ignores: what surrounds it.
 * Owns:    nothing.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_RULE_DATES_H
#define RULES_RULE_DATES_H

#include "base/arena.h"

/* Seconds since 1970; `ret_there`: a date was found. */
must_use enum result rule_date(struct slice text, struct arena *arena, int64_t *ret_seconds, bool *ret_there);

#endif
