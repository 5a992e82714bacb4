/* SPDX-License-Identifier: Apache-2.0 */
/* Copied out of the settings, which end at a reload. */
#include "mail/policy/lists.h"

#include "mail/policy/policy.h"

#define ROW(...) SETTINGS_ROW(list_settings, __VA_ARGS__)
static const struct setting rows[] = { LIST_SETTINGS(ROW) };

const struct settings_section list_settings_section = {
	.name = "list",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct list_settings),
	.about = "texts that policy compares with, as in list(\"NAME\")",
};

static enum result keep_entries(const struct list *list, struct arena *arena, struct named_list *named)
{
	struct slice *entries = arena_array(arena, struct slice, list->count);

	if (entries == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++)
		TRY(arena_keep(arena, list->items[i], &entries[i]));
	named->entries = entries;
	named->count = list->count;
	return OK;
}

static enum result keep_list(struct settings *settings, struct slice title, struct arena *arena, struct named_list *named)
{
	struct list_settings filled;

	TRY(settings_fill(settings, &list_settings_section, title, &filled));
	TRY(arena_keep(arena, title, &named->name));
	return keep_entries(&filled.entries, arena, named);
}

enum result lists_compile(struct settings *settings, struct arena *arena, struct named_lists *ret_lists)
{
	size_t count = settings_title_count(settings, list_settings_section.name);
	struct named_list *lists = arena_array(arena, struct named_list, count);

	if (lists == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		TRY(keep_list(settings, settings_title(settings, list_settings_section.name, i), arena, &lists[i]));
	*ret_lists = (struct named_lists){ .lists = lists, .count = count };
	return OK;
}

const struct named_list *lists_find(const struct named_lists *lists, struct slice name)
{
	for (size_t i = 0; i < lists->count; i++)
		if (slice_same(lists->lists[i].name, name))
			return &lists->lists[i];
	return NULL;
}
