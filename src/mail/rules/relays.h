/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relays.h — through whose hands a message came, and which of them are trusted, as SpamAssassin sees it.
 *
 * Knows:   trusted_networks, internal_networks, msa_networks and originating_ip_headers of a rule set; how trust goes from
 *          one Received field to the next.
 * Ignores: what a single field says (received.h), and what rules make of it.
 * Owns:    nothing: networks stand in the rule set's arena, relays in the reader's.
 * Fails:   LATER: the arena is full. Networks that cannot be read are complaints in the set.
 */
#ifndef RULES_RELAYS_H
#define RULES_RELAYS_H

#include "base/network.h"
#include "mail/rules/received.h"
#include "mail/rules/ruleset.h"

enum { RELAYS_MOST = 256, RELAYS_TEXT_MOST = 512 << 10 };       /* of one message; bytes of all that is told of them */

struct trust_network { struct network network; bool excluded; struct rules_place place; };
/* The first that an address lies in says what it is. */
struct trust_networks { struct trust_network *list; size_t count, room; bool configured; };

struct trust {
	struct trust_networks trusted, internal, msa;
	struct slice *headers;                   /* that tell one more address */
	size_t header_count;
	struct slice sender_header;              /* envelope_sender_header; empty: none */
};

/* What the lines of a set say, in their order. */
must_use enum result trust_build(struct ruleset *set, struct arena *arena, struct trust *ret_trust);
bool trust_has(const struct trust_networks *networks, struct slice ip);

struct relays {
	struct relay *list;                      /* the nearest first: those inside, then those trusted, then all others */
	size_t count, internal, trusted;         /* `internal`, `trusted`: so many at its front */
	size_t unread;                           /* fields of forms that nobody knows */
	size_t internal_fields, trusted_fields;  /* Received fields, of all, that were passed while still inside, or trusted */
	size_t limits;                           /* fields that were too much work, or too many */
};

struct rules_view;
must_use enum result relays_read(const struct rules_view *view, const struct trust *trust, struct relays *ret_relays);

/* "[ ip=192.0.2.1 rdns=… msa=0 ]" of `count` relays from the `first` on. */
must_use enum result relays_text(const struct relays *relays, size_t first, size_t count, struct arena *arena, struct slice *ret_text);

#endif
