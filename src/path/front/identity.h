/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h — who a client is: by its socket, by a balancer's header, by a neighbour's word.
 *
 * Knows:   what an address means at a door: trust, shares, who may speak for others.
 * Ignores: what is said to a client that is refused.
 * Owns:    nothing.
 * Fails:   LATER: that client has its share.
 */
#ifndef FRONT_IDENTITY_H
#define FRONT_IDENTITY_H

#include "front/client.h"

/* Bits of session_client for an address. */
unsigned identity_bits(const struct door *door, const struct in6_addr *address);
/* From here on it is that client; its share is counted anew. */
must_use enum result identity_take(struct client *client, const struct in6_addr *address);
/* Reads the balancer's header off the socket, and not a byte more. AGAIN: it is not whole. REFUSED: it is none, or the
 * connection has ended. */
must_use enum result identity_header(struct client *client);
/* Nobody knows which client it is: it has no address to be trusted for. */
void identity_lose(struct client *client);
bool identity_text(const struct in6_addr *address, char text[CLIENT_ADDRESS]);
void identity_write(struct client *client);       /* the address as text */

#endif
