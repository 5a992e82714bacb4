/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h — addresses and networks from text, and whether one lies in the other.
 *
 * Knows:   IPv4 and IPv6 in the forms of RFC 4291, prefixes, and brackets around IPv6.
 * Ignores: names, ports and sockets.
 * Owns:    nothing.
 * Fails:   REFUSED: no address, or a network with bits behind its length.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include "base/slice.h"

#include <netinet/in.h>

/* 10.20.0.0/16, 2001:db8::/32, 192.0.2.1. IPv4 is kept as IPv4-mapped IPv6. */
struct network { struct in6_addr address; unsigned bits; };
must_use enum result network_parse(struct slice text, struct network *ret_network);
bool network_has(const struct network *network, const struct in6_addr *address);
/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]" → IPv4-mapped IPv6. */
must_use enum result network_address(struct slice text, struct in6_addr *ret_address);
/* "192.0.2.1", "2001:db8::1" and nothing around it. */
must_use enum result network_plain(struct slice text, struct in6_addr *ret_address, bool *ret_ipv6);

/* As the DNS has it, for PTR and lists of addresses: "1.2.0.192", or for IPv6 32 hexadecimal digits with dots between;
 * a zone follows behind one more dot. Ends with a NUL. */
enum { NETWORK_REVERSED = 64 };
void network_reversed(const struct in6_addr *address, char ret_text[NETWORK_REVERSED]);

#endif
