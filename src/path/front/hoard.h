/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoard.h — when room for messages runs out: who holds most of it, and brings next to nothing, gives way; and so does
 *          who holds most and has itself waited too long for more.
 *
 * Knows:   how fast each message has come lately, and how long what is there of it would take to come again at that pace.
 *          Room may be short in all, or in the share of one network: then only its own give way.
 * Ignores: the least rate that holds at any time (deadline.h), places (crowd.h), and how bytes are counted (flight.h).
 * Owns:    nothing: the pace stands in the client, the timer with what clients share.
 * Fails:   never. Where nobody is slow nobody gives way, and the others wait, for as long as a command may take
 *          (deadline_starved).
 */
#ifndef FRONT_HOARD_H
#define FRONT_HOARD_H

#include "front/client.h"

void hoard_brought(struct client *client, size_t bytes);         /* of a message */
void hoard_wait(struct shared *shared);                          /* somebody was told LATER: it is asked again in a while */
void hoard_given(struct shared *shared);                         /* there may be room: they are asked again at once */
void hoard_wake(struct shared *shared);                          /* the timer is due */

#endif
