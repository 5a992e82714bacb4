/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mend.h — deeds become edits: the third of the three steps (inside the room; policy.h is the door).
 *
 * Knows:   `subject` puts its text before the value of the first Subject field, or adds one on top; `header` adds its
 *          field on top; `as attachment` puts the message into a new one. Many deeds make one list of edits.
 * Ignores: who gets them; deeds that are errands.
 * Owns:    nothing: edits stand in the arena, and a `header` of a message goes before the original's first field.
 * Fails:   LATER: the arena is full. A message whose head cannot be read is mended on top only.
 */
#ifndef POLICY_MEND_H
#define POLICY_MEND_H

#include "mail/message/message.h"
#include "mail/policy/judgement.h"

struct policy;
/* `ret_broken`: what they break, bits of enum seal. */
must_use enum result mend_edits(struct slice bytes, const struct deeds *deeds, const struct policy *policy,
                                const struct message_limits *limits, struct arena *arena, struct edits *ret_edits,
                                unsigned *ret_broken);

#endif
