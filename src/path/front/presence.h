/* SPDX-License-Identifier: Apache-2.0 */
/*
 * presence.h — whether a client from which nothing is taken now is still there.
 *
 * Knows:   what the socket says of its end, and what TCP does of one that stands behind bytes.
 * Ignores: what follows from it: client.c.
 * Owns:    nothing.
 * Fails:   never. In doubt the client is there: an end that stands behind more than TCP takes is not known yet.
 */
#ifndef FRONT_PRESENCE_H
#define FRONT_PRESENCE_H

#include "front/client.h"

bool presence_ended(struct client *client);       /* it hung up; notes whether it spoke instead */
bool presence_lost(struct client *client);        /* the same, whatever it said before; looks once in a second */

#endif
