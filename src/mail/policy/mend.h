/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mend.h — deeds become edits: the third of the three steps (inside the room; policy.h is the door).
 *
 * Knows:   `subject` puts its text before the value of the first Subject field, or adds one on top; `header` adds its
 *          field on top. Many deeds make one list of edits in the order of their places.
 * Ignores: who gets them; and that an edit breaks a signature which covers what it changes.
 * Owns:    nothing: edits stand in the arena, and a `header` of a message goes before the original's first field.
 * Fails:   LATER: the arena is full. A message whose head cannot be read is mended on top only.
 */
#ifndef POLICY_MEND_H
#define POLICY_MEND_H

#include "mail/message/message.h"
#include "mail/policy/judgement.h"

must_use enum result mend_edits(struct slice bytes, const struct deeds *deeds, struct arena *arena,
                                struct edits *ret_edits);

#endif
