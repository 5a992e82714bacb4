/* SPDX-License-Identifier: Apache-2.0 */
/*
 * style.h — how text looks at each place of a page, as far as it hides it (inside mail/html only).
 *
 * Knows:   colours, sizes, `display`, `visibility`, as SpamAssassin 4.0.1 follows them: a `bgcolor` changes nothing.
 * Ignores: style sheets, selectors, and every other property.
 * Owns:    nothing.
 * Fails:   never. Deeper than HTML_DEPTH_MOST: `over`, and what is deeper looks like what holds it.
 */
#ifndef HTML_STYLE_H
#define HTML_STYLE_H

#include "mail/html/tokens.h"

enum { HTML_DEPTH_MOST = 8192 };

enum html_styled {               /* elements that change how text looks; th is td */
	STYLED_none, STYLED_a, STYLED_basefont, STYLED_big, STYLED_body, STYLED_div, STYLED_font, STYLED_p,
	STYLED_small, STYLED_span, STYLED_table, STYLED_td, STYLED_tr, STYLED_elements
};

enum color_is { COLOR_KNOWN, COLOR_INVALID, COLOR_EMPTY, COLOR_TRANSPARENT };
struct html_color { enum color_is is; uint32_t value; };         /* value: 0xrrggbb */

struct html_frame {
	enum html_styled element;
	struct html_color front, back;
	int size;
	bool not_displayed, not_visible;
};

struct html_styles {
	struct html_frame frames[HTML_DEPTH_MOST];
	size_t depth;
	unsigned open[STYLED_elements];
	int base, least, most;           /* sizes of letters: without a mark; of all */
	bool low_contrast, invalid_color, over;
};

void html_styles_begin(struct html_styles *styles);
void html_styles_open(struct html_styles *styles, enum html_styled element, const struct html_token *token);
void html_styles_close(struct html_styles *styles, enum html_styled element);
/* Can text not be seen here? Keeps why, if it is for its colour. */
bool html_styles_hide(struct html_styles *styles);

struct html_color html_color_of(struct slice text);

#endif
