/* SPDX-License-Identifier: Apache-2.0 */
/* Row by row: what the file says, or the default; and what a section within another says, over what was filled. */
#include "base/settings_store.h"

#include <stdio.h>
#include <string.h>

static enum result fill_list(struct settings *settings, const struct slice *items, size_t count, struct list *ret_list)
{
	struct slice *copy = arena_array(&settings->memory, struct slice, count);

	if (copy == NULL)
		return LATER;
	if (count)
		memcpy(copy, items, count * sizeof(*copy));
	*ret_list = (struct list){ copy, count };
	return OK;
}

static enum result fill_standard_list(struct settings *settings, const char *standard, struct list *ret_list)
{
	struct slice rest = slice_of(standard), counting = rest;
	struct slice *items;
	size_t count = 0;

	while (setting_next_item(&counting).len)
		count++;
	items = arena_array(&settings->memory, struct slice, count);
	if (items == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		items[i] = setting_next_item(&rest);
	*ret_list = (struct list){ items, count };
	return OK;
}

static enum result fill_row(struct settings *settings, const struct setting *row,
                            const struct settings_value *value, void *field)
{
	if (row->kind == SETTING_list && value)
		return fill_list(settings, value->items, value->count, field);
	if (row->kind == SETTING_list)
		return fill_standard_list(settings, row->standard, field);
	if (value == NULL)
		return setting_parse(row, slice_of(row->standard), field, NULL) == OK ? OK : BROKEN;
	if (value->count != 1)
		return REFUSED;
	return setting_parse(row, value->items[0], field, NULL);
}

enum result settings_fill(struct settings *settings, const struct settings_section *section,
                          struct slice title, void *ret_filled)
{
	struct settings_place place = { slice_of(section->name), title, { 0 } };

	memset(ret_filled, 0, section->size);
	for (size_t i = 0; i < section->row_count; i++) {
		const struct setting *row = &section->rows[i];

		place.name = setting_name(row);
		TRY(fill_row(settings, row, settings_find(settings, &place), (char *)ret_filled + row->offset));
	}
	return OK;
}

enum result settings_place_within(struct settings_within *room, const char *outer, struct slice outer_title,
                                  struct settings_place *place)
{
	int section = snprintf(room->section, sizeof(room->section), "%s/%.*s", outer, SHOW(place->section));
	int title = snprintf(room->title, sizeof(room->title), "%.*s\n%.*s", SHOW(outer_title), SHOW(place->title));

	if (section < 0 || title < 0 || (size_t)section >= sizeof(room->section) || (size_t)title >= sizeof(room->title))
		return REFUSED;
	place->section = (struct slice){ room->section, (size_t)section };
	place->title = (struct slice){ room->title, (size_t)title };
	return OK;
}

enum result settings_fill_over(struct settings *settings, const struct settings_section *section, const char *outer,
                               struct slice outer_title, struct slice title, void *filled)
{
	struct settings_place place = { slice_of(section->name), title, { 0 } };
	struct settings_within room = { .section = "" };

	TRY(settings_place_within(&room, outer, outer_title, &place));
	for (size_t i = 0; i < section->row_count; i++) {
		const struct setting *row = &section->rows[i];
		const struct settings_value *value;

		place.name = setting_name(row);
		value = settings_find(settings, &place);
		if (value)
			TRY(fill_row(settings, row, value, (char *)filled + row->offset));
	}
	return OK;
}
