/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banners.h — texts that `banner NAME` adds to messages as parts, `banner "NAME" { text = {…} html = {…} place = … }`
 *             (inside mail/policy; its section stands in policy.h).
 *
 * Knows:   their titles, and which of two wordings a message gets: a message in HTML the HTML, where there is one.
 * Ignores: who gets one.
 * Owns:    nothing: all of it stands in the arena.
 * Fails:   REFUSED with what was meant: a banner that says nothing. LATER: the arena is full.
 */
#ifndef POLICY_BANNERS_H
#define POLICY_BANNERS_H

#include "base/settings.h"
#include "mail/message/message.h"

struct banner { struct slice title, text, html; enum changes_place place; };
struct banners { struct banner *list; size_t count; };

must_use enum result banners_compile(struct settings *settings, struct arena *arena, struct banners *ret_banners,
                                     struct buffer *complaint);
/* The same banners, with what a profile says put over them; `ret_has`: an array, of which of them it says something. */
must_use enum result banners_put_over(struct settings *settings, const struct banners *banners, struct slice profile,
                                      struct arena *arena, struct banners *ret_banners, const bool **ret_has,
                                      struct buffer *complaint);
const struct banner *banners_find(const struct banners *banners, struct slice title);           /* NULL: none */
must_use enum result banner_add(const struct banner *banner, struct changes *changes);

#endif
