/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h — what time it is, for those who may ask.
 *
 * Knows:   two clocks: wall time in seconds since 1970 (it may jump), and milliseconds that
 *          only go on (for deadlines). Rooms take the time as an argument, so tests can fake it.
 * Owns:    nothing.
 * Fails:   never; a text that does not fit its limit is cut.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall(void);              /* seconds since 1970, UTC */
int64_t clock_wall_ms(void);           /* milliseconds since 1970, UTC */
uint64_t clock_ticks(void);            /* milliseconds, monotonic */

enum { CLOCK_LOG_SIZE = 32, CLOCK_MAIL_SIZE = 48 };

/* RFC 3339 in UTC with milliseconds, as logs have it: 2026-11-21T10:09:18.123Z */
void clock_log_text(int64_t wall_ms, char text[CLOCK_LOG_SIZE]);
/* RFC 5322 with the offset from UTC in seconds: Sat, 21 Nov 2026 11:09:18 +0100 */
void clock_mail_text(int64_t wall, int32_t offset, char text[CLOCK_MAIL_SIZE]);

int32_t clock_offset(int64_t wall);    /* seconds east of UTC; reads /etc/localtime, so before the jail */

#endif
