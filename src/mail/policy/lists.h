/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists.h — named lists of texts, `list "NAME" { entries = {…} }`, for `in list("NAME")` (inside mail/policy; its
 *           section stands in policy.h).
 *
 * Knows:   names and entries. An entry is compared whole, letters of either case, or as a glob when it has * or ?.
 * Ignores: what is looked for.
 * Owns:    nothing: all of it stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef POLICY_LISTS_H
#define POLICY_LISTS_H

#include "base/settings.h"

struct named_list { struct slice name; const struct slice *entries; size_t count; };
struct dnsbls;
struct named_lists {
	const struct named_list *lists;
	size_t count;
	const struct dnsbls *dnsbls;                 /* those for listed("NAME"), which have sections of their own */
};

must_use enum result lists_compile(struct settings *settings, struct arena *arena, struct named_lists *ret_lists);
const struct named_list *lists_find(const struct named_lists *lists, struct slice name);       /* NULL: none */

#endif
