/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h — a message as a tree of parts over its original bytes (RFC 5322, 2045 to 2049), read as every reader
 *           would read it.
 *
 * Knows:   the tree as most readers have it; then, where a construction is ambiguous, the parts that other readers
 *          find: by the last of doubled things, or by passing over what is broken. What uuencode, yEnc and BinHex
 *          hide in a text is a part below it. Decoded sizes and, where they are wanted, digests.
 * Ignores: what a part's content means, and which names are dangerous.
 * Owns:    nothing but what it takes from the reader's arena; slices point into the message, or into the arena where
 *          a nested message had to be decoded.
 * Fails:   LATER when the arena is full or a ceiling is hit: the message is then unscannable, never clean. The view
 *          holds what was read until there, and `limit` names the ceiling.
 */
#ifndef MESSAGE_PARTS_H
#define MESSAGE_PARTS_H

#include "base/digest.h"
#include "mail/message/ambiguity.h"
#include "mail/message/encodings.h"
#include "mail/message/fields.h"
#include "mail/message/parameters.h"
#include "mail/message/reader.h"

/* Which reader this part is found by. */
enum part_reading {
	READING_FIRST,                           /* the first of doubled things, nothing broken passed over: most readers */
	READING_LAST,                            /* the last of doubled things */
	READING_LENIENT,                         /* passes over what is broken, and goes on */
	READING_COUNT
};

/* What says that something is signed or encrypted: seals.h puts it together. Of decoded bytes, but for the last. */
enum part_sealed {
	SEALED_ARMOR = 1, SEALED_ARMORED = 2,    /* PGP's, of any kind; of an encrypted message */
	SEALED_CMS = 4, SEALED_CMS_OPEN = 8,     /* begins as CMS that is encrypted; as CMS that is not */
	SEALED_SAYS_OPEN = 16,                   /* smime-type: not encrypted */
};

struct part {
	struct slice bytes;                      /* header fields and body, as they travel */
	struct slice body;                       /* as it travels: encoded */
	struct headers headers;
	struct slice type;                       /* "text/plain", in lower case; what stands for it where none is named */
	struct slice charset;                    /* as declared; empty: none */
	struct slice disposition;                /* "attachment", as declared */
	struct slice boundary;
	struct readings names;                   /* every name that a reader could come to, in UTF-8 */
	unsigned traits;                         /* enum name_trait, of all of them */
	enum encoding encoding;
	enum part_reading reading;
	bool recoded;                            /* another reading of the part before: by this encoding */
	bool stops;                              /* …and base64 ends at its first padding */
	bool many;                               /* has parts below it that lie within its body */
	bool tnef;                               /* holds other parts, in Microsoft's own form, which is not opened */
	unsigned sealed;                         /* enum part_sealed; of one with `many`: by its fields alone */
	struct slice before, behind;             /* a multipart's text before its first boundary, and behind its last */
	uint64_t ambiguities;                    /* set of AMBIGUITY_BIT() */
	unsigned depth, number;                  /* number: among its parent's, from 1 */
	unsigned children;
	uint64_t size;                           /* decoded bytes; of one with `many`: of the body */
	bool digested;                           /* digest is the SHA-256 of those bytes */
	unsigned char digest[DIGEST_SIZE];
	const struct part *within;               /* embedded in the decoded text of that part … */
	uint64_t within_at, within_length;       /* … there */
	struct part *parent, *next;              /* next: in order of the message, other readings last */
};

struct message_view {
	struct part *first;
	size_t count;
	const char *limit;                       /* "depth"; NULL: none was hit */
	uint64_t steps, steps_most;              /* of work (limits.h): so far, and how many there may be */
	uint64_t ambiguities;                    /* of all parts */
	const struct part *deepest;
};

/* Which parts get their SHA-256. A file is what a reader would save: of any type but text, or with a name, or said to be
 * attached (RFC 2183, 2.8: any disposition but inline), or embedded in a text. */
enum part_digests { DIGESTS_NONE, DIGESTS_OF_FILES, DIGESTS_OF_ALL };
must_use enum result message_read(struct slice bytes, const struct message_reader *reader, enum part_digests digests,
                                  struct message_view *ret_view);

/* "1.2.3"; another reading has its name before it, "last/1.2", or behind it, "1.2~base64". Cut where `size` ends. */
enum { PART_PATH = 1100 };
struct slice part_path(const struct part *part, char *room, size_t size);

/* A part's decoded bytes, piece by piece: each call fills `room`, at least DECODE_ROOM bytes; 0 is the end. */
struct part_stream {
	const struct part *part;
	struct slice rest;                       /* of the encoded body */
	struct decoder outer, inner;
	uint64_t skip, left;                     /* embedded: decoded bytes before it, and of it */
	bool ended;
	char piece[4096];                        /* embedded: decoded once */
	struct slice held;
};
void part_stream_init(struct part_stream *stream, const struct part *part);
size_t part_stream_take(struct part_stream *stream, char *out, size_t room);
/* How many bytes must be decoded before an embedded part's first one comes. */
uint64_t part_stream_before(const struct part *part);
/* All of them at once, in the arena where they had to be decoded. LATER: no room. */
must_use enum result part_decoded(const struct part *part, struct arena *arena, struct slice *ret_bytes);

#endif
