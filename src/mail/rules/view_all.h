/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_all.h — which fields "ALL" has, where a message has more than rules may see (inside mail/rules only).
 *
 * Knows:   that SpamAssassin takes fields name by name, in the order in which the names first appear, until it is too much.
 * Ignores: how they are written.
 * Owns:    nothing: the list stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_ALL_H
#define RULES_VIEW_ALL_H

#include "mail/rules/view.h"

enum { VIEW_ALL_MOST = 65536 };                  /* bytes of names, values and what stands between them */

bool view_all_is_cut(const struct view_fields *fields);
/* For each field: it is left out. NULL: none is. */
must_use enum result view_all_cut(const struct view_fields *fields, struct arena *arena, const bool **ret_without);

#endif
