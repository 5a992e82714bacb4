/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_text.h — the texts of a message, cut as rules see them (inside mail/rules only).
 *
 * Knows:   paragraphs, pieces, their lengths, and which characters are blanks.
 * Ignores: where a text comes from.
 * Owns:    nothing: what is made stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_TEXT_H
#define RULES_VIEW_TEXT_H

#include "mail/rules/view.h"

/* Appends lines of at most VIEW_LINE bytes, each with its end: `text` is the whole body. */
must_use enum result view_paragraphs(struct slice text, struct arena *arena, struct view_pieces *pieces);
/* Appends the text as it is, line by line: for the Subject. */
must_use enum result view_lines(struct slice text, struct arena *arena, struct view_pieces *pieces);
/* Appends pieces of 2 to 4 KiB of a decoded part. */
must_use enum result view_raw(struct slice text, struct arena *arena, struct view_pieces *pieces);
/* CR LF becomes LF. */
must_use enum result view_plain_ends(struct slice text, struct arena *arena, struct slice *ret_text);
/* At most that many characters of UTF-8, cut behind a line end or a blank where there is one. */
struct slice view_cut_characters(struct slice text, size_t most);
/* UTF-8: valid UTF-8 as it is, whatever was declared. */
must_use enum result view_utf8(const struct message_reader *reader, struct slice charset, struct slice text, struct slice *ret_text);
/* A field's value, unfolded and decoded. */
must_use enum result view_decoded(const struct message_reader *reader, struct slice name, struct slice raw, struct slice *ret_text);

#endif
