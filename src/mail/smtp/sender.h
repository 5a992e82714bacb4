/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender.h — under which names a message's sender is remembered, and asked for.
 *
 * Knows:   the envelope's sender together with the network that the message came from (/24 of IPv4, /64 of IPv6, "local"
 *          for this machine), so that who takes another's address from elsewhere is a stranger; and the sender's domain,
 *          which anybody can claim. ASCII letters in lower case.
 * Ignores: From headers, and who remembers.
 * Owns:    nothing: `text` and `wide` of struct sender_names hold all of it.
 * Fails:   REFUSED: no address of a client, or a sender longer than any: then there is nobody to remember.
 */
#ifndef SMTP_SENDER_H
#define SMTP_SENDER_H

#include "mail/smtp/envelope.h"

enum { SENDER_NAME = 400, SENDER_NETWORK = 64 };

struct sender_names {
	struct slice pair;                 /* "alice@example.org 192.0.2.0/24"; the null sender is "<> 192.0.2.0/24" */
	struct slice domain;               /* "example.org"; empty: of the null sender */
	struct slice source;               /* "192.0.2.0/24"; of IPv6 the /48, of which a stranger has not plenty */
	char text[SENDER_NAME + 1], wide[SENDER_NETWORK];
};

/* ret_names points into itself: it is not to be copied. */
must_use enum result sender_names(const struct envelope *envelope, struct sender_names *ret_names);

#endif
