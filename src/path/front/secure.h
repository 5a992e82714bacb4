/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secure.h — TLS between a client's socket and its buffers (RFC 3207; implicit TLS: RFC 8314 3.3).
 *
 * Knows:   when a handshake may begin and what came of it; which bytes go to the socket as they are.
 * Ignores: what is said inside, and when to read: client.c does.
 * Owns:    nothing beside what stands in the client's struct tls.
 * Fails:   the client: its session is ended (session_gone), with a line in the log.
 */
#ifndef FRONT_SECURE_H
#define FRONT_SECURE_H

#include "front/client.h"

/* The next bytes from the client are a handshake's; what is in `out` still goes in the clear, before it. */
void secure_begin_unasked(struct client *client);        /* before any word; if it may have one more handshake */
void secure_begin(struct client *client);
bool secure_is_on(const struct client *client);
bool secure_is_shaking(const struct client *client);
bool secure_wants(const struct client *client);            /* more bytes from the socket, as far as TLS is concerned */

/* Bytes came in client->tls.in, or a signature. */
void secure_go_on(struct client *client);
bool secure_take(struct client *client);                   /* moves what was said to `in`; true: there was something */
/* What is to be sent now; `out` itself where there is no TLS. */
struct buffer *secure_outgoing(struct client *client);
void secure_put(struct client *client);                    /* `out` to there, as far as it fits */
void secure_goodbye(struct client *client);
size_t secure_unsent(const struct client *client);         /* bytes, on both sides of TLS */

#endif
