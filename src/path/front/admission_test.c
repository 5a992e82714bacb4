/* SPDX-License-Identifier: Apache-2.0 */
/* Shares, neighbours, and a table in which rows come and go against a plain count. */
#include "front/admission.h"

#include "base/slice.h"
#include "base/test.h"

enum { CLIENTS = 500, STEPS = 200000, SHARE = 3 };

static struct in6_addr four(unsigned number)
{
	return (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0,
	                                       [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };
}

static struct in6_addr six(uint8_t network, uint8_t host)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [7] = network, [15] = host } };
}

static void check_shares(void)
{
	struct in6_addr one = four(1), two = four(2), here = six(1, 1), beside = six(1, 2), away = six(2, 1);
	struct admission admission;

	CHECK(admission_init(&admission, 100, 42) == OK, "a table");
	CHECK(admission_enter(&admission, &one, 1, 0) == OK, "the first");
	CHECK(admission_enter(&admission, &one, 1, 0) == LATER, "over its share");
	CHECK(admission_enter(&admission, &two, 1, 0) == OK, "others are unharmed");
	admission_leave(&admission, &one);
	CHECK(admission_enter(&admission, &one, 1, 0) == OK, "again");
	CHECK(admission_enter(&admission, &here, 1, 0) == OK, "an IPv6 client");
	CHECK(admission_enter(&admission, &beside, 1, 0) == LATER, "its neighbour in the same /64");
	CHECK(admission_enter(&admission, &away, 1, 0) == OK, "another /64");
	admission_leave(&admission, &(struct in6_addr){ 0 });
	admission_finish(&admission);
}

static void check_coming_and_going(void)
{
	static unsigned counts[CLIENTS];
	struct admission admission;
	uint32_t chance = 1;

	CHECK(admission_init(&admission, (size_t)CLIENTS * SHARE, 7) == OK, "a table");
	for (int i = 0; i < STEPS; i++) {
		unsigned who = (chance = chance * 1103515245u + 12345u) >> 16;
		struct in6_addr client = four(who % CLIENTS);
		unsigned *count = &counts[who % CLIENTS];

		if (chance & 1u << 8 && *count) {
			admission_leave(&admission, &client);
			--*count;
		} else {
			enum result end = admission_enter(&admission, &client, SHARE, 0);

			if ((end == OK) != (*count < SHARE))
				CHECK(false, "the count is right");
			*count += end == OK;
		}
	}
	for (unsigned who = 0; who < CLIENTS; who++) {
		struct in6_addr client = four(who);

		for (; counts[who] < SHARE; counts[who]++)
			CHECK(admission_enter(&admission, &client, SHARE, 0) == OK, "what is left of the share");
		CHECK(admission_enter(&admission, &client, SHARE, 0) == LATER, "and no more");
	}
	admission_finish(&admission);
}

/* Whoever comes of each row in turn, with two a client and three a network. */
static void check_networks(void)
{
	static const struct in6_addr user = { .s6_addr = { [0] = 0xff, [4] = 1 } }, other = { .s6_addr = { [0] = 0xff, [4] = 2 } };
	const struct {
		const char *about;
		struct in6_addr client;
		enum result end;
	} rows[] = {
		{ "the first of a /24", four(1), OK }, { "its second", four(1), OK }, { "over its share", four(1), LATER },
		{ "a neighbour", four(2), OK }, { "the network is full", four(3), LATER }, { "nor the neighbour", four(2), LATER },
		{ "another /24", four(256), OK }, { "an IPv6 client", six(1, 1), OK }, { "again", six(1, 2), OK },
		{ "another /64 of its /48", six(2, 1), OK }, { "and a third", six(3, 1), LATER },
		{ "a local user", user, OK }, { "again", user, OK }, { "another", other, OK }, { "users are no network", other, OK },
		{ "but have their share", other, LATER },
	};
	struct admission admission;

	CHECK(admission_init(&admission, 100, 9) == OK, "a table");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(admission_enter(&admission, &rows[i].client, 2, 3) == rows[i].end, rows[i].about);
	admission_leave(&admission, &rows[0].client);
	CHECK(admission_enter(&admission, &rows[4].client, 2, 3) == OK, "who leaves makes room in the network");
	CHECK(admission_enter(&admission, &rows[0].client, 2, 3) == LATER, "for one");
	CHECK(admission_enter(&admission, &rows[0].client, 2, 0) == OK, "without a limit of networks");
	admission_finish(&admission);
}

int main(void)
{
	check_shares();
	check_networks();
	check_coming_and_going();
	return TEST_END();
}
