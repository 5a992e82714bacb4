/* SPDX-License-Identifier: Apache-2.0 */
/*
 * untold.h — which facts configurations ask for that were not looked for when a message was read.
 *
 * Knows:   findings of then, and whose rules ask for what (mail/policy/policy.h).
 * Ignores: how it is told.
 * Owns:    nothing: the list stands in the arena.
 * Fails:   REFUSED: they are no findings. LATER: the arena is full.
 */
#ifndef CLI_UNTOLD_H
#define CLI_UNTOLD_H

#include "mail/policy/policy.h"

struct untold { struct slice *list; size_t count; };     /* each once: subject, header("X-Kind") */

must_use enum result untold_gather(const struct policy *const *policies, size_t count, struct slice findings, struct arena *arena,
                                   struct untold *ret_untold);

#endif
