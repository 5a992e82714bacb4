/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.h — what all clients of one front have in common.
 *
 * Knows:   the limits and rules in force, the cap on bytes, the deposits, and every client there is.
 * Ignores: how a client is served (client.h) and how it came in (front.c).
 * Owns:    nothing beside the lists; the front owns what stands here.
 */
#ifndef FRONT_SHARED_H
#define FRONT_SHARED_H

#include "base/pool.h"
#include "front/admission.h"
#include "front/asking.h"
#include "front/certificates.h"
#include "front/deposits.h"
#include "front/flight.h"
#include "front/front.h"
#include "front/rates.h"
#include "front/session.h"
#include "front/signatures.h"

struct shared {
	struct process *process;
	struct front_settings limits;             /* replaced whole by a reload */
	struct session_rules rules;
	struct admission admission;
	struct rates rates;
	struct deposits deposits;
	struct asking asking;
	struct certificates certificates;
	struct signatures signatures;
	struct flight flight;
	struct pool clients;
	struct client *first;                     /* all of them */
	size_t connections;
	struct timer wake;                        /* asks the clients again that wait for room in flight: hoard.h */
	bool waking;                              /* it is started */
	uint64_t short_since;                     /* ticks: from when on somebody has waited for it; 0: nobody does */
	bool stopping;
};

#endif
