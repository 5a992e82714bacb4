/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, at most half full. */
#include "mail/rules/name_table.h"

static size_t hash_of(struct slice name)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)byte_lower(name.at[i])) * 16777619U;
	return hash;
}

static struct slice *place_of(const struct name_table *table, struct slice name)
{
	size_t at = hash_of(name) & (table->size - 1);

	while (table->names[at].len && !slice_same_nocase(table->names[at], name))
		at = (at + 1) & (table->size - 1);
	return &table->names[at];
}

enum result name_table_build(size_t most, struct arena *arena, struct name_table *ret_table)
{
	struct name_table table = { .size = 16 };

	while (table.size < 2 * most)
		table.size *= 2;
	table.names = arena_array(arena, struct slice, table.size);
	if (table.names == NULL)
		return LATER;
	*ret_table = table;
	return OK;
}

enum result name_table_add(struct name_table *table, struct slice name, struct arena *arena)
{
	return arena_keep(arena, name, place_of(table, name));
}

void name_table_clear(struct name_table *table)
{
	memset(table->names, 0, table->size * sizeof(*table->names));
}

bool name_table_has(const struct name_table *table, struct slice name)
{
	return name.len && place_of(table, name)->len;
}
