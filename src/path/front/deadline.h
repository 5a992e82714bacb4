/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h — how long a client may take, and the last line of one that took longer.
 *
 * Knows:   the patience of each stage, the whole session's end, the least rate of a body. Time in which we had no room
 *          for its bytes is not the client's; but it has a bound, from which on it may be sent away (crowd.h, hoard.h).
 * Ignores: what is done when the timer is due: client.c.
 * Owns:    nothing: the timer and the account stand in the client.
 * Fails:   a timer that cannot be started ends the session.
 */
#ifndef FRONT_DEADLINE_H
#define FRONT_DEADLINE_H

#include "front/client.h"

void deadline_arm(struct client *client);
/* The last line of a client that must go, whatever it still wants to say. */
void deadline_expel(struct client *client, enum session_end why);
void deadline_line(struct client *client);      /* a line was obeyed: the body's account begins anew */
must_use bool deadline_kept(struct client *client);      /* is the body fast enough? */
/* It waits for room, and its message has done so for longer in all than a command may take. */
must_use bool deadline_starved(const struct client *client);

#endif
