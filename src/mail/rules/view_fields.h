/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_fields.h — header fields as SpamAssassin finds them (inside mail/rules only).
 *
 * Knows:   which lines it passes over, and which end the fields.
 * Ignores: what a field means.
 * Owns:    nothing: the list and the decoded values stand in the reader's arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_FIELDS_H
#define RULES_VIEW_FIELDS_H

#include "mail/rules/view.h"

/* length: with the empty line behind them, where there is one. odd: lines were passed over. cut: a name or a value was. */
struct fields_end { size_t length; bool odd, cut, separated; };

/* Of a message, or of a part within one. */
must_use enum result view_fields_read(struct slice bytes, bool part, const struct message_reader *reader,
                                      struct view_fields *ret_fields, struct fields_end *ret_end);
/* The message without the lines that were passed over, so that others find the same fields and the same body. */
must_use enum result view_fields_clean(const struct view_fields *fields, struct slice body, struct arena *arena, struct slice *ret_message);

#endif
