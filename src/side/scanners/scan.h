/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h — one message, and every scanner's word on it.
 *
 * Knows:   when all have answered, or the time is over; then the answer goes to the asker.
 * Ignores: how a scanner is spoken to.
 * Owns:    the message's descriptor.
 * Fails:   the answer is SCAN_FAILED for whoever was not heard in time.
 */
#ifndef SCANNERS_SCAN_H
#define SCANNERS_SCAN_H

#include "scanners/room.h"

struct ask {
	struct clamd clamd;
	struct scan *scan;
	struct scanner *scanner;
	struct ask *next;                      /* in the scanner's line */
	bool answered, asked;
	enum scan_end end;
	char text[SCAN_TEXT];
};

struct scan {
	struct room *room;
	struct fleet *fleet;
	struct wire *wire;
	struct scan *next, *previous;
	uint64_t exchange, size, ms;
	int message;
	size_t left;
	struct timer deadline;
	struct ask asks[SCANNERS_MOST];
};

void scan_begin(struct wire *wire, uint64_t exchange, uint64_t ms, int message);     /* takes message; -1: none came */
void scan_forget(struct wire *wire, uint64_t exchange);
void scan_forget_all(struct wire *wire);

#endif
