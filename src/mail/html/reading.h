/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h — what the files that read a page ask of each other (inside mail/html only).
 *
 * Knows:   the state between two marks.
 * Ignores: how a mark is written.
 * Owns:    three buffers; html_read() gives them back.
 * Fails:   LATER: out of memory.
 */
#ifndef HTML_READING_H
#define HTML_READING_H

#include "base/buffer.h"
#include "mail/html/html.h"
#include "mail/html/style.h"

struct html_reading {
	struct arena *arena;
	struct html_page page;
	struct html_styles *styles;
	struct slice base;
	struct buffer text, seen, hidden, linked, titled;        /* linked: the texts of anchors, titled: of titles */
	size_t last;                             /* where the last piece of text begins */
	bool any, last_breaks, last_hidden;      /* is there one; is it a break; can it not be seen */
	size_t link_room, anchor_room;
	size_t *anchor_starts;                   /* in `linked` */
	size_t *title_starts;                    /* in `titled` */
	size_t title_room, title_count;
	const struct html_name *a, *title, *script, *style;      /* those elements, where there are any */
};

/* The place of a name, which may be new; NULL, and `over`: there is none left. */
struct html_name *html_names_place(struct html_page *page, struct slice name);

/* Room for one more; `list` may move. */
must_use enum result html_grow(struct arena *arena, void *list, size_t count, size_t *room, size_t size);

must_use enum result html_see_text(struct html_reading *reading, struct slice text);
must_use enum result html_see_break(struct html_reading *reading, struct slice blanks);
must_use enum result html_see_tag(struct html_reading *reading, const struct html_token *token);

#endif
