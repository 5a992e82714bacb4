/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backoff.h — how long to wait before a process that ended is started again.
 *
 * Knows:   0.05 s, doubled each time up to 30 s, forgotten after 60 s of life. Who was killed from
 *          outside did nothing wrong: for it the wait stays at most a tenth of a second. While the queue is
 *          away, the relay holds results that are not yet written down: its own end then makes duplicates.
 * Ignores: clocks: it is told how long the process lived.
 * Owns:    nothing.
 * Fails:   never.
 */
#ifndef SUPERVISOR_BACKOFF_H
#define SUPERVISOR_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BACKOFF_FIRST = 50,
	BACKOFF_MOST = 30000,
	BACKOFF_KILLED_MOST = 100,
	BACKOFF_GOOD_LIFE = 60000,
	BACKOFF_LOOP = 5
};

struct backoff { uint64_t next; unsigned crashes; };      /* ms; since the last good life */

uint64_t backoff_wait(struct backoff *backoff, uint64_t lived, bool killed);     /* ms */
bool backoff_is_loop(const struct backoff *backoff);
void backoff_lived(struct backoff *backoff, uint64_t lived);                     /* it still runs */

#endif
