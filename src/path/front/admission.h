/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admission.h — how many connections there are, of each client and of each network.
 *
 * Knows:   addresses and their counts; IPv6 neighbours of one /64 are one client; an IPv4 /24 and an IPv6 /48 are
 *          networks. Local users (ff00::/8 here) are of none.
 * Ignores: sockets, and who is trusted.
 * Owns:    one table, fixed at its making.
 * Fails:   LATER: this client or its network has its share. Nothing was counted then.
 */
#ifndef FRONT_ADMISSION_H
#define FRONT_ADMISSION_H

#include "base/result.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Who is counted: a client, or a network; no client's is a network's. */
struct admission_key {
	uint64_t high, low;
};
struct admission_key admission_client(const struct in6_addr *client);
struct admission_key admission_network(const struct in6_addr *client);
uint64_t admission_mix(struct admission_key key, uint64_t secret);      /* 44 bits, spread evenly */

struct admission {
	struct admission_row *rows;
	size_t size;                          /* a power of two, four times the connections there may be */
	uint64_t key;                         /* random: nobody can choose addresses that collide */
};

must_use enum result admission_init(struct admission *admission, size_t most, uint64_t key);
void admission_finish(struct admission *admission);

/* per_network 0: networks have no limit. They are counted all the same. */
must_use enum result admission_enter(struct admission *admission, const struct in6_addr *client, uint64_t per_client,
                                     uint64_t per_network);
void admission_leave(struct admission *admission, const struct in6_addr *client);

#endif
