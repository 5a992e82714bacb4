/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h — one connection to a next hop: socket, time-outs, the client's talk and the content's blocks.
 *
 * Knows:   when to read and write, how long each stage may take, and that after a letter nothing is begun until the
 *          queue has noted its results.
 * Ignores: what is said (client.h) and which letter or hop is next (destinations.h).
 * Owns:    its descriptor and timer. The crew fills its room with content; until it is done the connection stays.
 * Fails:   into the client, which defers what is open; a connection that never became ready is its hop's failure.
 */
#ifndef RELAY_CONNECTION_H
#define RELAY_CONNECTION_H

#include "relay/destinations.h"

struct connection;

void connections_init(struct office *office);
/* OK: on its way, or the hop is marked as down. LATER: we are short of something. */
must_use enum result connection_open(struct destination *destination, const struct hop *hop);
const struct hop *connection_hop(const struct connection *connection);
struct connection *connection_next_idle(const struct connection *connection);
/* An idle one takes a letter. */
void connection_carry(struct connection *connection, struct letter *letter);
void connection_noted(struct connection *connection);
/* All of a destination's: end what has not reached its final dot. */
void connections_stop(struct destination *destination);
void connections_drop(struct destination *destination);

#endif
