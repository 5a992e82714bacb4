/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates.h — the certificates that are shown, and whether there are any that can be.
 *
 * Knows:   the chains of this settings' certificates, and which keys the process keys says it has.
 * Ignores: clients: each handshake has the contexts that it began with.
 * Owns:    the chains and the contexts made of them.
 * Fails:   a certificate that cannot be used is left out, with a warning; without any, TLS is not offered. After a
 *          reload the old ones stand until the keys of all new ones are held, or CERTIFICATES_PATIENCE has passed.
 */
#ifndef FRONT_CERTIFICATES_H
#define FRONT_CERTIFICATES_H

#include "base/process.h"
#include "base/tls.h"
#include "wire/front-keys.h"
#include "wire/gateway.h"

enum { CERTIFICATES_PATIENCE = 3000 /* ms */, CERTIFICATE_TITLE = 254 };

struct certificate {
	char title[CERTIFICATE_TITLE];
	struct buffer chain;
	uint8_t key[TLS_KEY_ID];
	bool good;
};

struct certificate_set { struct certificate list[CERTIFICATES_MOST]; size_t count; };

struct certificates {
	struct process *process;
	struct tls_library *library;
	struct tls_server *server;                /* NULL: none */
	struct certificate_set coming, now;
	uint8_t held[KEYS_MOST][TLS_KEY_ID];
	size_t held_count;
	struct timer patience;
	bool waiting, warned;
	bool ready;                               /* TLS can be begun */
};

/* Before the jail. */
must_use enum result certificates_init(struct certificates *certificates, struct process *process);
/* Takes fd: a chain, for the next turn. */
void certificates_take(struct certificates *certificates, struct slice title, int fd);
/* What was taken are the certificates now: at the start, and after each reload. */
void certificates_turn(struct certificates *certificates);
/* 0: there is nobody who signs. */
void certificates_held(struct certificates *certificates, const uint8_t (*names)[TLS_KEY_ID], size_t count);

#endif
