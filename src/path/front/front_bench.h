/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_bench.h — for tests: one client of the real front in this process, between a socket and a queue that the test
 * holds, turned by hand.
 *
 * Knows:   how to bring bytes to it in pieces, to read its replies, to answer its deposits; inside TLS too, once
 *          front_bench_tls.h has begun it.
 * Ignores: jails and settings: rules are the test's.
 * Owns:    all of it, until bench_finish().
 */
#ifndef FRONT_FRONT_BENCH_H
#define FRONT_FRONT_BENCH_H

#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "front/client.h"
#include "front/hoard.h"
#include "wire/front-queue.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { BENCH_HEARD = 65536, BENCH_TURNS = 8, BENCH_CLIENTS = 4 };

struct bench {
	struct process process;
	struct shared shared;
	struct door door;
	int client, queue;                        /* our ends */
	struct buffer heard, payload;
	struct tls *inside;                       /* our end of TLS; NULL: we talk in the clear */
	void (*sign)(struct bench *bench);        /* NULL: nobody signs */
	unsigned deposits;
	bool hidden;                              /* a deposit came from the sender that nobody wrote to us */
	bool foul;                                /* a deposit had a bare CR, a bare LF or NUL */
	enum queue_says verdict;
	unsigned who;                             /* bits of session_client, for bench_plain() */
	void (*look)(const struct envelope *envelope, int memfd);      /* at a deposit; NULL: nobody does */
};

static inline void bench_turn(struct bench *bench)
{
	(void)event_base_loop(loop_events(&bench->process.loop), EVLOOP_NONBLOCK);
	if (bench->sign)
		bench->sign(bench);
}

static inline void bench_room(void *front, enum room room)
{
	struct bench *bench = front;

	bench->door.rules.room = room;
}

static inline void bench_wake(void *owner)
{
	struct bench *bench = owner;

	hoard_wake(&bench->shared);
}

static inline void bench_begin(struct bench *bench, unsigned client)
{
	struct client_origin origin = { .door = &bench->door, .client = client };
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "a socket");
	fd_close(&bench->client);
	bench->client = ends[0];
	origin.fd = ends[1];
	CHECK(client_open(&bench->shared, &origin) == OK, "a client");
}

static inline void bench_init(struct bench *bench, const struct session_rules *rules)
{
	static const uint8_t free_room = 1;
	struct shared *shared = &bench->shared;
	int ends[2] = { -1, -1 }, page = -1;

	*bench = (struct bench){ .client = -1, .queue = -1, .verdict = QUEUE_KEPT };
	memcpy(bench->door.name, "bench", 6);
	bench->door.rules = *rules;
	CHECK(loop_init(&bench->process.loop) == OK && counters_create(&page) == OK &&
	      counters_map(&bench->process.counters, page, true) == OK && channel_pair(ends) == OK, "its parts");
	fd_close(&page);
	log_init(&bench->process.log, "front", -1, LOG_LEVEL_ERROR);
	buffer_init(&bench->heard, BENCH_HEARD);
	buffer_init(&bench->payload, FRONT_QUEUE_LONGEST);
	shared->process = &bench->process;
	shared->limits = (struct front_settings){ .line_limit = { 2048 }, .command_deadline = { 300 },
	                                          .session_deadline = { 7200 }, .data_rate = { 500 } };
	flight_init(&shared->flight, BENCH_CLIENTS, 1);
	shared->flight.limit = shared->flight.share = 1 << 30;
	shared->deposits.front = bench;
	shared->deposits.answered = client_answered;
	shared->deposits.room_changed = bench_room;
	CHECK(admission_init(&shared->admission, BENCH_CLIENTS, 1) == OK && deposits_init(&shared->deposits, BENCH_CLIENTS) == OK,
	      "its tables");
	pool_init(&shared->clients, sizeof(struct client), BENCH_CLIENTS);
	timer_init(&shared->wake, &bench->process.loop, bench_wake, bench);
	CHECK(deposits_open(&shared->deposits, &bench->process.loop, ends[0]) == OK, "a wire");
	bench->queue = ends[1];
	CHECK(frame_send(bench->queue, QUEUE_ROOM, 0, (struct slice){ (const char *)&free_room, 1 }, -1) == OK, "room");
	bench_turn(bench);
}

static inline void bench_finish(struct bench *bench)
{
	while (bench->shared.first)
		client_end(bench->shared.first);
	deposits_finish(&bench->shared.deposits);
	admission_finish(&bench->shared.admission);
	rates_finish(&bench->shared.rates);
	timer_end(&bench->shared.wake);
	pool_finish(&bench->shared.clients);
	flight_finish(&bench->shared.flight);
	counters_finish(&bench->process.counters);
	loop_finish(&bench->process.loop);
	fd_close(&bench->client);
	fd_close(&bench->queue);
	buffer_finish(&bench->heard);
	buffer_finish(&bench->payload);
}

static inline bool bench_is_foul(int memfd)
{
	static char bytes[1 << 20];
	ssize_t size = pread(memfd, bytes, sizeof(bytes), 0);

	for (ssize_t i = 0; i < size; i++)
		if (bytes[i] == '\0' || (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) ||
		    (bytes[i] == '\r' && (i + 1 == size || bytes[i + 1] != '\n')))
			return true;
	return false;
}

/* Takes one deposit, if there is one, and answers it. */
static inline bool bench_answer(struct bench *bench)
{
	static const struct slice replies[] = { [QUEUE_KEPT] = LIT(""), [QUEUE_REFUSED] = LIT("550 5.7.1 no"),
	                                        [QUEUE_LATER] = LIT("452 4.3.1 later") };
	struct pollfd there = { .fd = bench->queue, .events = POLLIN };
	struct frame frame = { .fd = -1 };
	struct envelope envelope;
	struct arena arena;

	if (poll(&there, 1, 0) != 1)
		return false;
	arena_init(&arena, 1 << 20);
	CHECK(frame_receive(bench->queue, &bench->payload, &frame) == OK && frame.kind == FRONT_DEPOSIT, "a deposit");
	CHECK(envelope_unpack(frame.payload, &arena, &envelope) == OK && envelope.recipient_count, "an envelope");
	bench->deposits++;
	if (bench->look)
		bench->look(&envelope, frame.fd);
	bench->hidden = bench->hidden || slice_begins(envelope.sender, SLICE("smuggler"));
	bench->foul = bench->foul || bench_is_foul(frame.fd);
	CHECK(frame_send(bench->queue, (uint8_t)bench->verdict, frame.exchange, replies[bench->verdict], -1) == OK, "an answer");
	fd_close(&frame.fd);
	arena_finish(&arena);
	return true;
}

static inline void bench_hear(struct bench *bench, struct slice bytes)
{
	CHECK(buffer_add(bench->inside ? &bench->inside->in : &bench->heard, bytes) == OK, "room for replies");
	if (bench->inside)
		(void)!tls_take(bench->inside, &bench->heard);
}

static inline void bench_listen(struct bench *bench)
{
	char room[8192];
	ssize_t got;

	while ((got = recv(bench->client, room, sizeof(room), MSG_DONTWAIT)) > 0)
		bench_hear(bench, (struct slice){ room, (size_t)got });
}

/* Turns until nothing moves. */
static inline void bench_settle(struct bench *bench)
{
	for (unsigned i = 0; i < BENCH_TURNS; i++) {
		size_t before = buffer_length(&bench->heard);
		bool answered;

		bench_turn(bench);
		answered = bench_answer(bench);
		bench_listen(bench);
		if (i > 0 && !answered && buffer_length(&bench->heard) == before)
			return;
	}
}

/* As it is, TLS or not: what is cut here comes in several segments. */
static inline void bench_send(struct bench *bench, struct slice bytes)
{
	while (bytes.len) {
		ssize_t sent = send(bench->client, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0)
			bytes = slice_drop(bytes, (size_t)sent);
		else if (errno != EAGAIN)
			break;
		bench_turn(bench);
		bench_listen(bench);
	}
	bench_settle(bench);
}

/* Inside TLS: one record, which waits in inside->out. */
static inline void bench_seal(struct bench *bench, struct slice text)
{
	size_t taken = 0;

	CHECK(text.len == 0 || (tls_say(bench->inside, text, &taken) == OK && taken == text.len), "a record");
}

static inline void bench_say(struct bench *bench, struct slice bytes)
{
	if (bench->inside == NULL) {
		bench_send(bench, bytes);
		return;
	}
	bench_seal(bench, bytes);
	bench_send(bench, buffer_slice(&bench->inside->out));
	buffer_clear(&bench->inside->out);
}

#endif
