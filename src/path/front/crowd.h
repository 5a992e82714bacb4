/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.h — when places run out: who has got on least gives way.
 *
 * Knows:   of each door its clients, in the order in which they last got on. Getting on is a command that brings the
 *          session farther than it has been since its last message (NOOP or RSET, again and again, do not), a handshake
 *          done, an answer of ours, and bytes of a message at no less than the least rate.
 * Ignores: deadlines (deadline.h): those hold for everybody, at any time.
 * Owns:    the doors' lists.
 * Fails:   never. Where nobody has stood still for long enough, nobody gives way, and newcomers are refused.
 */
#ifndef FRONT_CROWD_H
#define FRONT_CROWD_H

#include "front/client.h"

void crowd_enter(struct client *client);
void crowd_leave(struct client *client);
void crowd_moved(struct client *client);
void crowd_obeyed(struct client *client);                        /* a command */
void crowd_ended_message(struct client *client);
void crowd_brought(struct client *client, size_t bytes);         /* of a message */

bool crowd_may_go(const struct client *client);          /* not because it waits for us, or for too long */

/* Before a newcomer is let in by `door`: sends a few away if hardly any place is left there, or of all `most`. */
void crowd_thin(struct shared *shared, struct door *door, struct door *doors, size_t door_count, uint64_t most);

#endif
