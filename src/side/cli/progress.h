/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h — one line on a terminal that says how far a long command has come.
 *
 * Knows:   whether standard error is a terminal, and when the line was last written.
 * Ignores: what is counted.
 * Owns:    the last line of the terminal, from two seconds after the start until progress_clear().
 * Fails:   never; without a terminal nothing is written.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/slice.h"

struct progress {
	bool terminal, shown;
	uint64_t began, last;                    /* ticks */
};

enum { PROGRESS_AFTER = 2000, PROGRESS_EVERY = 500 };      /* ms */

void progress_begin(struct progress *progress, bool terminal, uint64_t now);
/* Is it time for the next line? */
bool progress_is_due(const struct progress *progress, uint64_t now);
/* "1234 messages, 567 a second, at PATH"; `path` is cut in its middle, and shown without control bytes. */
void progress_show(struct progress *progress, uint64_t now, uint64_t done, struct slice path);
void progress_clear(struct progress *progress);            /* before anything else is written there, and at the end */
/* The line itself. */
void progress_line(uint64_t done, uint64_t ms, struct slice path, char *line, size_t size);

#endif
