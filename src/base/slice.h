/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice.h — a stretch of somebody else's bytes.
 *
 * Knows:   where it starts and how long it is; bytes may be NUL.
 * Ignores: line ends, encodings and C strings: those are grammars, and live with their parsers.
 * Owns:    nothing. It must not outlive the buffer or arena it points into.
 * Fails:   never by crashing; an empty slice is the answer to every impossible question.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *at;
	size_t len;
};

#define LIT(text)   { "" text, sizeof(text) - 1 }      /* in a table */
#define SLICE(text) ((struct slice)LIT(text))          /* anywhere else */

/* For printf("%.*s"): the only way a slice reaches a format string. */
#define SHOW(s) (int)(s).len, (s).at

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct slice slice_of(const char *text);               /* a C string from outside; NULL is empty */

bool slice_same(struct slice a, struct slice b);
bool slice_same_nocase(struct slice a, struct slice b);         /* ASCII letters only */
bool slice_begins(struct slice whole, struct slice start);
bool slice_begins_nocase(struct slice whole, struct slice start);
bool slice_ends_nocase(struct slice whole, struct slice end);
bool slice_has(struct slice whole, char byte);
int  slice_order(struct slice a, struct slice b);               /* as memcmp, shorter first */

/* Cut the part before the first `stop` off the front of `rest`, and drop the stop.
 * Without a stop, everything is cut and `rest` is empty. */
struct slice slice_cut(struct slice *rest, char stop);
/* The two that parsers call for every few bytes stand here, so that no call is left of them. */
static inline struct slice slice_drop(struct slice whole, size_t len)           /* all but the first `len` */
{
	if (len >= whole.len)
		return (struct slice){ 0 };
	return (struct slice){ whole.at + len, whole.len - len };
}

/* The first `len` bytes (or all there are), cut off the front of `rest`. */
static inline struct slice slice_take(struct slice *rest, size_t len)
{
	struct slice head = { rest->at, rest->len < len ? rest->len : len };

	*rest = slice_drop(*rest, head.len);
	return head;
}

struct slice slice_trim(struct slice whole);                    /* without spaces and tabs at both ends */

/* How many bytes at its front are none of CR, LF and NUL; many at a time, for long stretches of mail. */
size_t slice_text_run(struct slice bytes);
/* How many bytes at its front are whole lines as nearly all are: text to CR LF, not begun by a dot. */
size_t slice_lines_run(struct slice bytes);
bool slice_has_eight_bit(struct slice bytes);

/* A whole slice of decimal digits, at most `most`; REFUSED for anything else. */
must_use enum result slice_number(struct slice text, uint64_t most, uint64_t *ret_number);

/* ASCII only, whatever the locale: mail's grammars are written in ASCII. */
char byte_lower(char c);
bool byte_is_digit(char c);
bool byte_is_letter(char c);

#endif
