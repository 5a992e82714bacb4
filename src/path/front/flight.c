/* SPDX-License-Identifier: Apache-2.0 */
/* Below limit minus reserve all may take; above it, the one who came there first, until it gives back. In a network it
 * is the same with its share; but who is first of all has its way there too, or two firsts could wait for each other. */
#include "front/flight.h"

#include "base/slice.h"

struct flight_network {
	struct admission_key key;
	uint64_t used;
	uint64_t holds;
	const struct flight_hold *first;
	uint64_t short_in;                    /* round; 0: none */
	struct flight_network *next;
};

void flight_init(struct flight *flight, size_t most, uint64_t key)
{
	*flight = (struct flight){ .key = key, .round = 1 };
	pool_init(&flight->networks, sizeof(struct flight_network), most);
}

void flight_finish(struct flight *flight)
{
	pool_finish(&flight->networks);
	*flight = (struct flight){ 0 };
}

/* ---- networks ---- */

static struct flight_network **bucket_of(struct flight *flight, struct admission_key key)
{
	return &flight->buckets[admission_mix(key, flight->key) & (FLIGHT_BUCKETS - 1)];
}

static struct flight_network *find(struct flight *flight, struct admission_key key)
{
	struct flight_network **bucket = bucket_of(flight, key), *network = *bucket;

	while (network && (network->key.high != key.high || network->key.low != key.low))
		network = network->next;
	if (network)
		return network;
	network = pool_take(&flight->networks);
	if (network == NULL)
		return NULL;
	*network = (struct flight_network){ .key = key, .next = *bucket };
	*bucket = network;
	return network;
}

static void drop_unused(struct flight *flight, struct flight_network *network)
{
	struct flight_network **place;

	if (network == NULL || network->holds)
		return;
	place = bucket_of(flight, network->key);
	while (*place != network)
		place = &(*place)->next;
	*place = network->next;
	pool_give(&flight->networks, network);
}

/* ---- bytes ---- */

static bool fits(const struct flight *flight, const struct flight_hold *hold, uint64_t bytes)
{
	return flight->first == hold || flight->used + bytes <= flight->limit - flight->reserve;
}

static bool fits_share(const struct flight *flight, const struct flight_network *network, const struct flight_hold *hold,
                       uint64_t bytes)
{
	return network == NULL || network->first == hold || flight->first == hold || network->used + bytes <= flight->share;
}

static enum result take(struct flight *flight, struct flight_hold *hold, struct flight_network *network, uint64_t bytes)
{
	bool fits_all = fits(flight, hold, bytes), fits_network = fits_share(flight, network, hold, bytes);

	if (!fits_all && flight->first) {
		flight->short_in = flight->round;
		return LATER;
	}
	if (!fits_network && network->first) {
		network->short_in = flight->round;
		return LATER;
	}
	if (!fits_all)
		flight->first = hold;
	if (!fits_network)
		network->first = hold;
	if (network) {
		network->holds += hold->network == NULL;
		network->used += bytes;
	}
	hold->network = network;
	hold->bytes += bytes;
	flight->used += bytes;
	return OK;
}

enum result flight_take(struct flight *flight, struct flight_hold *hold, const struct admission_key *network,
                        uint64_t bytes)
{
	struct flight_network *row = hold->network;
	enum result end = LATER;

	if (row == NULL && network)
		row = find(flight, *network);
	if (row || network == NULL)
		end = take(flight, hold, row, bytes);
	if (end != OK) {
		flight->in_vain = true;
		drop_unused(flight, row);
	}
	return end;
}

static void give_share(struct flight *flight, struct flight_hold *hold)
{
	struct flight_network *network = hold->network;

	if (network == NULL)
		return;
	network->used -= hold->bytes;
	network->holds--;
	if (network->first == hold)
		network->first = NULL;
	drop_unused(flight, network);
}

void flight_give(struct flight *flight, struct flight_hold *hold)
{
	give_share(flight, hold);
	flight->used -= hold->bytes;
	if (flight->first == hold)
		flight->first = NULL;
	*hold = (struct flight_hold){ 0 };
}

void flight_turn(struct flight *flight)
{
	flight->round++;
	flight->in_vain = false;
}

bool flight_look(const struct flight *flight)
{
	return flight->in_vain;
}

bool flight_is_wanted(const struct flight *flight, const struct flight_hold *hold)
{
	return hold->bytes && (flight->short_in == flight->round ||
	                       (hold->network && hold->network->short_in == flight->round));
}
