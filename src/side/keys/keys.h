/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h — the door of the keys' room: private keys, loaded at the start; it signs digests, and tells nothing.
 *
 * Knows:   its counters, which others read, and its jail; the process itself is keys.c.
 * Ignores: certificates, names, and what a signature is for. Key files come as descriptors from the supervisor.
 * Owns:    nothing here.
 * Fails:   see wire/front-keys.h: DENIED, which fails one handshake.
 */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include "base/counters.h"
#include "base/jail.h"

#define KEYS_COUNTERS(ROW)                                                  \
	ROW(signed, COUNTS, "signatures made")                              \
	ROW(denied, COUNTS, "questions that were denied")                   \
	ROW(held,   SHOWS,  "private keys held")
#define KEYS_COUNT(name, kind, about) KEYS_COUNT_##name,
enum keys_count { KEYS_COUNTERS(KEYS_COUNT) KEYS_COUNT_END };
#undef KEYS_COUNT
extern const struct counter keys_counters[];
extern const size_t keys_counter_count;

extern const struct jail keys_jail;

#endif
