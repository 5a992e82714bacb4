/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_address.h — addresses of machines within a text, as SpamAssassin finds them (inside mail/rules only).
 *
 * Knows:   IPv4 and IPv6 and what may stand beside them; "IPv6:" before them; names of the machine itself.
 * Ignores: networks (relays.h).
 * Owns:    nothing.
 * Fails:   never: what is no address has the length 0.
 */
#ifndef RULES_SHAPE_ADDRESS_H
#define RULES_SHAPE_ADDRESS_H

#include "base/slice.h"

#include <netinet/in.h>

/* How many bytes at `at` are an address; 0: none begins there. */
size_t shape_address(struct slice text, size_t at);
/* …are "localhost", "localhost.localdomain", or the machine's address of itself. */
size_t shape_own_name(struct slice text, size_t at);
/* The first address in the text; empty: there is none. */
struct slice shape_find_address(struct slice text);
/* "192.0.2.1", "2001:db8::1", "IPv6:2001:db8::1", as IPv4-mapped IPv6. */
must_use enum result shape_address_read(struct slice text, struct in6_addr *ret_address);
/* The whole is "192.0.2.1" or the like, and nothing else. */
bool shape_is_ipv4(struct slice text);

#endif
