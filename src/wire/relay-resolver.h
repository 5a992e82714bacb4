/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay-resolver.h — whoever needs the DNS asks the resolver. The relay is the first; others join
 *                    with the same frames.
 *
 *   asker                              resolver
 *     ASK(u16 type as u32, slice name) ->
 *                                <----  ANSWER(u8 dns_end, u8 secure, u32 ttl, u32 count, count times: slice rdata)
 *     FORGET                     ---->
 *
 * Name: ASCII, no trailing dot, at most 253 bytes. Types: A, AAAA, MX, TXT, PTR, CNAME-chased.
 * Rdata by type, decoded and bounds-checked by the resolver: A 4 bytes; AAAA 16; MX u32 preference and
 * slice host (empty: null MX, RFC 7505); PTR the name; TXT the joined strings. At most DNS_RECORDS of them,
 * the rest is cut and `secure` is then 0.
 */
#ifndef WIRE_RELAY_RESOLVER_H
#define WIRE_RELAY_RESOLVER_H

enum dns_asks    { DNS_ASK = 1, DNS_FORGET };
enum dns_answers { DNS_ANSWER = 1 };

enum dns_end {
	DNS_FOUND,                /* count >= 1 */
	DNS_NO_RECORDS,           /* the name is there, the type is not */
	DNS_NO_NAME,              /* NXDOMAIN */
	DNS_FAILED,               /* SERVFAIL, bogus, time-out: ask again later; never a reason for 5xx */
};

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };

enum { DNS_NAME = 253, DNS_RECORDS = 100, RELAY_RESOLVER_LONGEST = 65536 };

#endif
