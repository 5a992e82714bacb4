/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h — the head of a message that a user hands in: whom it names, and what it lacks.
 *
 * Knows:   header fields as typed (any line end), address lists (RFC 5322: names, comments, groups,
 *          source routes), Bcc.
 * Ignores: the body, and whether an address exists.
 * Owns:    nothing; what it returns lies in the arena or in the message.
 * Fails:   REFUSED: an address list that cannot be read, with the reason; LATER: the arena is full.
 */
#ifndef CLI_LETTER_H
#define CLI_LETTER_H

#include "base/arena.h"
#include "base/buffer.h"

enum { LETTER_RECIPIENTS = 10000, LETTER_ADDRESS = 1000 };    /* an address with its name */

struct recipients {
	struct slice list[LETTER_RECIPIENTS];
	size_t count;
};

/* The addresses of one header's value, or of a word on the command line, added to `to`, without `<>`. */
must_use enum result letter_addresses(struct slice value, struct arena *arena, struct recipients *to);

struct letter {
	struct slice head, body;          /* body: with the empty line before it */
	bool has_from, has_date, has_id;
};

/* Where the head ends, and what it has. */
struct letter letter_look(struct slice message);
/* Adds the addresses of To, Cc and Bcc. */
must_use enum result letter_recipients(const struct letter *letter, struct arena *arena, struct recipients *to);
/* The head without Bcc. */
must_use enum result letter_head(const struct letter *letter, struct buffer *to);

#endif
