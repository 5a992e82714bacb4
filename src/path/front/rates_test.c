/* SPDX-License-Identifier: Apache-2.0 */
/* A clock of our own: how much of a minute's share is left when. */
#include "front/rates.h"

#include "base/slice.h"
#include "base/test.h"

enum { LIMIT = 6, CROWD = 100000 };

static const struct admission_key one = { 1, 2 }, two = { 1, 3 };

static unsigned taken(struct rates *rates, struct admission_key who, enum rate what, uint64_t now)
{
	unsigned count = 0;

	while (count < 1000 && rates_take(rates, who, what, LIMIT, now) == OK)
		count++;
	return count;
}

static const struct { const char *about; uint64_t now; unsigned more; } rows[] = {
	{ "a minute's share at once", 1000, LIMIT },
	{ "and no more", 1000, 0 },
	{ "a tenth of a minute later not yet a tenth part", 6999, 0 },
	{ "one in a sixth of a minute", 11000, 1 },
	{ "two in a third of one", 31000, 2 },
	{ "after a minute all of it again", 91000, LIMIT },
	{ "after a year no more than that", UINT64_C(31536000000), LIMIT },
};

int main(void)
{
	struct rates rates;

	rates_init(&rates, 42);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(taken(&rates, one, RATE_CONNECTIONS, rows[i].now) == rows[i].more, rows[i].about);
	CHECK(taken(&rates, two, RATE_CONNECTIONS, 5) == LIMIT, "others have their own");
	CHECK(taken(&rates, two, RATE_MESSAGES, 5) == LIMIT, "and each has one of each kind");
	CHECK(rates_spent(&rates, two, RATE_MESSAGES, LIMIT, 5) && !rates_spent(&rates, two, RATE_RECIPIENTS, LIMIT, 5),
	      "it can be looked at");
	CHECK(!rates_spent(&rates, two, RATE_RECIPIENTS, LIMIT, 5), "and looking costs nothing");
	CHECK(rates_take(&rates, two, RATE_MESSAGES, 0, 5) == OK && !rates_spent(&rates, two, RATE_MESSAGES, 0, 5),
	      "0 is no limit");
	for (uint64_t i = 0; i < CROWD; i++)
		CHECK(rates_take(&rates, (struct admission_key){ 7, i }, RATE_CONNECTIONS, LIMIT, 10) == OK, "a crowd comes in");
	CHECK(taken(&rates, (struct admission_key){ 7, CROWD - 1 }, RATE_CONNECTIONS, 10) == LIMIT - 1, "the last is known");
	rates_finish(&rates);
	return TEST_END();
}
