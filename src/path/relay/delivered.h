/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivered.h — has this message been put into that address's mailbox before, and come back? Then it goes in a circle.
 *
 * Knows:   the fields Delivered-To in the header of the message as it came: what is written at delivery names the
 *          mailbox in one, as Postfix and Exim do.
 * Ignores: who sent it in a circle; Received fields, which the front counts.
 * Owns:    nothing. It reads by the plan's `read`, and blocks: it runs on the crew.
 * Fails:   LATER when the message cannot be read. A header is looked at up to DELIVERED_HEADER bytes.
 */
#ifndef RELAY_DELIVERED_H
#define RELAY_DELIVERED_H

#include "relay/transmit.h"

enum { DELIVERED_HEADER = 1 << 20, DELIVERED_FIELD = 512 };

/* OK: it has not. REFUSED: it has. `room` is for reading, of at least one byte. */
must_use enum result delivered_look(const struct transmit_plan *plan, struct slice address, char *room, size_t size);

#endif
