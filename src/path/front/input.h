/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h — what a client sent, taken as its stage permits: command lines, or the body of a message.
 *
 * Knows:   where a line ends, which are too long, where a body ends, what becomes of it then.
 * Ignores: the socket's readiness and the output's way out (client.c).
 * Owns:    nothing.
 * Fails:   never: what is wrong is answered, and a client that must go is expelled.
 */
#ifndef FRONT_INPUT_H
#define FRONT_INPUT_H

#include "front/client.h"

bool input_waits(const struct client *client);           /* bytes are there that nobody has taken */
bool input_may_be_taken(const struct client *client);
bool input_take(struct client *client);                  /* false: no more for now */
/* What is known of the recipient that was asked for. */
void input_recipient(struct client *client, enum result end, const struct slice *addresses, size_t count, bool hidden);
/* The message's verdict, and the message is no more. */
void input_settle(struct client *client, enum result verdict, struct slice reply);

#endif
