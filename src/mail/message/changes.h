/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changes.h — what several makers want changed in one message, brought together into one list of edits.
 *
 * Knows:   header fields added on top, changed and removed; parts replaced, removed and added; the whole message as an
 *          attachment of a new one. Where two want the same thing, the earlier stands; what lies within something that
 *          is replaced or removed goes with it. A field's folding stays, but for the value that is replaced.
 * Ignores: why, and for whom. Trace fields are written above the edits by whoever sends.
 * Owns:    nothing: all of it stands in the arena of changes_begin(), and the message must stay.
 * Fails:   LATER: the arena is full. REFUSED: a part that does not stand in the message's own bytes (it was found in
 *          what had to be decoded), or a field that would end its line. The list then stands as before.
 *
 * A text is UTF-8; it is written in lines of CR LF, as 7bit where it fits and else as base64. A message whose head
 * ends in no blank line gets one where it needs one.
 */
#ifndef MESSAGE_CHANGES_H
#define MESSAGE_CHANGES_H

#include "mail/message/edit.h"
#include "mail/message/parts.h"
#include "mail/message/seals.h"

enum changes_place { PLACE_BEFORE, PLACE_BEHIND };

struct field_change {
	size_t from, to;                         /* of the whole field, with its line end */
	bool removed, replaced;
	struct slice before, value;              /* put before the value; instead of it */
};

struct changes_text { struct changes_text *next; struct slice text; };
struct changes_part { struct changes_part *next; enum changes_place place; struct slice type, text; };
struct changes_span { struct changes_span *next; size_t from, to, order; struct slice put; };

struct changes {
	struct slice bytes;
	const struct message_view *view;         /* NULL: no part may be changed */
	struct arena *arena;
	struct headers headers;
	struct field_change *fields;             /* one a field of `headers` */
	size_t head_end, body_start;             /* behind the last field; behind the blank line */
	struct changes_text *top, **top_last;    /* whole lines */
	struct changes_part *parts, **parts_last;
	struct changes_span *spans, **spans_last;
	size_t span_count;
	struct slice content;                    /* stands for the fields Content-*; `at` NULL: they stay */
	bool wrapped;
	struct slice cover;                      /* the text before the attached original */
};

/* `limits`: by which the message was read, so that a head that could be read can be changed. */
must_use enum result changes_begin(struct changes *changes, struct slice bytes, const struct message_view *view,
                                   const struct message_limits *limits, struct arena *arena);

/* "NAME: VALUE", on top, below those that were added before. */
must_use enum result changes_add_field(struct changes *changes, struct slice line);
/* Before the value of the first field of that name; without one it is added. */
must_use enum result changes_put_before(struct changes *changes, struct slice name, struct slice text);
/* The first gets the value, the others go; without one it is added. */
must_use enum result changes_set_field(struct changes *changes, struct slice name, struct slice value);
void changes_remove_fields(struct changes *changes, struct slice name);

/* `type` is a whole value: "text/plain; charset=utf-8". */
must_use enum result changes_replace_part(struct changes *changes, const struct part *part, struct slice type,
                                          struct slice text);
must_use enum result changes_remove_part(struct changes *changes, const struct part *part);
must_use enum result changes_add_part(struct changes *changes, enum changes_place place, struct slice type,
                                      struct slice text);
/* A new message with the original's most important fields, the text, and the original as it is. Fields that are
 * changed are changed on the outside. */
must_use enum result changes_wrap(struct changes *changes, struct slice text);

/* What these changes break: bits of enum seal. Where fields of more than 64 names would be changed, SEAL_DKIM_HEADER of a message
 * with a signature, without asking for all of them. */
unsigned changes_break(const struct changes *changes);

must_use enum result changes_finish(struct changes *changes, struct edits *ret_edits);

/* Inside mail/message: a part as it is written: type, encoding, blank line, text; and a line, folded where it is long. */
must_use enum result changes_write_part(struct buffer *to, struct slice type, struct slice text);
must_use enum result changes_write_line(struct buffer *to, struct slice line);
must_use enum result changes_base64(struct buffer *to, struct slice bytes);      /* without line ends */

#endif
