/* SPDX-License-Identifier: Apache-2.0 */
/*
 * received.h — one Received field as SpamAssassin 4.0.1 reads it: who handed the message to whom.
 *
 * Knows:   the forms that mail servers write (received_rows.c has a row for each), and which of them tell nothing.
 * Ignores: which relay is trusted (relays.h).
 * Owns:    nothing: what is found stands in the line or in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_RECEIVED_H
#define RULES_RECEIVED_H

#include "base/arena.h"

enum received_is {
	RECEIVED_RELAY,
	RECEIVED_IGNORED,                /* no machine handed anything to another, or the line does not say enough */
	RECEIVED_FETCHED,                /* from a mailbox, by a program of the recipient's */
	RECEIVED_UNREAD,                 /* nobody knows this form */
	RECEIVED_LIMIT                   /* it was too much work to find out */
};

struct relay {
	struct slice ip, rdns, helo, by, ident, envfrom, id, auth;       /* empty: not told */
	bool has_envfrom;
	bool no_rdns;                    /* who wrote the line looked for a name, and there was none */
	bool private;                    /* its address is in a network of private use */
	bool internal, msa;              /* relays.h says so */
};

/* `line`: the value, unfolded or not. A line that is ignored may tell a sender, which belongs to the next. */
must_use enum result received_read(struct slice line, struct arena *arena, enum received_is *ret_is, struct relay *ret_relay);

#endif
