/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates.h — how often in a minute: connections, TLS handshakes, messages and recipients of a client, the first two of a
 *           network.
 *
 * Knows:   for each of them a bucket that runs empty evenly, and holds a minute's share.
 * Ignores: who is trusted, and what happens to those who are refused.
 * Owns:    one table of fixed size, made when the first limit is asked for. Whose bucket was touched longest ago loses it
 *          to others, so a flood from thousands of addresses is for limits of networks and of all connections.
 * Fails:   LATER: the share is used up, and nothing was counted; or there is no memory.
 */
#ifndef FRONT_RATES_H
#define FRONT_RATES_H

#include "front/admission.h"

#include <stdbool.h>

enum rate { RATE_CONNECTIONS, RATE_HANDSHAKES, RATE_MESSAGES, RATE_RECIPIENTS, RATES };

struct rates {
	struct rates_row *rows;
	uint64_t key;                         /* random, as admission's */
};

void rates_init(struct rates *rates, uint64_t key);
void rates_finish(struct rates *rates);

/* `limit`: a minute; 0: any. `now`: ms. */
must_use enum result rates_take(struct rates *rates, struct admission_key who, enum rate what, uint64_t limit, uint64_t now);
/* Would one more be refused? */
bool rates_spent(struct rates *rates, struct admission_key who, enum rate what, uint64_t limit, uint64_t now);

#endif
