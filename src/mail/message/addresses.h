/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addresses.h — the addresses of a header field (RFC 5322, 3.4 and 4.4; RFC 6532), as every reader would find them.
 *
 * Knows:   names, quoted strings, comments, groups, routes, encoded words, several addresses, and what others write
 *          instead; what a reader finds who knows neither quotes nor comments, or decodes words before he looks for
 *          addresses.
 * Ignores: whether a domain can exist and how IDN is spelt: bytes above 127 stand as they are, in UTF-8.
 * Owns:    nothing: what had to be rewritten stands in the reader's arena.
 * Fails:   LATER: the arena is full. Damage is a fault; at the limit `addresses` reading stops, which is one too.
 */
#ifndef MESSAGE_ADDRESSES_H
#define MESSAGE_ADDRESSES_H

#include "mail/message/reader.h"

enum address_fault {
	ADDRESS_BROKEN  = 1,                     /* no grammar allows it, nor the obsolete one */
	ADDRESS_DIFFERS = 2,                     /* two readers find different addresses; all of them are in the list */
	ADDRESS_MORE    = 4,                     /* more of them than the limit: those behind are not read */
};

enum { ADDRESS_MOST = 320 };                     /* bytes of one, RFC 3696; longer ones are broken, and differ */

/* address: "local@domain" without blanks, comments and needless quotes, the domain in lower case. name: decoded, or
 * the comment behind it; empty: none. Where others stand in for one mailbox, they follow it with `other`. */
struct mail_address { struct slice address, name; bool other; };

struct addresses {
	struct mail_address *list;
	size_t count;
	unsigned faults;
};

/* `value`: of a field, with folding. What has no "@" is no address. */
must_use enum result addresses_read(const struct message_reader *reader, struct slice value, struct addresses *ret_addresses);
/* Is there another one than the first in the list? */
bool addresses_are_several(const struct addresses *addresses);

#endif
