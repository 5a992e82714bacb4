/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h — a list of messages of which somebody said what they are: "spam PATH" or "ham PATH" a line.
 *
 * Knows:   the lines, and that a path is meant from where the list lies.
 * Ignores: what is in the messages.
 * Owns:    the bytes of the list.
 * Fails:   REFUSED after a complaint, with file and line.
 */
#ifndef CLI_INDEX_H
#define CLI_INDEX_H

#include "base/buffer.h"
#include "cli/places.h"
#include "mail/spam/spam.h"

struct index {
	const char *path;
	struct buffer text;
	struct slice rest;
	unsigned line;
};

struct index_row { enum label label; struct slice name; char path[PLACE_SIZE]; };      /* name: as written */

must_use enum result index_open(struct index *index, const char *path);
void index_close(struct index *index);
/* AGAIN: there are no more. */
must_use enum result index_next(struct index *index, struct index_row *ret_row);
const char *label_name(enum label label);
/* What can be read from there, into an empty buffer. LATER: it has no room for all. REFUSED, with errno: it cannot be read. */
must_use enum result index_read_all(int fd, struct buffer *to);

#endif
