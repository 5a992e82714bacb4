/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h — the wires of the fronts, and what may be asked over them.
 *
 * Knows:   wire/front-keys.h, and how many questions each front has had in this second.
 * Ignores: keys (ring.h has them), and how they came.
 * Owns:    the wires.
 * Fails:   DENIED is an answer; what is malformed closes that wire, and the supervisor hears of it.
 */
#ifndef KEYS_DESK_H
#define KEYS_DESK_H

#include "base/process.h"
#include "keys/ring.h"

enum { DESK_WIRES = 64 };                         /* as many fronts as there may be */

struct desk;

struct asker {
	struct desk *desk;
	struct channel wire;
	uint32_t instance;
	uint64_t second, asked;                   /* of the loop's clock; questions in it */
};

struct desk {
	struct process *process;                  /* hears when a wire has ended; NULL: nobody */
	struct loop *loop;
	struct counters *counters;                /* NULL: none */
	const struct ring *ring;
	struct asker askers[DESK_WIRES];
};

/* Takes fd. HELD is said at once. LATER: all places are taken. */
must_use enum result desk_wire(struct desk *desk, uint32_t instance, int fd);
void desk_tell(struct desk *desk);                /* HELD, to all of them */
void desk_finish(struct desk *desk);

/* SIGN's payload. REFUSED: it is not one. */
must_use enum result desk_read(struct slice payload, struct tls_question *ret_question);

#endif
