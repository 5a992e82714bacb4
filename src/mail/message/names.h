/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h — the file names that a part may have, and what is hostile about one.
 *
 * Knows:   marks of writing direction, invisible characters, blanks and dots at the end, streams, paths, reserved
 *          names, an extension behind a wall of blanks, lengths.
 * Ignores: which names are forbidden: that is policy's. A name is never a path on our disk.
 * Owns:    nothing; slices point where the readings do.
 * Fails:   never.
 */
#ifndef MESSAGE_NAMES_H
#define MESSAGE_NAMES_H

#include "base/slice.h"

enum name_trait {
	NAME_DIRECTION = 1,                      /* U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F, U+061C */
	NAME_INVISIBLE = 2,                      /* zero width, soft hyphen, byte order mark, tags */
	NAME_CONTROL   = 4,                      /* NUL and the other control characters */
	NAME_TAIL      = 8,                      /* dots or blanks at the end: Windows drops them */
	NAME_STREAM    = 16,                     /* a colon: "a.txt::$DATA" */
	NAME_PATH      = 32,                     /* a slash, a backslash, ".." */
	NAME_RESERVED  = 64,                     /* "con", "nul", "com1" … with or without extension */
	NAME_SPACED    = 128,                    /* blanks before the last extension: "name.pdf       .exe" */
	NAME_LONG      = 256,                    /* over 255 bytes */
	NAME_DOUBLE    = 512,                    /* an extension of a document before the last one: "a.pdf.exe" */
	NAME_MIXED     = 1024,                   /* Latin letters beside Greek or Cyrillic ones */
	NAME_DOT       = 2048,                   /* a character that looks like a dot */
};
enum { NAME_TRAITS = 12 };

unsigned name_traits(struct slice name);
/* By number of the bit: "name-direction" …; the fact of a part. */
const char *name_trait_fact(unsigned bit);
/* Behind the last dot, without what Windows drops at the end; empty: there is none. */
struct slice name_extension(struct slice name);

/* With dots for what looks like one, in `room`, which is as large; how long it is then. */
size_t name_with_dots(struct slice name, char *room);
/* Bytes that are a longer form of an ASCII character than UTF-8 allows, which some readers take for it. */
bool name_is_overlong(struct slice bytes);

/* Does the name promise a kind of file that begins in one known way, and these first bytes begin otherwise? Fewer
 * than eight bytes deny nothing. */
bool name_is_denied(struct slice name, struct slice first);

#endif
