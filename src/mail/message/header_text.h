/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header_text.h — the text of a header field, with its encoded words (RFC 2047, RFC 2231 5) decoded.
 *
 * Knows:   both encodings, words that stand without a blank between them or within quotes, blanks within a
 *          word, a character cut in two by words of one set, and words whose end is missing.
 * Ignores: which field it is: where RFC 2047 forbids a word, most readers decode it anyway.
 * Owns:    nothing: the text stands in the reader's arena, or is the value where it needed no change.
 * Fails:   LATER: the arena is full. Damage is a fault, and the text stands as it was written.
 */
#ifndef MESSAGE_HEADER_TEXT_H
#define MESSAGE_HEADER_TEXT_H

#include "mail/message/reader.h"

enum text_fault {
	TEXT_ENCODED  = 1,                       /* there were encoded words: no damage */
	TEXT_BROKEN   = 2,                       /* one that begins and does not end, or holds what is no code */
	TEXT_CHARSET  = 4,                       /* of a set that nobody knows, or with bytes that are none of it */
	TEXT_ORDER    = 8,                       /* UTF-16 that does not say its order of bytes */
	TEXT_EIGHTBIT = 16,                      /* bytes above 127 outside of words */
};

/* Unfolded, in UTF-8. */
must_use enum result header_text(const struct message_reader *reader, struct slice value, struct slice *ret_text,
                                 unsigned *faults);
/* Without line ends; what follows one keeps its blank (RFC 5322, 2.2.3). */
must_use enum result header_unfold(struct arena *arena, struct slice value, struct slice *ret_text);

#endif
