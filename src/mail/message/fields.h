/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h — the lines, names and parameters that header fields are made of (inside mail/message only).
 *
 * Knows:   lines that end in LF or CR LF, a media type, `boundary` and `name` in their plain form.
 * Ignores: encoded words and RFC 2231 pieces.
 * Owns:    nothing; what had to be rewritten (lower case, escapes) stands in the arena.
 * Fails:   LATER: the arena is full, or more parameters than anybody writes.
 */
#ifndef MESSAGE_FIELDS_H
#define MESSAGE_FIELDS_H

#include "base/arena.h"

/* The next line, without its end, cut off the front of `rest`. */
struct slice field_line(struct slice *rest);

/* "Text/Plain; …" → "text/plain"; empty when there is none. */
must_use enum result field_type(struct slice value, struct arena *arena, struct slice *ret_type);

struct field_parameters { struct slice boundary, name; bool doubled; };
/* Adds what is found; of a doubled parameter the first stands, as most readers have it. */
must_use enum result field_parameters(struct slice value, struct arena *arena, struct field_parameters *found);

#endif
