/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy.h — the header that a load balancer sends before a client's bytes: PROXY protocol, versions 1 and 2.
 *
 * Knows:   both forms, whole or not yet whole, and which address is the client's.
 * Ignores: who may send one (the door does), and the address that was connected to.
 * Owns:    nothing.
 * Fails:   REFUSED: this is no header; nothing is to be answered. AGAIN: it may become one with more bytes; never
 *          with PROXY_MOST of them.
 */
#ifndef FRONT_PROXY_H
#define FRONT_PROXY_H

#include "base/slice.h"

#include <netinet/in.h>

enum { PROXY_MOST = 4096 };

struct proxy_header {
	size_t length;                 /* bytes of the header; the client's follow */
	bool own;                      /* LOCAL or UNKNOWN: the balancer speaks for itself */
	struct in6_addr address;       /* the client's; IPv4 as IPv4-mapped IPv6 */
};

must_use enum result proxy_read(struct slice bytes, struct proxy_header *ret_header);

#endif
