/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of a handshake, made by hand: versions and ciphers whose time is over, data before its time; and
 * handshakes that do not come to an end. None of them is agreed on, and nothing of them is heard.
 */
#include "front/front_bench_tls.h"

#include <openssl/ssl.h>

enum { RECORDS = 1 << 14, DRIBBLE_MS = 20, DRIBBLE_MOST = 20000 / DRIBBLE_MS };

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = 100000, .recipients = 100, .null_sender_recipients = 1, .errors = 1000, .hops = 50,
	.room = ROOM_FREE,
};

static bool is_over(const struct bench *bench)
{
	return bench->shared.first == NULL || bench->shared.first->session.stage == STAGE_GOODBYE;
}

/* ---- versions and ciphers (T5) ---- */

#define MODERN LIT("\xc0\x2b\xc0\x2c\xc0\x2f\xc0\x30")       /* ECDHE with AES-GCM */

/* version: of the hello; others: those of the extension (RFC 8446 4.2.1), empty: there is none. */
static const struct hello {
	const char *about;
	unsigned version;
	struct slice others, ciphers;
	bool agreed;
} hellos[] = {
	{ "TLS 1.2 with what we have", 0x0303, LIT(""), MODERN, true },
	{ "TLS 1.2 with one of what we have", 0x0303, LIT(""), LIT("\x00\x03\x00\x0a\xc0\x2b"), true },
	{ "SSL 3.0", 0x0300, LIT(""), MODERN, false },
	{ "TLS 1.0", 0x0301, LIT(""), MODERN, false },
	{ "TLS 1.1", 0x0302, LIT(""), MODERN, false },
	{ "SSL 2.0 by its number", 0x0002, LIT(""), MODERN, false },
	{ "TLS 1.1 and 1.0 by the list", 0x0303, LIT("\x03\x02\x03\x01"), MODERN, false },
	{ "SSL 3.0 by the list", 0x0303, LIT("\x03\x00"), MODERN, false },
	{ "a version of which nobody has heard", 0x0303, LIT("\x7f\x99"), MODERN, false },
	{ "ciphers for export", 0x0303, LIT(""), LIT("\x00\x03\x00\x06\x00\x08\x00\x0b\x00\x0e\x00\x11\x00\x14\x00\x17\x00\x19"), false },
	{ "later ciphers for export", 0x0303, LIT(""), LIT("\x00\x60\x00\x61\x00\x62\x00\x63\x00\x64\x00\x65"), false },
	{ "no cipher", 0x0303, LIT(""), LIT("\x00\x00\x00\x01\x00\x02\x00\x3b\xc0\x06\xc0\x10"), false },
	{ "nobody to be verified", 0x0303, LIT(""), LIT("\x00\x18\x00\x1b\x00\x34\x00\x6c\xc0\x15\xc0\x17\xc0\x18\xc0\x19"), false },
	{ "RC4", 0x0303, LIT(""), LIT("\x00\x04\x00\x05\xc0\x07\xc0\x11"), false },
	{ "DES and 3DES", 0x0303, LIT(""), LIT("\x00\x09\x00\x0a\x00\x16\xc0\x08\xc0\x12"), false },
	{ "without curves of one session", 0x0303, LIT(""), LIT("\x00\x2f\x00\x35\x00\x3c\x00\x9c\x00\x9d"), false },
	{ "a shared secret", 0x0303, LIT(""), LIT("\x00\x8a\x00\x8c\x00\xa8\xc0\x35\xc0\x37"), false },
	{ "none at all", 0x0303, LIT(""), LIT(""), false },
};

static void put(struct buffer *to, size_t number, unsigned bytes)
{
	while (bytes-- > 0)
		CHECK(buffer_add_byte(to, (char)(number >> 8 * bytes)) == OK, "room");
}

/* Something with its length before it. */
static void put_slice(struct buffer *to, struct slice what, unsigned bytes)
{
	put(to, what.len, bytes);
	CHECK(buffer_add(to, what) == OK, "room");
}

static void put_extensions(struct buffer *to, struct slice versions)
{
	static const struct slice usual = LIT("\x00\x0a\x00\x04\x00\x02\x00\x17"                           /* P-256 */
	                                      "\x00\x0d\x00\x08\x00\x06\x04\x03\x08\x04\x04\x01");         /* signatures */
	struct buffer all;

	buffer_init(&all, 1024);
	CHECK(buffer_add(&all, usual) == OK, "room");
	if (versions.len) {
		put(&all, 0x002b, 2);
		put(&all, versions.len + 1, 2);
		put_slice(&all, versions, 1);
	}
	put_slice(to, buffer_slice(&all), 2);
	buffer_finish(&all);
}

static void write_hello(const struct hello *hello, struct buffer *ret_bytes)
{
	struct buffer body;

	buffer_init(&body, 4096);
	put(&body, hello->version, 2);
	for (unsigned i = 0; i < 32; i++)
		put(&body, i, 1);
	put(&body, 0, 1);                                      /* no session to be resumed */
	put_slice(&body, hello->ciphers, 2);
	put(&body, 0x0100, 2);                                 /* no compression */
	put_extensions(&body, hello->others);
	put(ret_bytes, 0x16, 1);
	put(ret_bytes, hello->version < 0x0301 ? hello->version : 0x0301, 2);
	put(ret_bytes, buffer_length(&body) + 4, 2);
	put(ret_bytes, 0x01, 1);
	put_slice(ret_bytes, buffer_slice(&body), 3);
	buffer_finish(&body);
}

static void begin(struct bench *bench)
{
	bench_plain(bench);
	bench_say(bench, SLICE("STARTTLS\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("220 2.0.0")), "STARTTLS is taken");
	buffer_clear(&bench->heard);
}

/* A handshake's record, or an alert of the fatal kind and the end. */
static void check_hello(struct bench *bench, const struct hello *hello)
{
	struct buffer bytes;
	struct slice heard;

	buffer_init(&bytes, 8192);
	write_hello(hello, &bytes);
	begin(bench);
	bench_send(bench, buffer_slice(&bytes));
	heard = buffer_slice(&bench->heard);
	if (hello->agreed) {
		CHECK(heard.len > 5 && heard.at[0] == 0x16 && !is_over(bench), hello->about);
	} else {
		CHECK(is_over(bench), hello->about);
		CHECK(heard.len == 0 || (heard.len == 7 && heard.at[0] == 0x15 && heard.at[5] == 2), hello->about);
		buffer_clear(&bench->heard);
		bench_send(bench, SLICE("\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nQUIT\r\n"));
		CHECK(buffer_length(&bench->heard) == 0, hello->about);
	}
	buffer_finish(&bytes);
}

/* ---- data before its time (RFC 8446 2.3) ---- */

/* A secret that a server of ours is said to have given out. */
static int resume(SSL *ssl, const EVP_MD *digest, const unsigned char **ret_name, size_t *ret_length, SSL_SESSION **ret_session)
{
	static const unsigned char suite[] = { 0x13, 0x01 }, secret[32] = { 1 }, name[] = "ticket";
	SSL_SESSION *session = SSL_SESSION_new();

	(void)digest;
	scene_must(session && SSL_SESSION_set1_master_key(session, secret, sizeof(secret)) == 1 &&
	           SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)) == 1 &&
	           SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1 &&
	           SSL_SESSION_set_max_early_data(session, 1000) == 1);
	*ret_name = name;
	*ret_length = sizeof(name) - 1;
	*ret_session = session;
	return 1;
}

static void check_early_data(struct bench *bench)
{
	static const char early[] = "EHLO early\r\nMAIL FROM:<smuggler@b.example>\r\nRCPT TO:<u@example.org>\r\n";
	struct tls_peer peer = { .name = SLICE("mx.example.org") };
	size_t wrote = 0;

	begin(bench);
	scene_must(tls_connect(&bench_secure.tls, bench_secure.client, &peer) == OK);
	SSL_set_psk_use_session_callback(bench_secure.tls.ssl, resume);
	CHECK(SSL_write_early_data(bench_secure.tls.ssl, early, sizeof(early) - 1, &wrote) == 1 && wrote == sizeof(early) - 1,
	      "it is sent at once");
	if (bench_shake(bench) == OK) {
		CHECK(SSL_get_early_data_status(bench_secure.tls.ssl) == SSL_EARLY_DATA_REJECTED, "it is refused");
		bench->inside = &bench_secure.tls;
		bench_send(bench, buffer_slice(&bench_secure.tls.out));
		buffer_clear(&bench_secure.tls.out);
		bench_say(bench, SLICE("RCPT TO:<u@example.org>\r\n"));
		CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("503 5.5.1 say HELO")), "no hello was heard");
	} else {
		CHECK(is_over(bench), "or the handshake is");
	}
	CHECK(!bench->hidden && bench->deposits == 0, "and no command");
}

/* ---- handshakes without an end (T7) ---- */

/* A byte now and then buys no time: the deadline is the whole handshake's. */
static void check_dribble(struct bench *bench, enum session_tls tls)
{
	struct buffer hello;
	struct slice rest;
	size_t sent = 0;

	bench->shared.limits.command_deadline.n = 1;
	bench->door.rules.tls = tls;
	if (tls == SESSION_TLS_OPTIONAL) {
		begin(bench);
	} else {
		bench_tls_off(bench);
		while (bench->shared.first)
			client_end(bench->shared.first);
		bench_begin(bench, 0);
	}
	buffer_init(&hello, 8192);
	write_hello(&hellos[0], &hello);
	buffer_clear(&bench->heard);
	/* In records of one byte each, so that it is long. */
	for (rest = buffer_slice(&hello); sent < DRIBBLE_MOST && !is_over(bench); sent++) {
		char record[6] = { 0x16, 3, 1, 0, 1, rest.at[5 + sent / 6 % (rest.len - 5)] };

		bench_send(bench, (struct slice){ record + sent % 6, 1 });
		(void)poll(NULL, 0, DRIBBLE_MS);
		bench_turn(bench);
	}
	CHECK(is_over(bench) && sent < DRIBBLE_MOST, "it is ended");
	CHECK(sent > 1, "but not at once");
	CHECK(bench->shared.first == NULL && bench->deposits == 0, "and nothing is left of it");
	bench->shared.limits.command_deadline.n = 300;
	bench->door.rules.tls = SESSION_TLS_OPTIONAL;
	buffer_finish(&hello);
}

/* A message in so many records of one byte each arrives whole. */
static void check_small_records(struct bench *bench)
{
	bench_tls(bench);
	bench_say(bench, SLICE("MAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\n"));
	bench_say(bench, SLICE("DATA\r\n"));
	buffer_clear(&bench->heard);
	for (unsigned i = 0; i < RECORDS; i++) {
		bench_seal(bench, i % 100 == 98 ? SLICE("\r") : i % 100 == 99 ? SLICE("\n") : SLICE("x"));
		if (i % 500 && i + 1 < RECORDS)
			continue;
		bench_send(bench, buffer_slice(&bench_secure.tls.out));
		buffer_clear(&bench_secure.tls.out);
		CHECK(bench->shared.first->in.size <= CLIENT_INPUT && bench->shared.first->tls.in.size <= TLS_INPUT, "no more is kept");
	}
	bench_say(bench, SLICE("\r\n.\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("250 2.0.0 accepted")) && bench->deposits == 1, "a message");
}

int main(void)
{
	static struct bench bench;

	bench_init(&bench, &rules);
	bench_tls_init(&bench);
	for (size_t i = 0; i < COUNT_OF(hellos); i++)
		check_hello(&bench, &hellos[i]);
	check_early_data(&bench);
	check_dribble(&bench, SESSION_TLS_OPTIONAL);
	check_dribble(&bench, SESSION_TLS_IMPLICIT);
	check_small_records(&bench);
	bench_tls_finish(&bench);
	bench_finish(&bench);
	return TEST_END();
}
