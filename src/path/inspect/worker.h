/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h — the loop inside a worker: a question in, the pure steps, an answer out.
 *
 * Knows:   worker_wire.h, and the limits that it sets itself for each message.
 * Ignores: everybody but the dispatcher. It holds one descriptor, and for a moment the message's.
 * Owns:    one arena, emptied after each message.
 * Fails:   by ending. What is no question ends it; a message that takes too long has the kernel end it.
 */
#ifndef INSPECT_WORKER_H
#define INSPECT_WORKER_H

#include "inspect/read.h"

struct worker_task {
	struct read_means means;
	uint64_t wall_seconds, cpu_seconds;      /* for one message */
};

/* Until the dispatcher closes its end, or something is wrong. */
void worker_run(int wire, const struct worker_task *task);

#endif
