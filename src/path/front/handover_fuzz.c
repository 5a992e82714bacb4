/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes around STARTTLS, a true handshake among them, and any bytes around the end of TLS. What is said in the clear
 * has no digit but 0, what is said inside none but 1: so a message that came one way with words of the other shows.
 */
#include "front/front_bench_tls.h"

#include <stdlib.h>

enum act { IN_THE_CLEAR, INSIDE, BEHIND_STARTTLS, STARTTLS, SHAKE, SHAKE_SOME, GOODBYE, TURN, ACTS };

static const struct slice domains[] = { LIT("d") };
static const struct session_rules rules = {
	.hostname = LIT("h"), .greeting = LIT("g"), .postmaster = LIT("p"), .domains = domains, .domain_count = 1,
	.message_limit = 1000, .recipients = 10, .null_sender_recipients = 1, .errors = 100, .hops = 50, .room = ROOM_FREE,
};

static struct bench bench;

static void must(bool good)
{
	if (!good)
		abort();
}

static void must_be_of(struct slice text, char other)
{
	must(!slice_has(text, other));
}

/* The trace is ours: it has digits of its own. */
static void look_at_deposit(const struct envelope *envelope, int memfd)
{
	char other = envelope->tls.len ? '0' : '1', bytes[4096];
	ssize_t size = pread(memfd, bytes, sizeof(bytes), 0);

	must_be_of(envelope->helo, other);
	must_be_of(envelope->sender, other);
	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		must_be_of(envelope->recipients[i].address, other);
	must(size >= 0);
	must_be_of((struct slice){ bytes, (size_t)size }, other);
}

static void take_deposits(void)
{
	struct pollfd there = { .fd = bench.queue, .events = POLLIN };

	while (poll(&there, 1, 0) == 1) {
		struct frame frame = { .fd = -1 };
		struct envelope envelope;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		must(frame_receive(bench.queue, &bench.payload, &frame) == OK);
		if (frame.kind == FRONT_DEPOSIT) {
			must(envelope_unpack(frame.payload, &arena, &envelope) == OK);
			look_at_deposit(&envelope, frame.fd);
			must(frame_send(bench.queue, QUEUE_KEPT, frame.exchange, SLICE(""), -1) == OK);
		}
		fd_close(&frame.fd);
		arena_finish(&arena);
	}
}

/* Behind "220" nothing is said in the clear any more: records of TLS, or nothing. */
struct listener { bool secured; struct buffer raw; };
static struct listener ears;

static void look_at_records(void)
{
	struct slice rest = buffer_slice(&ears.raw);

	while (rest.len >= 5) {
		size_t length = (size_t)(unsigned char)rest.at[3] << 8 | (unsigned char)rest.at[4];

		must(rest.at[0] >= 20 && rest.at[0] <= 23 && rest.at[1] == 3);
		if (rest.len < 5 + length)
			break;
		rest = slice_drop(rest, 5 + length);
	}
	must(rest.len == 0 || (rest.at[0] >= 20 && rest.at[0] <= 23));
	buffer_eat(&ears.raw, buffer_length(&ears.raw) - rest.len);
}

static void keep(struct slice bytes)
{
	struct buffer *to = &bench_secure.tls.in;

	must(buffer_add(&ears.raw, bytes) == OK);
	look_at_records();
	if (bench_secure.tls.phase != TLS_OFF && buffer_room(to) >= bytes.len)
		must(buffer_add(to, bytes) == OK);
	buffer_clear(&bench.heard);
	if (bench_secure.tls.phase == TLS_TALKING)
		(void)!tls_take(&bench_secure.tls, &bench.heard);
}

static void listen_on(void)
{
	static const struct slice go_ahead = LIT("220 2.0.0 go ahead\r\n");
	char room[8192];
	ssize_t got;

	for (int i = 0; i < BENCH_TURNS; i++) {
		bench_turn(&bench);
		take_deposits();
		while ((got = recv(bench.client, room, sizeof(room), MSG_DONTWAIT)) > 0) {
			struct slice all = { room, (size_t)got }, *at = &all;
			char *found = ears.secured ? NULL : memmem(room, (size_t)got, go_ahead.at, go_ahead.len);

			if (found) {
				ears.secured = true;
				*at = slice_drop(all, (size_t)(found - room) + go_ahead.len);
			}
			if (ears.secured)
				keep(*at);
		}
	}
}

static void send_raw(struct slice bytes)
{
	(void)!send(bench.client, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	listen_on();
}

static void send_sealed(void)
{
	if (bench_secure.tls.phase == TLS_OFF)
		return;
	send_raw(buffer_slice(&bench_secure.tls.out));
	buffer_clear(&bench_secure.tls.out);
}

static void shake(unsigned turns, size_t most)
{
	if (bench_secure.tls.phase == TLS_OFF)
		bench_hello();
	for (unsigned i = 0; i < turns && bench_secure.tls.phase == TLS_SHAKING; i++) {
		struct buffer *out = &bench_secure.tls.out;
		struct slice rest = buffer_slice(out), some = slice_take(&rest, most);

		send_raw(some);
		buffer_eat(out, some.len);
		(void)!tls_go_on(&bench_secure.tls);
	}
	if (bench_secure.tls.phase == TLS_TALKING)
		send_sealed();
}

/* A low byte is a phrase: random bytes alone would hardly ever make a message. */
static const char *const phrases[] = {
	"EHLO 0\r\n", "MAIL FROM:<0@d>\r\n", "RCPT TO:<0@d>\r\n", "DATA\r\n", "0\r\n.\r\n", "BDAT 1 LAST\r\n", "BDAT 10\r\n",
	"RSET\r\n", "STARTTLS\r\n",
};

static void write_out(struct slice text, char digit, struct buffer *to)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		struct slice some = byte < COUNT_OF(phrases) ? slice_of(phrases[byte]) : (struct slice){ &text.at[i], 1 };

		for (size_t j = 0; j < some.len; j++)
			must(buffer_add_byte(to, byte_is_digit(some.at[j]) ? digit : some.at[j]) == OK);
	}
}

static void do_inside(struct slice text)
{
	size_t taken;

	if (bench_secure.tls.phase != TLS_TALKING)
		return;
	(void)!tls_say(&bench_secure.tls, text, &taken);
	send_sealed();
}

static void act(enum act what, struct slice argument)
{
	struct buffer text;

	buffer_init(&text, 8192);
	switch (what) {
	case BEHIND_STARTTLS:
		must(buffer_add(&text, SLICE("STARTTLS\r\n")) == OK);
		write_out(argument, '0', &text);
		send_raw(buffer_slice(&text));
		break;
	case IN_THE_CLEAR:
		write_out(argument, '0', &text);
		send_raw(buffer_slice(&text));
		break;
	case INSIDE:
		write_out(argument, '1', &text);
		do_inside(buffer_slice(&text));
		break;
	case STARTTLS:
		send_raw(SLICE("STARTTLS\r\n"));
		break;
	case SHAKE:
		shake(BENCH_SHAKES, 100000);
		break;
	case SHAKE_SOME:
		shake(1 + (unsigned)argument.len % 4, 1 + argument.len);
		break;
	case GOODBYE:
		if (bench_secure.tls.phase == TLS_TALKING)
			tls_goodbye(&bench_secure.tls);
		send_sealed();
		break;
	case TURN:
	case ACTS:
		listen_on();
		break;
	}
	buffer_finish(&text);
}

static void begin(void)
{
	if (bench.process.counters.page == NULL) {
		bench_init(&bench, &rules);
		bench_tls_init(&bench);
	}
	buffer_init(&ears.raw, 1 << 20);
	ears.secured = false;
	bench_tls_off(&bench);
	bench_begin(&bench, 0);
	send_raw(SLICE("EHLO o\r\n"));
}

static void end(void)
{
	while (bench.shared.first)
		client_end(bench.shared.first);
	take_deposits();
	tls_finish(&bench_secure.tls);
	buffer_finish(&ears.raw);
	buffer_clear(&bench.heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };

	begin();
	for (int i = 0; i < 64 && rest.len >= 2 && bench.shared.first; i++) {
		enum act what = (unsigned char)rest.at[0] % ACTS;
		size_t length = (unsigned char)rest.at[1];

		rest = slice_drop(rest, 2);
		act(what, slice_take(&rest, length));
	}
	end();
	return 0;
}
