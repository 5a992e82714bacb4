/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane.h — the TLSA records of a next hop (RFC 6698, 7672): whether they count, and which of them can be used.
 *
 * Knows:   where they stand; that only signed ones count; usages 2 and 3, selectors 0 and 1, matchings 0 to 2.
 * Ignores: how they are asked for and used: resolve.h, base/tls.h.
 * Owns:    copies of those that can be used, until dane_finish().
 * Fails:   LATER where it is not known whether there are any: mail then waits, for somebody may have hidden them.
 */
#ifndef WIRE_DANE_H
#define WIRE_DANE_H

#include "base/arena.h"
#include "base/tls.h"
#include "wire/resolve.h"

struct dane {
	struct arena memory;
	struct tls_tlsa *records;
	size_t count;                         /* 0 with OK: TLS is a must, and any certificate will do (RFC 7672 2.2) */
};

/* "_25._tcp.mx.example.net", into `to`. REFUSED: that is longer than a name may be. */
must_use enum result dane_name(struct slice host, uint16_t port, char to[DNS_NAME + 1], struct slice *ret_name);
/* OK: there are some; `dane` is filled. REFUSED: there are none that count. */
must_use enum result dane_read(struct dane *dane, const struct dns_reply *reply);
void dane_finish(struct dane *dane);              /* safe on a zeroed one */

#endif
