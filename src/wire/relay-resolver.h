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
 * Name: no trailing dot, at most 253 bytes; in UTF-8 it is asked about by its A-labels (RFC 5891). Types: A, AAAA, MX, TXT, PTR, TLSA; CNAMEs are followed.
 * Rdata by type, decoded and bounds-checked by the resolver: A 4 bytes; AAAA 16; MX u32 preference and
 * slice host (empty: null MX, RFC 7505); PTR the name; TXT the joined strings; TLSA (RFC 6698) three bytes,
 * usage, selector and matching type, and at least one byte of association data. At most DNS_RECORDS of them,
 * the rest is cut and `secure` is then 0.
 * `secure`: every name on the way was signed, and validated by the resolver (setting `dnssec`); only then may TLSA
 * records be believed, and the MX or CNAME that led to them.
 *
 * A DNSBL is asked with A, and TXT for its reason, of network_reversed() (base/network.h) and the list's zone.
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

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_TLSA = 52 };

enum { DNS_NAME = 253, DNS_RECORDS = 100, RELAY_RESOLVER_LONGEST = 65536 };

#endif
