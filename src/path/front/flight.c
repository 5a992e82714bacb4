/* SPDX-License-Identifier: Apache-2.0 */
/* Below limit minus reserve all may take; above it, the one who came there first, until it gives back. */
#include "front/flight.h"

#include <stddef.h>

enum result flight_take(struct flight *flight, const void *who, uint64_t bytes)
{
	if (flight->first != who && flight->used + bytes > flight->limit - flight->reserve) {
		if (flight->first)
			return LATER;
		flight->first = who;
	}
	flight->used += bytes;
	return OK;
}

void flight_give(struct flight *flight, const void *who, uint64_t bytes)
{
	flight->used -= bytes;
	if (flight->first == who)
		flight->first = NULL;
}
