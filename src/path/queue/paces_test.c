/* SPDX-License-Identifier: Apache-2.0 */
/* The same times have one number; numbers come back; beyond the room the file's times hold. */
#include "queue/paces.h"

#include "base/test.h"

static struct times lifetime(uint32_t seconds, struct slice profile)
{
	struct times times = { 0 };

	times.list[TIME_lifetime] = (struct said_time){ true, seconds, profile };
	return times;
}

static uint64_t lifetime_of(const struct paces *paces, uint16_t number)
{
	struct queue_times times = { .lifetime = { 432000 }, .retry_least = { 300 } };

	paces_put_over(paces, number, &times);
	return times.retry_least.n == 300 ? times.lifetime.n : 0;
}

static uint16_t keep(struct paces *paces, const struct times *times)
{
	uint16_t number = 7;

	CHECK(paces_keep(paces, times, &number) == (number || times_same(times, &(struct times){ 0 }) ? OK : LATER), "it is kept, or it is said");
	return number;
}

static void check_numbers(struct paces *paces)
{
	struct times none = { 0 }, day = lifetime(86400, SLICE("a")), same = lifetime(86400, SLICE("b")), hour = lifetime(3600, SLICE("a"));
	uint16_t first = keep(paces, &day), second = keep(paces, &hour);

	CHECK(keep(paces, &none) == 0 && lifetime_of(paces, 0) == 432000, "nothing said is the file's");
	CHECK(first && second && first != second, "what differs has numbers of its own");
	CHECK(keep(paces, &same) == first, "what is the same has one, whichever profile says it");
	CHECK(lifetime_of(paces, first) == 86400 && lifetime_of(paces, second) == 3600, "and each is put over the file's");
	paces_give(paces, first);
	CHECK(lifetime_of(paces, first) == 86400, "it stays while somebody uses it");
	paces_give(paces, first);
	paces_give(paces, first);
	same = lifetime(7200, SLICE(""));
	CHECK(keep(paces, &same) == first, "and its place is the next one's then");
	CHECK(lifetime_of(paces, UINT16_MAX) == 432000, "a number that is none is the file's");
}

static void check_room(struct paces *paces)
{
	unsigned kept = 0;

	for (uint32_t i = 0; i < 2 * PACES_MOST; i++) {
		struct times times = lifetime(1000000 + i, SLICE(""));

		kept += keep(paces, &times) != 0;
	}
	CHECK(kept == PACES_MOST - 3 && !paces_are_eased(paces), "beyond the room the file's hold");
	for (uint16_t i = 1; i < PACES_MOST / 8; i++)
		paces_give(paces, (uint16_t)(PACES_MOST - i));
	CHECK(!paces_are_eased(paces), "a few that are given back are soon taken");
	paces_give(paces, PACES_MOST - PACES_MOST / 8);
	CHECK(paces_are_eased(paces), "an eighth is room again");
}

/* Whatever a judgement says: bounds hold, and what is beyond is not said. */
static const struct {
	const char *about;
	enum time_kind kind;
	uint32_t seconds;
	bool said;
} bounds[] = {
	{ "nothing is given up at once",          TIME_lifetime,        0,           false },
	{ "nor kept for ever",                    TIME_lifetime,        UINT32_MAX,  false },
	{ "a minute is the least",                TIME_lifetime,        60,          true },
	{ "thirty days are the most",             TIME_lifetime,        30 * 86400,  true },
	{ "and not a second more",                TIME_lifetime,        30 * 86400 + 1, false },
	{ "a quarantine is not emptied at once",  TIME_quarantine_life, 0,           false },
	{ "nor kept for ever",                    TIME_quarantine_life, UINT32_MAX,  false },
	{ "nobody is tried without a pause",      TIME_retry_least,     0,           false },
	{ "nor once in a life",                   TIME_retry_most,      8 * 86400,   false },
	{ "that nobody is told of a delay may be said", TIME_delay_notice, 0,        true },
};

static void check_bounds(void)
{
	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		struct times times = { 0 };

		times.list[bounds[i].kind] = (struct said_time){ true, bounds[i].seconds, SLICE("p") };
		times_bound(&times);
		CHECK(times.list[bounds[i].kind].said == bounds[i].said, bounds[i].about);
	}
}

int main(void)
{
	static struct paces paces;

	check_numbers(&paces);
	check_room(&paces);
	check_bounds();
	return TEST_END();
}
