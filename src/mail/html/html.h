/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h — the door of mail/html: a page as a reader sees it, its links, and what is odd about it.
 *
 * Knows:   the text with its breaks, and which of it cannot be seen; links with the element they stand in, resolved
 *          against <base>; texts of links, titles, comments and scripts; which elements there are. All as SpamAssassin
 *          4.0.1 renders, since its rules were written for that.
 * Ignores: style sheets, pictures, and what a script would do.
 * Owns:    nothing: everything stands in the arena.
 * Fails:   LATER: the arena is full. No page is too deep or too odd: where a ceiling is passed, `over` says so, and what
 *          is above it is left out of the facts, but not of the text.
 */
#ifndef HTML_HTML_H
#define HTML_HTML_H

#include "base/arena.h"

enum { HTML_NAMES_MOST = 2048, HTML_LINK_MOST = 8192, HTML_LINKS_MOST = 65536, HTML_BACKHAIR_MOST = 7 };

struct html_link { struct slice uri, element; };         /* resolved; the element's name */
struct html_anchor { struct slice href, text; };         /* as written; what stands in it */
struct html_name { struct slice name; unsigned open; bool ever; };
struct html_texts { struct slice *list; size_t count, room; };

struct html_page {
	struct slice text;                       /* UTF-8, rendered */
	struct slice seen, hidden;               /* what of it is visible, and what is not */
	struct html_link *links;
	size_t link_count;
	struct html_anchor *anchors;
	size_t anchor_count;
	struct html_texts titles, comments, scripts;
	struct html_name *names;                 /* a table of HTML_NAMES_MOST places: elements by their hash */
	size_t length;                           /* characters of the source */
	unsigned tags, elements;                 /* marks; of elements that HTML knows */
	unsigned names_seen, elements_seen;      /* the same, each name once while it was new */
	unsigned closed_extra;                   /* ends without a beginning */
	unsigned obfuscation;                    /* marks within words */
	bool backhair[HTML_BACKHAIR_MOST + 1][HTML_BACKHAIR_MOST + 1];   /* lengths of the pieces around such a mark */
	double image_area;
	int least_size, most_size;               /* of letters, 1 to 7 and beyond */
	bool bad_font_face, low_contrast, invalid_color, mails_form, embeds;
	bool link_cut;                           /* a link was longer than HTML_LINK_MOST */
	bool over;                               /* a ceiling was passed */
};

/* `source` is UTF-8. */
must_use enum result html_read(struct slice source, struct arena *arena, struct html_page *ret_page);
/* The element of that name, if it was ever opened or closed; else NULL. */
const struct html_name *html_find(const struct html_page *page, struct slice name);

#endif
