/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_bench_tls.h — for tests: the bench's client behind STARTTLS, with a certificate made on the spot.
 *
 * Knows:   how to be the process that signs, and a client that shakes hands.
 * Ignores: who is believed: base/tls_test.c.
 * Owns:    certificate, key and contexts, until bench_tls_finish(), which comes before bench_finish().
 */
#ifndef FRONT_FRONT_BENCH_TLS_H
#define FRONT_FRONT_BENCH_TLS_H

#include "base/tls_key.h"
#include "base/tls_scene.h"
#include "front/front_bench.h"

enum { BENCH_SHAKES = 100 };

struct bench_tls {
	struct tls tls;                           /* our end */
	struct tls_library *library;
	struct tls_client *client;
	struct tls_key *key;
	struct scene_identity identity;
	struct tls *waiting;                      /* the front's end, which asked for a signature */
	struct tls_question question;
};

static struct bench_tls bench_secure;

static inline enum result bench_asked(void *owner, struct tls *tls, const struct tls_question *question)
{
	struct bench_tls *secure = owner;

	secure->waiting = tls;
	secure->question = *question;
	return OK;
}

static inline void bench_forgotten(void *owner, struct tls *tls)
{
	struct bench_tls *secure = owner;

	if (secure->waiting == tls)
		secure->waiting = NULL;
}

static inline void bench_sign(struct bench *bench)
{
	struct tls *tls = bench_secure.waiting;
	struct buffer signature;
	enum result end;

	if (tls == NULL)
		return;
	bench_secure.waiting = NULL;
	buffer_init(&signature, TLS_SIGNATURE_MOST);
	end = tls_key_sign(bench_secure.key, &bench_secure.question, &signature);
	tls_signed(tls, end, buffer_slice(&signature));
	buffer_finish(&signature);
	client_signed(tls);
	(void)bench;
}

static inline void bench_tls_init(struct bench *bench)
{
	struct certificates *certificates = &bench->shared.certificates;
	uint8_t id[TLS_KEY_ID];
	char why[TLS_WHY] = "";

	bench_secure = (struct bench_tls){ .identity = scene_make("mx.example.org", 0, NULL) };
	scene_must(tls_key_create(bench_secure.identity.secret, &bench_secure.key, why) == OK &&
	           tls_library_open(&bench_secure.library) == OK &&
	           tls_server_create(bench_secure.library, &certificates->server) == OK &&
	           tls_client_create(bench_secure.library, &bench_secure.client) == OK &&
	           tls_server_add(certificates->server, SLICE("one"), bench_secure.identity.chain, id, why) == OK);
	certificates->ready = true;
	bench->door.rules.tls = SESSION_TLS_OPTIONAL;
	bench->door.rules.tls_ready = &certificates->ready;
	bench->shared.signatures.signer = (struct tls_signer){ bench_asked, bench_forgotten, &bench_secure };
	bench->sign = bench_sign;
}

static inline void bench_tls_off(struct bench *bench)
{
	bench->inside = NULL;
	tls_finish(&bench_secure.tls);
}

static inline void bench_tls_finish(struct bench *bench)
{
	while (bench->shared.first)
		client_end(bench->shared.first);
	bench_tls_off(bench);
	tls_server_destroy(bench->shared.certificates.server);
	tls_client_destroy(bench_secure.client);
	tls_library_close(bench_secure.library);
	tls_key_destroy(bench_secure.key);
	scene_finish(&bench_secure.identity);
}

/* A new connection, as far as the reply to EHLO, in the clear. */
static inline void bench_plain(struct bench *bench)
{
	while (bench->shared.first)
		client_end(bench->shared.first);
	bench_tls_off(bench);
	bench_begin(bench, bench->who);
	bench_say(bench, SLICE("EHLO x\r\n"));
	buffer_clear(&bench->heard);
	bench->deposits = 0;
	bench->hidden = bench->foul = false;
}

static inline void bench_hello(void)
{
	struct tls_peer peer = { .name = SLICE("mx.example.org") };

	scene_must(tls_connect(&bench_secure.tls, bench_secure.client, &peer) == OK && tls_go_on(&bench_secure.tls) == AGAIN);
}

/* Until our end says that it is done, or has failed; AGAIN: nothing comes any more. */
static inline enum result bench_shake(struct bench *bench)
{
	enum result end = AGAIN;

	for (int i = 0; i < BENCH_SHAKES && end == AGAIN; i++) {
		char room[8192];
		ssize_t got;

		bench_send(bench, buffer_slice(&bench_secure.tls.out));
		buffer_clear(&bench_secure.tls.out);
		if (buffer_length(&bench->heard) && buffer_add(&bench_secure.tls.in, buffer_slice(&bench->heard)) == OK)
			buffer_clear(&bench->heard);
		got = recv(bench->client, room, sizeof(room), MSG_DONTWAIT);
		if (got > 0)
			scene_must(buffer_add(&bench_secure.tls.in, (struct slice){ room, (size_t)got }) == OK);
		end = tls_go_on(&bench_secure.tls);
	}
	return end;
}

/* A new connection inside TLS, as far as the reply to EHLO there. */
static inline void bench_tls(struct bench *bench)
{
	bench_plain(bench);
	bench_say(bench, SLICE("STARTTLS\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("220 2.0.0")), "STARTTLS is taken");
	buffer_clear(&bench->heard);
	bench_hello();
	CHECK(bench_shake(bench) == OK, "a handshake");
	bench->inside = &bench_secure.tls;
	bench_send(bench, buffer_slice(&bench_secure.tls.out));
	buffer_clear(&bench_secure.tls.out);
	bench_say(bench, SLICE("EHLO y\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("250-mx.example.org\r\n")), "and a hello");
	buffer_clear(&bench->heard);
}

#endif
