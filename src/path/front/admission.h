/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admission.h — how many connections there are, and how many of each client.
 *
 * Knows:   addresses and their counts; IPv6 neighbours of one /64 are one client.
 * Ignores: sockets, and who is trusted.
 * Owns:    one table, fixed at its making.
 * Fails:   LATER: this client has its share. Nothing was counted then.
 */
#ifndef FRONT_ADMISSION_H
#define FRONT_ADMISSION_H

#include "base/result.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct admission {
	struct admission_row *rows;
	size_t size;                          /* a power of two, twice the connections there may be */
	uint64_t key;                         /* random: nobody can choose addresses that collide */
};

must_use enum result admission_init(struct admission *admission, size_t most, uint64_t key);
void admission_finish(struct admission *admission);

must_use enum result admission_enter(struct admission *admission, const struct in6_addr *client, uint64_t share);
void admission_leave(struct admission *admission, const struct in6_addr *client);

#endif
