/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash_place.h — where a number that is a hash already stands in a set by open addressing (inside mail/spam only).
 *
 * Knows:   a table of 2^bits numbers, 0 where none stands, at most half full.
 * Ignores: what the numbers mean, and how the table grows.
 * Owns:    nothing.
 * Fails:   never; in a full table it would not end.
 */
#ifndef SPAM_HASH_PLACE_H
#define SPAM_HASH_PLACE_H

#include <stdint.h>

/* The place of `hash`, or the free one where it would stand. */
static inline uint32_t *hash_place(uint32_t *seen, unsigned bits, uint32_t hash)
{
	uint32_t mask = (1u << bits) - 1, place = hash >> (32 - bits);

	while (seen[place] && seen[place] != hash)
		place = (place + 1) & mask;
	return &seen[place];
}

#endif
