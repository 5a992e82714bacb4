/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field_plain.h — a Content-Type for those who want its type and its boundary and nothing else.
 *
 * Knows:   the first of doubled things, and whether there were any.
 * Ignores: other readings: message_read() has them.
 * Owns:    nothing; what had to be rewritten stands in the arena.
 * Fails:   LATER: the arena is full, or more parameters than anybody writes.
 */
#ifndef MESSAGE_FIELD_PLAIN_H
#define MESSAGE_FIELD_PLAIN_H

#include "base/arena.h"

/* "Text/Plain; …" → "text/plain"; empty when there is none. */
must_use enum result field_type(struct slice value, struct arena *arena, struct slice *ret_type);

/* doubled: there is another reading of the boundary, or the field is not what the grammar wants. */
struct field_parameters { struct slice boundary; bool doubled; };
must_use enum result field_parameters(struct slice value, struct arena *arena, struct field_parameters *found);

#endif
