/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.h — what a neighbour that we believe says of the client it speaks for: XCLIENT and XFORWARD.
 *
 * Knows:   the attributes NAME, ADDR, HELO, that others (PORT, PROTO, IDENT, SOURCE) may stand beside them, xtext,
 *          and [UNAVAILABLE] and [TEMPUNAVAIL], which mean that nothing is known.
 * Ignores: who may say it, and what follows from it.
 * Owns:    nothing: fixed room for what was said.
 * Fails:   REFUSED for an unknown attribute, one given twice, or a value that is none; nothing is kept then.
 */
#ifndef FRONT_CLAIMS_H
#define FRONT_CLAIMS_H

#include "base/slice.h"

#include <netinet/in.h>

enum { CLAIM_TEXT = 256 };

struct claim_text {
	uint8_t length;
	char text[CLAIM_TEXT];
};

struct claim {
	bool there, addressed;             /* something was said; an address among it */
	bool nobody;                       /* it was said that the address is not known */
	struct in6_addr address;           /* IPv4 as IPv4-mapped IPv6 */
	struct claim_text name, helo;      /* empty: not said, or not known */
};

/* What follows the verb and a space. What was said before and is not said again stays. */
must_use enum result claim_read(struct slice arguments, struct claim *claim);
struct slice claim_slice(const struct claim_text *text);

#endif
