/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination_hops.h — which of a destination's hops is up, and which is next (for destinations.c alone).
 *
 * Knows:   that a hop is left alone when it failed, what its target may get, and who has the least to do.
 * Ignores: the line of letters.
 * Owns:    nothing by itself.
 * Fails:   never; nobody is chosen when there is nobody.
 */
#ifndef RELAY_DESTINATION_HOPS_H
#define RELAY_DESTINATION_HOPS_H

#include "relay/destinations.h"

enum backend_state destination_hop_state(const struct hop *hop, uint64_t now);
/* For a new connection; NULL with `ret_all_down`: nobody is up; NULL without: they have all that they may get. */
struct hop *destination_choose_hop(struct destination *destination, bool *ret_all_down);
/* For the next letter; NULL: none may take one now. */
struct connection *destination_choose_idle(struct destination *destination);
/* Why all are down, as a reply. */
const char *destination_reason(const struct destination *destination);
/* Looks at those that are down, where it is time. */
void destination_look_at_hops(struct destination *destination, uint64_t now);

#endif
