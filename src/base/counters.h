/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h — numbers that a process counts and the supervisor reads, in a page they share.
 *
 * Knows:   a table of names fixed at compile time, and a shared memfd with one u64 for each.
 *          The supervisor makes the page, so the numbers outlive the process.
 * Ignores: what is counted. A row says whether it only grows or shows a level.
 * Owns:    the mapping. The reader believes nothing: they are numbers, and nothing more.
 * Fails:   BROKEN if the page can't be mapped.
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include "base/slice.h"

enum { COUNTERS_MOST = 64 };

enum counter_kind { COUNTS, SHOWS };             /* only grows; or a level, such as connections now */

struct counter {
	const char *name;                        /* "messages_accepted" */
	enum counter_kind kind;
	const char *about;
};

/* #define FRONT_COUNTERS(ROW) ROW(connections, COUNTS, "connections accepted") …
 * makes an enum (FRONT_COUNT_connections is written out by the room) and a table. */
#define COUNTER_ROW(name, kind, about) { #name, kind, about },

struct counters { uint64_t *page; };

must_use enum result counters_create(int *ret_fd);                   /* a zeroed page; supervisor */
must_use enum result counters_map(struct counters *counters, int fd, bool writable);
void counters_finish(struct counters *counters);

/* Relaxed atomics; nothing happens when there is no page (tools, tests). */
void counter_add(struct counters *counters, unsigned which, uint64_t how_many);
void counter_set(struct counters *counters, unsigned which, uint64_t level);
uint64_t counter_read(const struct counters *counters, unsigned which);

#endif
