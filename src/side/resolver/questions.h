/* SPDX-License-Identifier: Apache-2.0 */
/*
 * questions.h — who asks what, until it is answered, forgotten, or too late.
 *
 * Knows:   the wire's frames, the bounds on names and on questions at a time, and the answer's time-out.
 * Ignores: how the DNS is asked (libunbound), and processes (resolver.c).
 * Owns:    questions until their end. The library may answer before it returns from being asked.
 * Fails:   DNS_FAILED for whatever went wrong; a frame that is not a question closes its wire.
 */
#ifndef RESOLVER_QUESTIONS_H
#define RESOLVER_QUESTIONS_H

#include "base/channel.h"
#include "base/counters.h"
#include "base/pool.h"
#include "wire/relay-resolver.h"

struct ub_ctx;

enum { ASKERS = 16, QUESTIONS = 4096, QUESTIONS_OF_ONE = 2048 };

struct asker {
	struct questions *questions;
	struct channel channel;
	char name[32];
	uint32_t instance;
	size_t waiting;
};

struct questions {
	struct loop *loop;
	struct counters *counters;
	struct ub_ctx *library;
	uint64_t timeout_ms;
	struct pool pool;
	struct question *first;
	struct asker askers[ASKERS];
};

void questions_init(struct questions *questions, struct loop *loop, struct counters *counters, struct ub_ctx *library,
                    uint64_t timeout_ms);
must_use enum result questions_wire(struct questions *questions, struct slice name, uint32_t instance,
				    int fd);               /* takes fd */
void questions_finish(struct questions *questions);        /* safe on a zeroed one */

#endif
