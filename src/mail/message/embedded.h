/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embedded.h — the files that stand in the middle of a text: uuencode, yEnc, BinHex (inside mail/message only).
 *
 * Knows:   how each begins and ends, line by line; the text may come in any pieces.
 * Ignores: what is in them: encodings.h decodes.
 * Owns:    the head of a line that was cut by a piece's end.
 * Fails:   as `found` does. A file without an end goes to the end of the text.
 */
#ifndef MESSAGE_EMBEDDED_H
#define MESSAGE_EMBEDDED_H

#include "mail/message/encodings.h"

/* `odd`: blanks before its first line, or a name that is cut because it is too long. */
struct embedded { enum encoding encoding; uint64_t at, length; struct slice name; bool odd; };

enum { SEEKER_LINE = 160, SEEKER_NAME = 128, SEEKER_SEAM = 11 };

struct seeker {
	enum result (*found)(void *owner, const struct embedded *embedded);
	void *owner;
	unsigned char state;
	bool odd;
	bool bare;                               /* a file begins behind a bare CR: no line to us, and one to others */
	char seam[SEEKER_SEAM];                  /* the last bytes of the piece before */
	size_t seam_length;
	uint64_t place, begins;                  /* of the next byte; of the file's first */
	char line[SEEKER_LINE];
	size_t held;                             /* of a line that is not at its end */
	uint64_t line_at;
	char name[SEEKER_NAME];
	size_t name_length;
};

must_use enum result seeker_feed(struct seeker *seeker, struct slice piece);
must_use enum result seeker_end(struct seeker *seeker);

/* For what a header says to be one of them: the next line of `rest` that begins one with a name, which is a slice of it;
 * `rest` goes on behind. `odd`: only some readers take it for such a line. */
bool embedded_next_name(struct slice *rest, struct slice *ret_name, bool *ret_odd);

#endif
