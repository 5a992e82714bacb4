/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learner_write.h — the thread's side of learner.h (inside the room only): the file of the model, then the ledger.
 *
 * Knows:   the order in which both are changed.
 * Ignores: what is learned meanwhile.
 * Owns:    what struct learner says is the thread's.
 * Fails:   LATER with errno: nothing, or the model alone, was written; both are written again.
 */
#ifndef KEEPER_LEARNER_WRITE_H
#define KEEPER_LEARNER_WRITE_H

#include "keeper/learner.h"

#include <stddef.h>

static inline struct learner *learner_of_job(struct job *job)
{
	return (struct learner *)(void *)((char *)job - offsetof(struct learner, job));
}

void learner_write(struct job *job);

/* learner_begin.c: an empty model that differs from all others. */
must_use enum result learner_begin_anew(struct shelf_book *ret_book);

/* learner.c: what stands until the next start; and all that stands, to the supervisor. */
extern const char learner_too_many[];
void learner_say_lasting(struct learner *learner, const char *what, const char *why);
void learner_warn(const struct learner *learner);
void learner_sweep_later(struct learner *learner, uint64_t ms);

#endif
