/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allowance.h — what one client, and its network, may have: connections at a time, and so much in a minute.
 *
 * Knows:   the limits in force, and that trusted clients have none.
 * Ignores: the numbers themselves: admission.h, rates.h.
 * Owns:    nothing.
 * Fails:   LATER: no connection, no handshake; a session is told before each line what is used up, and answers 450.
 */
#ifndef FRONT_ALLOWANCE_H
#define FRONT_ALLOWANCE_H

#include "front/client.h"

/* One more connection; with OK admission_leave() is due at its end. */
must_use enum result allowance_connect(struct shared *shared, const struct door *door, const struct in6_addr *address);

/* One more TLS handshake, before a signature is asked for: those are few, and for everybody. */
must_use enum result allowance_handshake(struct client *client);

/* What a line or an answer is compared with. */
struct allowance { enum stage stage; uint32_t noted; };
struct allowance allowance_before(struct client *client);       /* tells the session what is used up */
void allowance_after(struct client *client, struct allowance before);

#endif
