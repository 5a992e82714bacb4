/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h — headers and simple MIME structure of a message (RFC 5322, 2045, 2046), without copying.
 *
 * Knows:   header fields with folding, the first and the last of a doubled one, Content-Type and its
 *          parameters in their plain form, multipart and message/rfc822 to a depth.
 * Ignores: encodings and character sets (they come with the judgement's issue), and what it means.
 * Owns:    nothing but what it takes from the arena; slices point into the message.
 * Fails:   LATER when the arena is full or a ceiling is hit: the message is then unscannable, never
 *          clean. The view holds what was read until there, and `limit` names the ceiling.
 */
#ifndef MESSAGE_PARTS_H
#define MESSAGE_PARTS_H

#include "base/arena.h"
#include "base/slice.h"

enum { PARTS_DEPTH = 64, PARTS_MOST = 1000, HEADERS_MOST = 1000, HEADERS_BYTES = 262144 };

struct header { struct slice name, value; };     /* value: with folding, without the last line end */

struct headers { struct header *list; size_t count; struct slice rest; };   /* rest: behind the blank line */

struct part {
	struct slice bytes;                      /* headers and body */
	struct headers headers;
	struct slice type, boundary, name;       /* "text/plain" in lower case; as declared */
	unsigned depth;
	struct part *parent, *next;              /* next: in order of the message */
};

struct message_view {
	struct part *first;
	size_t count;
	const char *limit;                       /* "depth"; NULL: none was hit */
	bool ambiguous;
	const char *ambiguity;                   /* the first construction that others may read differently */
};

must_use enum result headers_read(struct slice bytes, struct arena *arena, struct headers *ret_headers);
const struct header *headers_find(const struct headers *headers, struct slice name);     /* first, or NULL */
must_use enum result message_read(struct slice bytes, struct arena *arena, struct message_view *ret_view);

#endif
