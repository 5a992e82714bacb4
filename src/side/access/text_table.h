/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_table.h — a table as Postfix's users know it: a key a line, and its values behind it.
 *
 *   # a comment
 *   anna@example.org    anna@mbox.example.org
 *   all                 anna, berta@example.org
 *     carla                                        (white space in front: the line before goes on)
 *   @old.example.org    @example.org
 *   berta@example.org                              (no values: it is there)
 *
 * Knows:   lines, keys (an address, a local part, @domain; a colon behind is passed over, as in
 *          /etc/aliases), values divided by commas or spaces.
 * Ignores: what a table is for.
 * Owns:    the file's bytes, and an index over them.
 * Fails:   REFUSED with a complaint a mistake ("FILE:LINE: …"); LATER when it cannot be read or is too large.
 */
#ifndef ACCESS_TEXT_TABLE_H
#define ACCESS_TEXT_TABLE_H

#include "base/buffer.h"

#define TEXT_TABLE_BYTES ((size_t)64 << 20)

struct text_row { uint32_t key, key_length, value, value_length; };     /* places in `bytes` */

struct text_table {
	char *bytes;
	size_t length;
	struct text_row *rows;
	size_t count, room;
	uint32_t *index;               /* row + 1, by the key's hash; a power of two of places */
	size_t places;
};

/* Borrows fd, a plain file. `needs_values`: a key without values, or with one that is no address, is a mistake. */
must_use enum result text_table_read(struct text_table *table, int fd, struct slice name, bool needs_values,
                                     struct buffer *complaints);
void text_table_finish(struct text_table *table);      /* safe on a zeroed one */

/* `key` in lower case. The values point into the table. */
bool text_table_find(const struct text_table *table, struct slice key, struct slice *ret_values);

/* The next of several values, off the front; empty: there is none. */
struct slice text_value_cut(struct slice *values);
/* Could mail go there: an address, a local part, or @domain (the same local part there)? */
bool text_value_is_good(struct slice value);

#endif
