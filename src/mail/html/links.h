/* SPDX-License-Identifier: Apache-2.0 */
/*
 * links.h — the address that a link means (inside mail/html only).
 *
 * Knows:   RFC 3986, 5.2, with the liberties that SpamAssassin 4.0.1 takes.
 * Ignores: whether an address makes sense.
 * Owns:    nothing: the address stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef HTML_LINKS_H
#define HTML_LINKS_H

#include "base/arena.h"

/* Without blanks at its ends, at most HTML_LINK_MOST bytes; `ret_cut` where there were more. */
struct slice html_link_trim(struct slice link, bool *ret_cut);
must_use enum result html_link_resolve(struct slice base, struct slice link, struct arena *arena, struct slice *ret_uri);
/* What `<base href>` makes the base; empty: it is none. */
must_use enum result html_link_base(struct slice link, struct arena *arena, struct slice *ret_base);

#endif
