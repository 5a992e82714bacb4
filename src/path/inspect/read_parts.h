/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_parts.h — the parts of a message as findings tell of them (inside the room only).
 *
 * Knows:   the path, type, names, size, digest and facts of each.
 * Ignores: what is in them.
 * Owns:    nothing: the list stands in the arena.
 * Fails:   LATER: no room.
 */
#ifndef INSPECT_READ_PARTS_H
#define INSPECT_READ_PARTS_H

#include "mail/evidence/evidence.h"
#include "mail/message/message.h"

must_use enum result read_parts(const struct message_view *view, struct arena *arena, struct findings *findings);

#endif
