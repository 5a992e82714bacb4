/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.h — the cap on the bytes of all messages in memory.
 *
 * Knows:   how many bytes there are, and who goes first when room is short. Room for one message of
 *          the largest size is kept back for that one, so that not all can stand and wait for each other.
 * Ignores: memfds and clients: `who` is a name and nothing more.
 * Owns:    nothing.
 * Fails:   LATER: stop reading, and ask again when somebody has given bytes back.
 */
#ifndef FRONT_FLIGHT_H
#define FRONT_FLIGHT_H

#include "base/result.h"

#include <stdint.h>

struct flight {
	uint64_t used, limit, reserve;        /* reserve: the largest message; at most the limit */
	const void *first;
};

must_use enum result flight_take(struct flight *flight, const void *who, uint64_t bytes);
void flight_give(struct flight *flight, const void *who, uint64_t bytes);     /* all that `who` took */

#endif
