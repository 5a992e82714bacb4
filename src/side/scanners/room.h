/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.h — the scanners, the wires of those who ask, and the questions under way.
 *
 * Knows:   which scanners there are, how many questions each takes at a time, and which are down.
 * Ignores: how a scanner is spoken to (clamd.h does), and processes (scanners.c does).
 * Owns:    messages asked about until they are answered, forgotten, or their wire is gone.
 *          A fleet is the scanners of one reading of the settings; it lives until its last scan.
 * Fails:   the answer says SCAN_FAILED for each scanner that gave none; LATER when there is no
 *          room for new settings.
 */
#ifndef SCANNERS_ROOM_H
#define SCANNERS_ROOM_H

#include "base/arena.h"
#include "base/channel.h"
#include "base/counters.h"
#include "base/pool.h"
#include "base/settings.h"
#include "scanners/clamd.h"

enum { ROOM_WIRES = 16, ROOM_SCANS = 512, ROOM_FLEETS = 8 };

struct scanner {
	struct fleet *fleet;
	struct slice name;
	struct target target;
	uint64_t timeout_ms, connections, largest, busy;
	struct ask *first, *last;              /* waiting for a connection */
	struct clamd ping;
	struct timer look_again;
	bool down, old;
};

struct fleet {
	struct room *room;
	struct fleet *next;
	struct arena memory;
	struct scanner *scanners;
	size_t count, scans;
	bool old;
};

struct wire { struct room *room; struct channel channel; uint32_t instance; };

struct room {
	struct loop *loop;
	struct counters *counters;
	void (*warn)(void *owner, struct slice scanner, struct slice text);    /* empty text: it is over */
	void *owner;
	struct fleet *fleet, *fleets;          /* the newest; all that live */
	struct pool fleet_pool, scan_pool;
	struct scan *scans;
	struct wire wires[ROOM_WIRES];
};

void room_init(struct room *room, struct loop *loop, struct counters *counters);
must_use enum result room_settle(struct room *room, struct settings *settings);    /* at the start, and at a reload */
must_use enum result room_wire(struct room *room, uint32_t instance, int fd);            /* takes fd */
void room_look(struct room *room);                 /* asks each scanner whether it lives */
void room_finish(struct room *room);               /* safe on a zeroed room */

#endif
