/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.h — what stands in `do`: the final actions, with the reply that a refusal gives (inside mail/policy only).
 *
 * Knows:   deliver, reject TEXT, defer TEXT, discard, quarantine, hold, bounce TEXT (TEXT may be left out).
 * Owns:    nothing; a composed reply stands in the arena.
 * Fails:   REFUSED with what was meant in the complaint. LATER: the arena is full.
 */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include "mail/policy/judgement.h"

struct action { enum outcome outcome; struct slice reply; };

must_use enum result action_compile(struct slice text, struct arena *arena, struct action *ret_action,
                                    struct buffer *complaint);

#endif
