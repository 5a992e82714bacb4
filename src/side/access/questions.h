/* SPDX-License-Identifier: Apache-2.0 */
/*
 * questions.h — what the fronts ask, until it is answered or forgotten.
 *
 * Knows:   wire/front-access.h; how many questions there may be.
 * Ignores: how the answers are found (expansion.h).
 * Owns:    the wires to the fronts, and questions until their end.
 * Fails:   LATER for whatever went wrong; a frame that is no question closes its wire.
 */
#ifndef ACCESS_QUESTIONS_H
#define ACCESS_QUESTIONS_H

#include "access/expansion.h"
#include "base/channel.h"
#include "base/log.h"

enum { ASKERS = 64, QUESTIONS = 8192, QUESTIONS_OF_ONE = 4096 };

struct asker {
	struct questions *questions;
	struct channel channel;
	uint32_t instance;
	size_t waiting;
};

struct questions {
	struct process *process;               /* hears when a wire has ended; NULL: nobody */
	struct loop *loop;
	struct counters *counters;
	struct log *log;
	struct zones *zones;
	struct callouts *callouts;
	size_t limit;                          /* final recipients of one address */
	struct pool pool;
	struct question *first;
	struct asker askers[ASKERS];
};

void questions_init(struct questions *questions, struct loop *loop, struct counters *counters, struct log *log,
                    struct callouts *callouts);
void questions_settle(struct questions *questions, struct zones *zones, size_t limit);     /* takes the zones over */
must_use enum result questions_wire(struct questions *questions, uint32_t instance, int fd);       /* takes fd */
void questions_finish(struct questions *questions);        /* safe on a zeroed one */

#endif
