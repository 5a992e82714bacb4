/* SPDX-License-Identifier: Apache-2.0 */
/* One destination with one target of ours, and looks at it while it is down. */
#include "relay/destination_hops.h"
#include "base/fd.h"
#include "base/test.h"

static struct office office;
static struct destination destination;

static struct hop *begin(struct backend *backend, uint64_t check)
{
	struct hop *hop = &destination.hops.list[0];

	*backend = (struct backend){ .settings = { .connections = { 20 }, .check = { check } } };
	destination = (struct destination){ .office = &office, .hops = { .count = 1 } };
	*hop = (struct hop){ .name = "smtp://mx:25", .backend = backend };
	return hop;
}

/* The clock goes on while it is tested, so it is asked anew each time. */
static uint64_t now(void)
{
	return loop_ticks(office.loop);
}

/* However seldom it is looked at: the connection without TLS must come while the permission for it holds. */
static void drops_tls(void)
{
	static const uint64_t checks[] = { 1, 10, 30, 3600 };
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct backend backend;
		struct hop *hop = begin(&backend, checks[i]);

		destination_hop_down(&destination, hop, SLICE("451 4.4.1 refused"));
		CHECK(backend.is_down && !backend_look(&backend, now()), "it is down, and left alone");
		CHECK(backend_look(&backend, now() + checks[i] * 1000), "a look is due");
		destination_hop_drops_tls(&destination, hop);
		CHECK(backend_look(&backend, now()), "a look whose handshake failed is followed by another at once");
		CHECK(!backend_look(&backend, now()), "by one");
		CHECK(destination_hop_goes_plain(&destination, hop), "that goes without TLS");
		CHECK(!destination_hop_goes_plain(&destination, hop), "and the one after it tries again");
		destination_hop_up(&destination, hop);
		CHECK(backend_state(&backend, now()) == BACKEND_OPEN, "and brings it back");
	}
}

static void drops_tls_while_up(void)
{
	struct backend backend;
	struct hop *hop = begin(&backend, 30);

	destination_hop_drops_tls(&destination, hop);
	CHECK(!backend_look(&backend, now()), "who is up needs no look");
	CHECK(backend_state(&backend, now()) == BACKEND_OPEN, "and stays up");
	CHECK(destination_hop_goes_plain(&destination, hop), "mail goes without TLS");
}

int main(void)
{
	struct loop loop;
	struct counters counters;
	int fd = -1;

	CHECK(loop_init(&loop) == OK && counters_create(&fd) == OK && counters_map(&counters, fd, true) == OK, "a loop");
	fd_close(&fd);
	office.loop = &loop;
	office.counters = &counters;
	drops_tls();
	drops_tls_while_up();
	counters_finish(&counters);
	loop_finish(&loop);
	return TEST_END();
}
