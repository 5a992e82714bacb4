/* SPDX-License-Identifier: Apache-2.0 */
/* At the cap one goes on and the others wait; no network has more than its share; nobody waits for ever. */
#include "front/flight.h"

#include "base/slice.h"
#include "base/test.h"

enum { HOLDS = 8, STEPS = 400000, LARGEST = 40 };

static const uint64_t shares[] = { 1, LARGEST / 2, LARGEST + LARGEST / 2, 3 * LARGEST };

static const struct admission_key here = { 1, 1 }, there = { 1, 2 };

static void begin(struct flight *flight, uint64_t limit, uint64_t reserve, uint64_t share)
{
	flight_init(flight, HOLDS, 42);
	flight->limit = limit;
	flight->reserve = reserve;
	flight->share = share;
}

static void check_all(void)
{
	struct flight_hold one = { 0 }, two = { 0 }, three = { 0 };
	struct flight flight;

	begin(&flight, 100, 40, 100);
	CHECK(flight_take(&flight, &one, NULL, 30) == OK && flight_take(&flight, &two, NULL, 30) == OK,
	      "below the reserve all may take");
	CHECK(flight_take(&flight, &two, NULL, 1) == OK, "the first above it goes on");
	CHECK(!flight_look(&flight) && !flight_is_wanted(&flight, &one), "nobody waits");
	CHECK(flight_take(&flight, &one, NULL, 1) == LATER, "others wait");
	CHECK(flight_take(&flight, &three, NULL, 1) == LATER, "new ones too");
	CHECK(flight_look(&flight), "which can be seen");
	CHECK(flight_is_wanted(&flight, &one) && !flight_is_wanted(&flight, &three), "what is held is wanted");
	CHECK(flight_take(&flight, &two, NULL, 9) == OK, "the first goes on to its end");
	CHECK(flight.used == 70 && two.bytes == 40, "what is counted");
	flight_give(&flight, &two);
	CHECK(flight.used == 30 && flight.first == NULL && two.bytes == 0, "and gives all back");
	CHECK(flight_is_wanted(&flight, &one), "who waits does so until it is asked again");
	flight_turn(&flight);
	CHECK(!flight_is_wanted(&flight, &one) && !flight_look(&flight), "nobody is known to wait then");
	CHECK(flight_take(&flight, &one, NULL, 1) == OK, "then the others go on");
	flight_finish(&flight);
	begin(&flight, 40, 40, 40);
	one = (struct flight_hold){ 0 };
	CHECK(flight_take(&flight, &one, NULL, 1) == OK && flight_take(&flight, &two, NULL, 1) == LATER,
	      "a small cap: one after the other");
	flight_finish(&flight);
}

/* `take` bytes by a hold of a network; 0: it gives back. */
static const struct { const char *about; unsigned hold; const struct admission_key *network; uint64_t take; enum result end; } rows[] = {
	{ "a network has its share", 0, &here, 30, OK },
	{ "and one of it goes on with the last part", 1, &here, 20, OK },
	{ "others of it wait", 2, &here, 1, LATER },
	{ "those who were there before too", 0, &here, 1, LATER },
	{ "another network does not", 3, &there, 20, OK },
	{ "nor who has no share", 4, NULL, 100, OK },
	{ "the one goes on to its end", 1, &here, 20, OK },
	{ "and gives back", 1, &here, 0, OK },
	{ "then the next one has the last part", 0, &here, 11, OK },
	{ "and the others wait again", 2, &here, 1, LATER },
	{ "all room but the reserve is taken", 4, NULL, 99, OK },
	{ "somebody is the first of all", 3, &there, 5, OK },
	{ "the first of a network waits for the first of all", 0, &here, 1, LATER },
	{ "others give back", 4, NULL, 0, OK },
	{ "one of the first's network is the first there", 5, &there, 20, OK },
	{ "who is first of all is not held up by that", 3, &there, 10, OK },
	{ "it gives back", 3, &there, 0, OK },
	{ "the other does too", 5, &there, 0, OK },
	{ "who waited goes on", 0, &here, 1, OK },
	{ "and gives back", 0, &here, 0, OK },
	{ "a share begins anew", 2, &here, 30, OK },
	{ "which is for several at a time, though it is no larger than a message may be", 0, &here, 10, OK },
};

static void check_shares(void)
{
	struct flight_hold holds[HOLDS] = { 0 };
	struct flight flight;

	begin(&flight, 300, 40, 40);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].take)
			CHECK(flight_take(&flight, &holds[rows[i].hold], rows[i].network, rows[i].take) == rows[i].end, rows[i].about);
		else
			flight_give(&flight, &holds[rows[i].hold]);
	}
	CHECK(flight.networks.used == 1, "networks without bytes are forgotten");
	flight_turn(&flight);
	CHECK(flight_take(&flight, &holds[5], &here, 1) == OK && flight_take(&flight, &holds[6], &here, 1) == LATER, "at its share");
	CHECK(flight_take(&flight, &holds[7], &there, 1) == OK, "others are not");
	CHECK(flight_is_wanted(&flight, &holds[2]) && !flight_is_wanted(&flight, &holds[7]), "only its own are waited for");
	flight_finish(&flight);
}

/* Everybody asks at random, waits when told to, and gives back when it has all: whatever the order, all of them end. */
static void check_nobody_waits_for_ever(uint32_t chance, uint64_t share)
{
	struct flight_hold holds[HOLDS] = { 0 };
	unsigned ended[HOLDS] = { 0 };
	struct flight flight;

	begin(&flight, 3 * LARGEST, LARGEST, share);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned who = ((chance = chance * 1103515245u + 12345u) >> 16) % HOLDS;
		const struct admission_key network = { 7, who % 3 };

		if (holds[who].bytes == LARGEST) {
			flight_give(&flight, &holds[who]);
			ended[who]++;
		} else if (flight_take(&flight, &holds[who], who == 0 ? NULL : &network, 1) == OK) {
			CHECK(flight.used <= flight.limit, "never above the cap");
		}
	}
	for (unsigned who = 0; who < HOLDS; who++)
		CHECK(ended[who] > 10, "everybody comes to an end");
	for (unsigned who = 0; who < HOLDS; who++)
		flight_give(&flight, &holds[who]);
	CHECK(flight.used == 0 && flight.first == NULL && flight.networks.used == 0, "nothing is left");
	flight_finish(&flight);
}

int main(void)
{
	check_all();
	check_shares();
	for (uint32_t seed = 1; seed <= COUNT_OF(shares); seed++)
		check_nobody_waits_for_ever(seed, shares[seed - 1]);
	return TEST_END();
}
