/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h — mail addresses as SMTP has them: the Path and Mailbox of RFC 5321 4.1.2.
 *
 * Knows:   local part (dot-string or quoted), domain, address literal, source routes (dropped, as
 *          RFC 5321 appendix C says), the null sender, `postmaster` without a domain, UTF-8 where
 *          RFC 6531 was agreed. Limits: local part 64 octets, domain 255, label 63, path 256.
 * Ignores: headers' addresses (mail/message), and whether anybody lives there.
 * Owns:    nothing: slices point into the text that was parsed.
 * Fails:   REFUSED for everything that is not an address; never a guess. An address with NUL, CR,
 *          LF or another control byte anywhere is no address.
 */
#ifndef SMTP_ADDRESS_H
#define SMTP_ADDRESS_H

#include "base/slice.h"

struct address {
	struct slice whole;          /* local@domain as written, without route and angle brackets */
	struct slice local, domain;  /* domain empty: null sender (local empty too) or bare postmaster */
	bool literal;                /* [192.0.2.1] */
	bool utf8;                   /* has bytes over 127 */
};

/* `text` begins with `<`; cuts the path off its front, and leaves what follows (parameters). */
must_use enum result address_path(struct slice *text, bool utf8, struct address *ret_address);
/* local@domain without brackets: settings, command line, headers of our own. */
must_use enum result address_bare(struct slice text, bool utf8, struct address *ret_address);
/* A host name: letters, digits, hyphens and underscores in labels; not an address literal. */
must_use enum result address_domain(struct slice text, bool utf8);

/* Does the local part ask to be relayed on (% hack, !, a second @ in quotes, :)? Refused from strangers. */
bool address_has_route_in_local(const struct address *address);

#endif
