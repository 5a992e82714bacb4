/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where TLS begins and where it ends, bytes change hands: what was said on one side is never heard on the other. Rows of
 * what strangers send there (RFC 3207 4.2 and 6; CVE-2011-0411, CVE-2026-45185), cut at every byte where that matters.
 */
#include "front/front_bench_tls.h"

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = 100000, .recipients = 100, .null_sender_recipients = 1, .errors = 1000, .hops = 50,
	.room = ROOM_FREE,
};

#define HIDDEN "MAIL FROM:<smuggler@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nSubject: h\r\n\r\nh\r\n.\r\n"

static bool is_over(const struct bench *bench)
{
	return bench->shared.first == NULL || bench->shared.first->session.stage == STAGE_GOODBYE;
}

static bool heard(const struct bench *bench, const char *text)
{
	struct slice all = buffer_slice(&bench->heard), wanted = slice_of(text);

	return all.len >= wanted.len && memmem(all.at, all.len, wanted.at, wanted.len) != NULL;
}

/* ---- in the clear, before the handshake ---- */

static const struct { const char *about; struct slice behind; } behind[] = {
	{ "a command", LIT("RSET\r\n") },
	{ "a whole message", LIT(HIDDEN) },
	{ "a hello", LIT("EHLO evil\r\nMAIL FROM:<smuggler@b.example>\r\n") },
	{ "one byte", LIT("X") },
	{ "an empty line", LIT("\r\n") },
	{ "a bare LF", LIT("\n") },
	{ "a NUL", LIT("\0") },
	{ "STARTTLS again", LIT("STARTTLS\r\n") },
	{ "something like a handshake", LIT("\x16\x03\x01\x00\x05hello") },
	{ "an alert", LIT("\x15\x03\x01\x00\x02\x02\x28") },
	{ "data of TLS", LIT("\x17\x03\x03\x00\x05hello") },
	{ "the first words of HTTP", LIT("GET / HTTP/1.0\r\n\r\n") },
};

static void nothing_came(struct bench *bench, const char *about)
{
	CHECK(!bench->hidden && bench->deposits == 0, about);
}

/* In one segment: refused, closed, and 220 is never said. */
static void in_one_segment(struct bench *bench, const char *about, struct slice bytes)
{
	struct buffer all;

	buffer_init(&all, 65536);
	CHECK(buffer_add(&all, SLICE("STARTTLS\r\n")) == OK && buffer_add(&all, bytes) == OK, "room");
	bench_plain(bench);
	bench_send(bench, buffer_slice(&all));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("554 5.5.0 ")) && !heard(bench, "220 "), about);
	CHECK(is_over(bench), about);
	nothing_came(bench, about);
	buffer_finish(&all);
}

/* Cut anywhere: refused, or taken for a handshake, which it is none of. Afterwards no command is obeyed. */
static void in_two_segments(struct bench *bench, const char *about, struct slice bytes)
{
	struct buffer all;

	buffer_init(&all, 65536);
	CHECK(buffer_add(&all, SLICE("STARTTLS\r\n")) == OK && buffer_add(&all, bytes) == OK, "room");
	for (size_t cut = 1; cut < buffer_length(&all); cut++) {
		struct slice rest = buffer_slice(&all);

		bench_plain(bench);
		bench_send(bench, slice_take(&rest, cut));
		bench_send(bench, rest);
		CHECK(!heard(bench, "250") && !heard(bench, "354") && !heard(bench, "221"), about);
		bench_send(bench, SLICE("\r\nQUIT\r\n" HIDDEN));
		CHECK(!heard(bench, "250") && !heard(bench, "354") && !heard(bench, "221"), about);
		nothing_came(bench, about);
	}
	buffer_finish(&all);
}

/* A true first message of a handshake, too early: who sends it cannot know yet that it is wanted. */
static void an_early_handshake(struct bench *bench)
{
	struct buffer hello;

	bench_plain(bench);
	bench_hello();
	buffer_init(&hello, 65536);
	CHECK(buffer_add(&hello, buffer_slice(&bench_secure.tls.out)) == OK, "room");
	in_one_segment(bench, "a true handshake in the same segment", buffer_slice(&hello));
	buffer_finish(&hello);
}

/* A true handshake behind something else, or cut off by it: it fails, and what stands there is not heard. */
static void around_a_handshake(struct bench *bench, const char *about, struct slice bytes, bool before)
{
	enum result end;

	bench_plain(bench);
	bench_send(bench, SLICE("STARTTLS\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("220 ")), "STARTTLS is taken");
	buffer_clear(&bench->heard);
	bench_hello();
	if (!before) {
		bench_send(bench, buffer_slice(&bench_secure.tls.out));
		buffer_clear(&bench_secure.tls.out);
	}
	bench_send(bench, bytes);
	end = bench_shake(bench);
	CHECK(end != OK || is_over(bench), about);
	CHECK(!heard(bench, "250") && !heard(bench, "220"), about);
	nothing_came(bench, about);
}

static void before_tls(struct bench *bench)
{
	for (size_t i = 0; i < COUNT_OF(behind); i++) {
		in_one_segment(bench, behind[i].about, behind[i].behind);
		in_two_segments(bench, behind[i].about, behind[i].behind);
		around_a_handshake(bench, behind[i].about, behind[i].behind, true);
		if (behind[i].behind.len > 4)        /* less waits for the rest of a record */
			around_a_handshake(bench, behind[i].about, behind[i].behind, false);
	}
	an_early_handshake(bench);
}

/* ---- inside ---- */

static void say_all(struct bench *bench, const char *const *lines)
{
	for (; *lines; lines++)
		bench_say(bench, slice_of(*lines));
}

#define MAIL "MAIL FROM:<a@b.example>\r\n"
#define RCPT "RCPT TO:<u@example.org>\r\n"

/* What was begun inside, and then bytes that are not TLS, or the end of TLS and then bytes. No answer, no message. */
static const struct { const char *about; const char *lines[6]; } begun[] = {
	{ "a hello", { "NOOP\r\n" } },
	{ "half a line", { MAIL "RCPT TO:<u@exam" } },
	{ "an envelope", { MAIL RCPT } },
	{ "a message without its end", { MAIL RCPT, "DATA\r\n", "Subject: x\r\n\r\nbody\r\n" } },
	{ "a message but for its last bytes", { MAIL RCPT, "DATA\r\n", "Subject: x\r\n\r\nbody\r\n.\r" } },
	{ "a chunk", { MAIL RCPT, "BDAT 40 LAST\r\n", "Subject: x\r\n" } },
	{ "between chunks", { MAIL RCPT, "BDAT 4\r\nabcd" } },
};
static const struct { const char *about; bool goodbye; struct slice bytes; } intruders[] = {
	{ "one byte behind the end of TLS", true, LIT("X") },
	{ "the end of the message behind the end of TLS", true, LIT("\r\n.\r\n") },
	{ "LF behind the end of TLS", true, LIT("\n") },
	{ "commands behind the end of TLS", true, LIT("\r\n.\r\n" HIDDEN "QUIT\r\n") },
	{ "the end of TLS alone", true, LIT("") },
	{ "commands without TLS", false, LIT("\r\n.\r\n" HIDDEN "QUIT\r\n") },
	{ "an alert without keys", false, LIT("\x15\x03\x03\x00\x02\x01\x00") },
	{ "a record that was made up", false, LIT("\x17\x03\x03\x00\x14" "01234567890123456789") },
};

static void intrude(struct bench *bench, size_t i, size_t j)
{
	bench_tls(bench);
	say_all(bench, begun[i].lines);
	buffer_clear(&bench->heard);
	if (intruders[j].goodbye)
		tls_goodbye(&bench_secure.tls);
	CHECK(buffer_add(&bench_secure.tls.out, intruders[j].bytes) == OK, "room");
	bench_send(bench, buffer_slice(&bench_secure.tls.out));
	CHECK(buffer_length(&bench->heard) == 0, begun[i].about);
	CHECK(bench->deposits == 0, intruders[j].about);
	CHECK(is_over(bench), intruders[j].about);
}

/* What is glued to a line inside is heard, or refused, as it is in the clear. */
static const struct { const char *about, *first, *second, *reply; } glued[] = {
	{ "commands may be pipelined", MAIL RCPT, "RSET\r\n", "250 2.1.0 sender noted\r\n250 2.1.5 " },
	{ "behind DATA in one record", MAIL RCPT "DATA\r\nSubject: x\r\n", "", "250 2.1.0 sender noted\r\n250 2.1.5 " },
	{ "behind DATA in one segment", MAIL RCPT "DATA\r\n", "Subject: x\r\n", "250 2.1.0 sender noted\r\n250 2.1.5 " },
	{ "STARTTLS again", "STARTTLS\r\n", HIDDEN, "503 5.5.1 TLS is on already\r\n" },
};

static void glue(struct bench *bench, size_t i)
{
	bench_tls(bench);
	bench_seal(bench, slice_of(glued[i].first));
	bench_seal(bench, slice_of(glued[i].second));
	bench_send(bench, buffer_slice(&bench_secure.tls.out));
	buffer_clear(&bench_secure.tls.out);
	CHECK(slice_begins(buffer_slice(&bench->heard), slice_of(glued[i].reply)), glued[i].about);
	if (i == 1 || i == 2)
		CHECK(heard(bench, "554 5.5.0 ") && !heard(bench, "354") && is_over(bench), glued[i].about);
}

/* All that was said before is forgotten: an envelope in the clear is none inside. */
static void forgotten(struct bench *bench)
{
	static const char *const lines[] = { RCPT, "DATA\r\n", MAIL, NULL };
	static const char *const replies[] = { "503 ", "503 ", "503 " };

	bench_plain(bench);
	bench_say(bench, SLICE(MAIL RCPT "RSET\r\nSTARTTLS\r\n"));
	CHECK(heard(bench, "220 2.0.0"), "STARTTLS behind RSET");
	buffer_clear(&bench->heard);
	bench_hello();
	CHECK(bench_shake(bench) == OK, "a handshake");
	bench->inside = &bench_secure.tls;
	bench_send(bench, buffer_slice(&bench_secure.tls.out));
	buffer_clear(&bench_secure.tls.out);
	for (size_t i = 0; lines[i]; i++) {
		buffer_clear(&bench->heard);
		bench_say(bench, slice_of(lines[i]));
		CHECK(slice_begins(buffer_slice(&bench->heard), slice_of(replies[i])), lines[i]);
	}
	nothing_came(bench, "nothing was kept");
}

/* A client has its share of handshakes, since each costs a signature. */
static void shares_of_handshakes(struct bench *bench)
{
	bench->shared.limits.handshakes_per_minute.n = 2;
	bench_tls(bench);
	bench_tls(bench);
	bench_plain(bench);
	bench_say(bench, SLICE("STARTTLS\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("454 4.7.0 too many TLS handshakes")), "no third handshake");
	buffer_clear(&bench->heard);
	bench_say(bench, SLICE(MAIL));
	CHECK(heard(bench, "250 2.1.0"), "and the session goes on in the clear");
	bench->door.rules.tls = SESSION_TLS_IMPLICIT;
	while (bench->shared.first)
		client_end(bench->shared.first);
	buffer_clear(&bench->heard);
	bench_begin(bench, 0);
	bench_settle(bench);
	CHECK(is_over(bench) && buffer_length(&bench->heard) == 0, "implicit TLS says nothing in the clear");
	bench->door.rules.tls = SESSION_TLS_OPTIONAL;
	bench->who = SESSION_TRUSTED;
	bench_tls(bench);
	bench->who = 0;
	bench->shared.limits.handshakes_per_minute.n = 0;
	bench->shared.limits.network_handshakes_per_minute.n = 1;
	bench_tls(bench);
	bench_plain(bench);
	bench_say(bench, SLICE("STARTTLS\r\n"));
	CHECK(heard(bench, "454 4.7.0"), "nor has a network more than its share");
	bench->shared.limits.network_handshakes_per_minute.n = 0;
}

int main(void)
{
	static struct bench bench;

	bench_init(&bench, &rules);
	bench_tls_init(&bench);
	before_tls(&bench);
	for (size_t i = 0; i < COUNT_OF(begun); i++)
		for (size_t j = 0; j < COUNT_OF(intruders); j++)
			intrude(&bench, i, j);
	for (size_t i = 0; i < COUNT_OF(glued); i++)
		glue(&bench, i);
	forgotten(&bench);
	shares_of_handshakes(&bench);
	bench_tls_finish(&bench);
	bench_finish(&bench);
	return TEST_END();
}
