/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charsets.h — from bytes in some character set to UTF-8.
 *
 * Knows:   UTF-8, US-ASCII, Latin 1 (read as windows-1252, as everybody does) and UTF-16 by itself; all others
 *          through converters that were opened before the jail and are passed in as a table.
 * Ignores: opening: charsets_wanted() names what is worth it, the caller calls iconv_open().
 * Owns:    nothing: the result stands in the arena, or is the input where it needed no change.
 * Fails:   LATER: the arena is full. A byte that is no character becomes U+FFFD and a fault; an unknown set is
 *          read as windows-1252, with a fault.
 */
#ifndef MESSAGE_CHARSETS_H
#define MESSAGE_CHARSETS_H

#include "base/arena.h"

#include <iconv.h>

enum charset_fault {
	CHARSET_UNKNOWN = 1,                     /* nobody opened it */
	CHARSET_BROKEN  = 2,                     /* bytes that are no characters of it */
	CHARSET_ORDER   = 4,                     /* UTF-16 that does not say its order of bytes */
};

enum { CHARSETS_MOST = 64 };

struct charset { struct slice name; iconv_t converter; };        /* to UTF-8 */
struct charsets { struct charset list[CHARSETS_MOST]; size_t count; };

/* The names to be opened, NULL behind the last. A mail's other names for them are known here. */
const char *const *charsets_wanted(void);

/* `charsets` may be NULL: then only what is built in. `faults` are added to. */
must_use enum result charset_to_utf8(const struct charsets *charsets, struct slice name, struct slice bytes,
                                     struct arena *arena, struct slice *ret_text, unsigned *faults);
/* One in which text in ASCII does not look like itself: UTF-7, UTF-16, EBCDIC. */
bool charset_hides(struct slice name);
bool charset_is_known(const struct charsets *charsets, struct slice name);

/* The length of the UTF-8 character at the front: 1 to 4; 0: there is none. */
size_t utf8_character(struct slice text);
bool utf8_is_valid(struct slice text);
/* Appends one character's bytes, at most 4; returns how many. */
size_t utf8_put(char *out, uint32_t character);

#endif
