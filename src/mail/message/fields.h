/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h — header fields (RFC 5322, 2.2) as slices of the message, with a note of what is odd about them.
 *
 * Knows:   lines that end in LF or CR LF, folding, and where a block of fields ends.
 * Ignores: what a field means.
 * Owns:    nothing but the list, which stands in the arena.
 * Fails:   LATER: more fields, or longer ones, than the limits allow, or no memory; `limit` says which.
 */
#ifndef MESSAGE_FIELDS_H
#define MESSAGE_FIELDS_H

#include "base/arena.h"
#include "mail/message/limits.h"

enum field_mark {
	FIELD_SPACED  = 1,                       /* blanks between the name and the colon */
	FIELD_BLANK   = 2,                       /* a folded line that holds blanks only: some readers stop there */
	FIELD_CONTROL = 4,                       /* NUL, or CR without LF */
	FIELD_WITHIN  = 8,                       /* a folded line that is a field of MIME to whoever overlooks its blank */
};

struct header { struct slice name, value; unsigned marks; };     /* value: with folding, without the last line end */

struct headers {
	struct header *list;
	size_t count;
	struct slice rest;                       /* behind the blank line, or from the line that is no field on */
	bool broken;                             /* it is the latter */
	const char *limit;
};

/* The next line, without its end, cut off the front of `rest`. */
struct slice field_line(struct slice *rest);
/* Without blanks and line ends at both ends. */
struct slice field_trim(struct slice text);
bool field_is_space(char c);
/* Is the first line one of a field? */
bool field_begins(struct slice bytes);

/* `bytes` may go on behind the fields. `lenient`: a line that is no field is passed over. */
must_use enum result headers_read(struct slice bytes, const struct message_limits *limits, bool lenient,
                                  struct arena *arena, struct headers *ret_headers);
const struct header *headers_find(const struct headers *headers, struct slice name);     /* first, or NULL */
/* The nth of that name, from 0; NULL when there are fewer. */
const struct header *headers_nth(const struct headers *headers, struct slice name, size_t nth);

#endif
