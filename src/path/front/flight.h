/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.h — the cap on the bytes of all messages in memory, and the share that each network has in it.
 *
 * Knows:   how many bytes there are, whose they are, and who goes first when room is short. Of all room that of one
 *          message of the largest size is kept back for who is first of all; and the first of a network may go beyond
 *          its share by one message. So nobody waits in a circle: a network's others wait for its first, the firsts
 *          of networks for the first of all, and that one for nobody.
 * Ignores: memfds and clients: a hold is what one of them has.
 * Owns:    a row for each network of which somebody holds bytes.
 * Fails:   LATER: stop reading, and ask again when somebody has given bytes back.
 */
#ifndef FRONT_FLIGHT_H
#define FRONT_FLIGHT_H

#include "base/pool.h"
#include "front/admission.h"

#include <stdbool.h>

enum { FLIGHT_BUCKETS = 1024 };

struct flight_network;

/* Zeroed: nothing. It must not move while it has bytes. */
struct flight_hold {
	uint64_t bytes;
	struct flight_network *network;       /* NULL: of nobody's share */
};

struct flight {
	uint64_t used, limit, reserve;        /* bytes; reserve: the largest message; at most the limit */
	uint64_t share;                       /* bytes of one network, its first aside */
	const struct flight_hold *first;
	uint64_t round, short_in;             /* of asking: this one; the last in which room in all was short */
	bool in_vain;                         /* somebody asked for room and got none in this round */
	uint64_t key;
	struct pool networks;
	struct flight_network *buckets[FLIGHT_BUCKETS];
};

/* `most`: holds there may be at a time; `key`: random, as admission's. Limits are set by the caller. */
void flight_init(struct flight *flight, size_t most, uint64_t key);
void flight_finish(struct flight *flight);                /* safe on a zeroed one */

/* `network`: whose share it is, always the same until it is given back; NULL: nobody's. */
must_use enum result flight_take(struct flight *flight, struct flight_hold *hold, const struct admission_key *network,
                                 uint64_t bytes);
void flight_give(struct flight *flight, struct flight_hold *hold);        /* all of it */

void flight_turn(struct flight *flight);                  /* a new round: all who wait are asked anew */
bool flight_look(const struct flight *flight);            /* has anybody asked in vain in this round? */
/* Has somebody asked in vain, in this round, for what this one holds? What others gave back since changes nothing. */
bool flight_is_wanted(const struct flight *flight, const struct flight_hold *hold);

#endif
