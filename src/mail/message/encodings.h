/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encodings.h — from the bytes that travel to the bytes that were meant.
 *
 * Knows:   base64 and quoted-printable (RFC 2045, 6.7 and 6.8) with the damage that strangers do to them,
 *          uuencode (POSIX), yEnc (1.3) and BinHex 4.0 (RFC 1741), whose data fork is what it hides.
 * Ignores: where the bytes come from, and their character set.
 * Owns:    nothing. A decoder is plain data; it fills the room that it is given, step by step.
 * Fails:   never. What is no code is passed over, and a fault says so: two readers may differ there.
 */
#ifndef MESSAGE_ENCODINGS_H
#define MESSAGE_ENCODINGS_H

#include "base/slice.h"

enum encoding {
	ENCODING_IDENTITY,                       /* 7bit, 8bit, binary, or none was named */
	ENCODING_BASE64,
	ENCODING_QUOTED,
	ENCODING_UU,
	ENCODING_YENC,
	ENCODING_BINHEX,
	ENCODING_UNKNOWN,                        /* a name that nobody knows: the bytes stand as they are */
	ENCODING_COUNT
};

enum decoding_fault {
	DECODED_JUNK       = 1,                  /* bytes that are no code */
	DECODED_WENT_ON    = 2,                  /* code behind the padding that ends it */
	DECODED_UNFINISHED = 4,                  /* the end is missing */
	DECODED_URL        = 8,                  /* `-` and `_` of the other base64 alphabet */
	DECODED_UNEVEN     = 32,                 /* base64: a line ends within a group */
	DECODED_ESCAPE     = 16,                 /* `=` and no two hexadecimal digits */
};

enum { DECODE_ROOM = 256, BINHEX_NAME = 64 };     /* the least room that decoder_take() makes progress in */

struct decoder {
	enum encoding kind;
	bool stops;                              /* base64: at the first padding, as some readers do */
	unsigned faults;
	uint32_t held;                           /* bits of an unfinished group */
	unsigned count;                          /* how many of them; uu: characters of the group */
	int left;                                /* uu: bytes still to come in this line; -1: a line begins */
	unsigned char state, last;               /* of the kinds that read byte by byte */
	uint64_t place, data;                    /* BinHex: in the stream; length of the data fork */
	char name[BINHEX_NAME];                  /* BinHex: the file's */
	size_t name_length;
};

void decoder_init(struct decoder *decoder, enum encoding kind);
/* Eats from the front of `rest` and writes at most `room` bytes, at least DECODE_ROOM being there. Quoted-printable
 * and base64 want all of their code in `rest`; the others may get it in pieces. Done when `rest` is empty. */
must_use size_t decoder_take(struct decoder *decoder, struct slice *rest, char *out, size_t room);
/* What is left in hand at the end: at most 3 bytes. */
must_use size_t decoder_end(struct decoder *decoder, char *out);

/* "base64", "X-UUencode" …, without regard to case. */
enum encoding encoding_of(struct slice name);
const char *encoding_name(enum encoding encoding);
/* Would a reader take this for base64, whatever the header says? Looks at the first lines only. */
bool encoding_like_base64(struct slice body);

#endif
