/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_table.h — names that rule files list, to be found fast (inside mail/rules only).
 *
 * Knows:   names in any case of letters, each once. They come from the site: nobody else can choose them.
 * Ignores: what they name.
 * Owns:    nothing: table and names stand in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_NAME_TABLE_H
#define RULES_NAME_TABLE_H

#include "base/arena.h"

struct name_table { struct slice *names; size_t size; };         /* by their hash; empty: free; size: a power of two */

/* For that many names at most. */
must_use enum result name_table_build(size_t most, struct arena *arena, struct name_table *ret_table);
must_use enum result name_table_add(struct name_table *table, struct slice name, struct arena *arena);
void name_table_clear(struct name_table *table);
bool name_table_has(const struct name_table *table, struct slice name);

#endif
