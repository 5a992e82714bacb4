/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entities.h — characters that are written by name or number (inside mail/html only).
 *
 * Knows:   the names of HTML 4, with and without ";", and numbers, as HTML::Entities reads them.
 * Ignores: the names of HTML 5: they stay as they were written, as with SpamAssassin.
 * Owns:    nothing: the text is changed where it stands, and becomes no longer.
 * Fails:   never: what is no character stays, or becomes U+FFFD.
 */
#ifndef HTML_ENTITIES_H
#define HTML_ENTITIES_H

#include "base/slice.h"

/* Returns the new length. `within_text`: a name may be the beginning of a longer word ("&nbspc"); not so in attributes. */
size_t html_decode(char *text, size_t length, bool within_text);

#endif
