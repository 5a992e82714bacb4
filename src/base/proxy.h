/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy.h — the head that tells a next hop who is behind a connection: the PROXY protocol, version 2, in its binary form.
 *
 * Knows:   PROXY with two addresses of one family; LOCAL where there is nobody to tell of, or no address.
 * Ignores: whether the hop trusts us: the settings say so.
 * Owns:    nothing. Never fails.
 */
#ifndef BASE_PROXY_H
#define BASE_PROXY_H

#include "base/slice.h"

#include <netinet/in.h>

enum { PROXY_HEAD = 16 + 36 };

/* `client` as text, empty: nobody. `to` is the hop's own address. The client's port is not known to us, and is 0.
 * Returns how many bytes were written. */
size_t proxy_head(struct slice client, const struct in6_addr *to, uint16_t port, char head[PROXY_HEAD]);

#endif
