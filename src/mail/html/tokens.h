/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.h — HTML as a row of marks and texts (inside mail/html only).
 *
 * Knows:   marks, attributes, comments, declarations, marked sections, elements whose contents are no marks; what is made
 *          of each when it is damaged, as HTML::Parser does, since SpamAssassin's rules were written for its answers.
 * Ignores: what an element means.
 * Owns:    nothing. Names and texts are put right in the bytes that are read: these must be the caller's own.
 * Fails:   never. More attributes in a mark than are kept: `over`. Each byte is looked at a fixed number of times.
 */
#ifndef HTML_TOKENS_H
#define HTML_TOKENS_H

#include "base/slice.h"

enum { HTML_ATTRIBUTES_MOST = 64 };

enum html_kind { HTML_TEXT, HTML_OPENS, HTML_CLOSES, HTML_COMMENT, HTML_DECLARATION };

struct html_attribute { struct slice name, value; };     /* a name in small letters; without a value: the name again */

struct html_token {
	enum html_kind kind;
	struct slice text;               /* of marks: the name in small letters; of others: as written, with < and > */
	size_t count;
	struct html_attribute attributes[HTML_ATTRIBUTES_MOST];  /* the first of each name */
};

struct html_tokens {
	char *at, *end;
	unsigned raw;                    /* the element we are in whose contents are no marks, + 1 */
	unsigned unclosed;               /* of those, as bits, whose end does not come any more */
	unsigned included;               /* marked sections that are open */
	struct slice pending;            /* an end to be told next; */
	struct slice late;               /* …before the next mark */
	bool hasty;                      /* comments end at the first ">" from here on */
	bool over;
};

void html_tokens_begin(struct html_tokens *tokens, char *bytes, size_t length);
bool html_tokens_next(struct html_tokens *tokens, struct html_token *ret_token);     /* false: that was all */

/* The value, or NULL. */
const struct slice *html_attribute(const struct html_token *token, struct slice name);
bool html_is_space(char byte);

#endif
