/* SPDX-License-Identifier: Apache-2.0 */
/*
 * departure.h — a letter for a Maildir, on its way through the crew.
 *
 * Knows:   the headers that go on top (Return-Path, Delivered-To, the trace), and what an end of maildir.h means for
 *          the queue.
 * Ignores: folders and files: maildir.h.
 * Owns:    a place in office->departures while it is going on; it holds the message for the thread.
 * Fails:   as RELAY_DEFERRED or RELAY_FAILED with a reply.
 */
#ifndef RELAY_DEPARTURE_H
#define RELAY_DEPARTURE_H

#include "relay/destinations.h"

void departures_init(struct office *office);
void departure_begin(struct destination *destination, struct letter *letter);

#endif
