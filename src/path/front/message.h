/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h — a client's message on its way: into the memfd, sealed, and over to the queue.
 *
 * Knows:   memfds and their seals, the cap on bytes in flight, when a message is refused for its size.
 * Ignores: replies: it says how the message ended, and the session answers.
 * Owns:    nothing: memfd, size and grant stand in the client; message_drop() gives them back.
 * Fails:   LATER when room is short; a memfd that cannot be made or written makes BODY_NO_ROOM.
 */
#ifndef FRONT_MESSAGE_H
#define FRONT_MESSAGE_H

#include "front/client.h"

void message_begin(struct client *client);                             /* from nothing, with an id and a time */
must_use enum result message_room(struct client *client, size_t more); /* LATER: stop reading */
void message_add(struct client *client, struct slice piece);
must_use enum session_body message_so_far(const struct client *client);
must_use enum session_body message_end(struct client *client);         /* BODY_FINE: sealed */
must_use enum result message_deposit(struct client *client);
void message_drop(struct client *client);

#endif
