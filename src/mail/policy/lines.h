/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h — texts that the file has line by line (inside mail/policy only).
 *
 * Knows:   that each item of the list is a line, and ends as one.
 * Owns:    nothing: the text stands in the arena. No lines are an empty text.
 * Fails:   LATER: the arena is full.
 */
#ifndef POLICY_LINES_H
#define POLICY_LINES_H

#include "base/settings.h"

must_use enum result lines_join(struct arena *arena, const struct list *lines, struct slice *ret_text);

#endif
