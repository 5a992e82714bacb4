/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_address.h — the addresses of a header field as SpamAssassin's own reader finds them (inside mail/rules only).
 *
 * Knows:   what it makes of damage: rules ask for its answers, not for those of RFC 5322 (mail/message has these).
 * Ignores: encoded words: a name stands as it was written.
 * Owns:    nothing: names stand in the arena, addresses in it or in the value.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_ADDRESS_H
#define RULES_VIEW_ADDRESS_H

#include "base/arena.h"

struct view_address { struct slice name, address; };     /* either may be empty */
struct view_addresses { struct view_address *list; size_t count; };

must_use enum result view_addresses_read(struct slice value, struct arena *arena, struct view_addresses *ret_addresses);

#endif
