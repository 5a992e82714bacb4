/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h — the whole of one front, for its main and its tests.
 *
 * Knows:   its listeners, the lists made from the settings, and what clients share.
 * Ignores: conversations.
 * Owns:    all of it, until the process ends. It is the role's `self`, and comes zeroed.
 * Fails:   as process.h says.
 */
#ifndef FRONT_INSIDE_H
#define FRONT_INSIDE_H

#include "front/door.h"
#include "front/shared.h"

enum { FRONT_LISTENERS = 64, SYSTEM_NAME = 256 };

struct listener {
	struct front *front;
	struct door *door;
	struct watch watch;
	int fd;
};

struct front {
	struct shared shared;
	struct listener listeners[FRONT_LISTENERS];
	size_t listener_count;
	struct door doors[FRONT_LISTENERS];       /* by name; they stay while clients have them */
	size_t door_count;
	struct slice *domains, *asked;
	uint64_t *domain_limits;
	size_t most;                              /* connections that descriptors suffice for */
	struct timer listen_timer, leave_timer;
	char system_name[SYSTEM_NAME];
};

static inline uint64_t front_lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
