/* SPDX-License-Identifier: Apache-2.0 */
/* Room is short, and somebody waits: who gives way, and who does not. Clients' clocks are set by the test. */
#include "front/front_bench.h"

enum { ROOM = 100000, LARGEST = 30000, TOO_LONG_MS = 301000, A_WHILE_MS = 2000, HEAVY = 50000, LIGHT = 15000, FIRST = 8000 };

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = ROOM, .recipients = 100, .null_sender_recipients = 1, .errors = 20, .hops = 50,
	.room = ROOM_FREE,
};

struct visitor {
	int fd;
	struct client *client;
};

/* A message without its end. */
static void bring(struct bench *bench, size_t size)
{
	static char lines[HEAVY];

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = "x\r\n"[i % 100 < 98 ? 0 : i % 100 - 97];
	bench_say(bench, (struct slice){ lines, size });
}

static struct visitor enter(struct bench *bench, size_t size)
{
	bench->client = -1;                       /* the one before has its own */
	bench_begin(bench, 0);
	bench_settle(bench);
	bench_say(bench, SLICE("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\n"));
	bench_say(bench, SLICE("DATA\r\n"));
	bring(bench, size);
	buffer_clear(&bench->heard);
	return (struct visitor){ bench->client, bench->shared.first };
}

static bool is_there(const struct bench *bench, const struct visitor *visitor)
{
	for (const struct client *client = bench->shared.first; client; client = client->next)
		if (client == visitor->client)
			return client->session.stage != STAGE_GOODBYE;
	return false;
}

static bool heard(const struct visitor *visitor, struct slice wanted)
{
	char line[256];
	ssize_t got = recv(visitor->fd, line, sizeof(line), MSG_DONTWAIT);

	return got > 0 && slice_begins((struct slice){ line, (size_t)got }, wanted);
}

struct house {
	struct bench bench;
	struct visitor heavy, light, first, waiting;
	struct flight_hold crumb;                 /* of somebody else's */
};

/* Three hold all room that there is, and a fourth waits. Heavy has more to say. */
static void fill(struct house *house)
{
	struct shared *shared = &house->bench.shared;

	bench_init(&house->bench, &rules);
	shared->flight.limit = shared->flight.share = ROOM;
	shared->flight.reserve = LARGEST;
	shared->limits.crowd_patience.n = 10;
	house->heavy = enter(&house->bench, HEAVY);
	house->light = enter(&house->bench, LIGHT);
	CHECK(flight_take(&shared->flight, &house->crumb, NULL, 1) == OK, "a crumb");
	house->first = enter(&house->bench, FIRST);
	CHECK(shared->flight.first == &house->first.client->hold, "one goes on");
	house->bench.client = house->heavy.fd;
	bring(&house->bench, 2000);
	house->bench.client = -1;
	house->waiting = enter(&house->bench, 1000);
	CHECK(house->heavy.client->starved && house->waiting.client->starved, "the others wait");
	CHECK(!house->light.client->starved, "who says nothing waits for nothing");
	shared->short_since -= A_WHILE_MS;
}

static void leave(struct house *house)
{
	struct visitor *all[] = { &house->heavy, &house->light, &house->first, &house->waiting };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		fd_close(&all[i]->fd);
	house->bench.client = -1;
	bench_finish(&house->bench);
}

/* It brought nothing in a whole stretch. */
static void be_slow(struct visitor *visitor)
{
	uint64_t now = loop_ticks(&visitor->client->shared->process->loop);

	visitor->client->pace = (struct pace){ .since = now, .span = 10000 };
}

static bool is_served(struct house *house)
{
	house->bench.client = house->waiting.fd;
	bench_say(&house->bench, SLICE(".\r\n"));
	return house->bench.deposits == 1 && slice_begins(buffer_slice(&house->bench.heard), SLICE("250 2.0.0 accepted"));
}

static void check_nobody(void)
{
	static struct house house;

	fill(&house);
	hoard_wake(&house.bench.shared);
	CHECK(is_there(&house.bench, &house.heavy) && is_there(&house.bench, &house.light) && is_there(&house.bench, &house.first) &&
	      is_there(&house.bench, &house.waiting), "nobody is slow, and nobody has waited for too long");
	leave(&house);
}

/* Who fills the room and sends on is read no more; it does not keep the room by that. */
static void check_starved(void)
{
	static struct house house;

	fill(&house);
	house.heavy.client->waited = house.waiting.client->waited = TOO_LONG_MS;
	hoard_wake(&house.bench.shared);
	CHECK(!is_there(&house.bench, &house.heavy) && heard(&house.heavy, SLICE("421 4.3.1 no room")),
	      "who holds most and has waited for too long gives way");
	CHECK(is_there(&house.bench, &house.light) && is_there(&house.bench, &house.first), "the others stay");
	CHECK(is_there(&house.bench, &house.waiting) && is_served(&house), "and who waited is served");
	leave(&house);
}

/* All of a message's waits count, however often a little room came between. */
static void check_account(void)
{
	static struct house house;

	fill(&house);
	house.heavy.client->starved_at -= TOO_LONG_MS / 2;
	hoard_wake(&house.bench.shared);
	CHECK(is_there(&house.bench, &house.heavy) && house.heavy.client->waited >= TOO_LONG_MS / 2, "half of it");
	house.heavy.client->starved_at -= TOO_LONG_MS / 2;
	hoard_wake(&house.bench.shared);
	CHECK(!is_there(&house.bench, &house.heavy), "the whole of it");
	leave(&house);
}

static void check_gone(void)
{
	static struct house house;

	fill(&house);
	fd_close(&house.heavy.fd);
	hoard_wake(&house.bench.shared);
	CHECK(!is_there(&house.bench, &house.heavy) && house.bench.shared.flight.used < HEAVY, "who hung up holds nothing any more");
	CHECK(is_there(&house.bench, &house.waiting), "who waits is there");
	leave(&house);
}

/* Somebody always gives a little back: that is not enough, and saves nobody who is slow. */
static void check_given(void)
{
	static struct house house;

	fill(&house);
	be_slow(&house.light);
	flight_give(&house.bench.shared.flight, &house.crumb);
	hoard_wake(&house.bench.shared);
	CHECK(!is_there(&house.bench, &house.light) && heard(&house.light, SLICE("421 4.4.2 too slow")), "who is slow gives way");
	CHECK(is_there(&house.bench, &house.heavy) && is_there(&house.bench, &house.first), "who is not stays");
	leave(&house);
}

/* What is over in a moment. */
static void check_moment(void)
{
	static struct house house;

	fill(&house);
	be_slow(&house.light);
	house.bench.shared.short_since = loop_ticks(&house.bench.process.loop);
	hoard_wake(&house.bench.shared);
	CHECK(is_there(&house.bench, &house.light), "nobody gives way at once");
	client_end(house.heavy.client);
	hoard_wake(&house.bench.shared);
	CHECK(!house.waiting.client->starved && house.bench.shared.short_since == 0, "there is room again");
	CHECK(is_there(&house.bench, &house.light), "and nobody had to go");
	leave(&house);
}

int main(void)
{
	check_nobody();
	check_starved();
	check_account();
	check_gone();
	check_given();
	check_moment();
	return TEST_END();
}
