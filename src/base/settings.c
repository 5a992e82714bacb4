/* SPDX-License-Identifier: Apache-2.0 */
/* Values and titles are two lists in one arena; a struct is filled by walking its rows and looking
 * each up: the default's text and the file's text take the same way into the field. */
#include "base/settings.h"

#include "base/pack.h"
#include "base/settings_store.h"

#include <string.h>

void settings_init(struct settings *settings)
{
	*settings = (struct settings){ 0 };
	arena_init(&settings->memory, SETTINGS_MEMORY);
}

void settings_finish(struct settings *settings)
{
	arena_finish(&settings->memory);
	*settings = (struct settings){ 0 };
}

/* ---- the lists ---- */

struct settings_value *settings_find(const struct settings *settings, const struct settings_place *place)
{
	for (struct settings_value *value = settings->first; value; value = value->next)
		if (slice_same(value->name, place->name) && slice_same(value->section, place->section)
		    && slice_same(value->title, place->title))
			return value;
	return NULL;
}

struct settings_title *settings_find_title(const struct settings *settings, const struct settings_place *place)
{
	for (struct settings_title *title = settings->titles; title; title = title->next)
		if (slice_same(title->title, place->title) && slice_same(title->section, place->section))
			return title;
	return NULL;
}

/* Neighbours mostly come from the same file: its name is kept once. */
static enum result keep_origin(struct settings *settings, struct settings_origin *origin)
{
	if (settings->last && slice_same(settings->last->origin.file, origin->file)) {
		origin->file = settings->last->origin.file;
		return OK;
	}
	return arena_keep(&settings->memory, origin->file, &origin->file);
}

enum result settings_add_value(struct settings *settings, const struct settings_place *place,
                               struct settings_origin origin, struct settings_value **ret_value)
{
	struct settings_value *value = arena_new(&settings->memory, struct settings_value);

	if (value == NULL)
		return LATER;
	TRY(arena_keep(&settings->memory, place->section, &value->section));
	TRY(arena_keep(&settings->memory, place->title, &value->title));
	TRY(arena_keep(&settings->memory, place->name, &value->name));
	TRY(keep_origin(settings, &origin));
	value->origin = origin;
	if (settings->last)
		settings->last->next = value;
	else
		settings->first = value;
	settings->last = value;
	*ret_value = value;
	return OK;
}

enum result settings_add_item(struct settings *settings, struct settings_value *value, struct slice item)
{
	struct slice kept;

	if (value->count == value->room) {
		size_t room = value->room ? value->room * 2 : 1;
		struct slice *items = arena_array(&settings->memory, struct slice, room);

		if (items == NULL)
			return LATER;
		if (value->count)
			memcpy(items, value->items, value->count * sizeof(*items));
		value->items = items;
		value->room = room;
	}
	TRY(arena_keep(&settings->memory, item, &kept));
	value->items[value->count++] = kept;
	return OK;
}

enum result settings_add_title(struct settings *settings, const struct settings_place *place,
                               struct settings_origin origin)
{
	struct settings_title *title = arena_new(&settings->memory, struct settings_title);

	if (title == NULL)
		return LATER;
	TRY(arena_keep(&settings->memory, place->section, &title->section));
	TRY(arena_keep(&settings->memory, place->title, &title->title));
	TRY(keep_origin(settings, &origin));
	title->origin = origin;
	if (settings->last_title)
		settings->last_title->next = title;
	else
		settings->titles = title;
	settings->last_title = title;
	return OK;
}

enum result settings_put(struct settings *settings, const char *section, const char *name, struct slice text)
{
	struct settings_place place = { slice_of(section), { 0 }, slice_of(name) };
	struct settings_value *value = settings_find(settings, &place);

	if (value == NULL)
		TRY(settings_add_value(settings, &place, (struct settings_origin){ 0 }, &value));
	value->count = 0;
	return settings_add_item(settings, value, text);
}

enum result settings_append(struct settings *settings, const char *section, struct slice title, const char *name,
                            struct slice item)
{
	struct settings_place place = { slice_of(section), title, slice_of(name) };
	struct settings_value *value = settings_find(settings, &place);

	if (value == NULL)
		TRY(settings_add_value(settings, &place, (struct settings_origin){ 0 }, &value));
	return settings_add_item(settings, value, item);
}

enum result settings_show(const struct settings *settings, const char *section, const char *name, struct buffer *to)
{
	struct settings_place place = { slice_of(section), { 0 }, slice_of(name) };
	const struct settings_value *value = settings_find(settings, &place);

	for (size_t i = 0; value && i < value->count; i++) {
		TRY(buffer_add(to, i ? SLICE(", ") : SLICE("")));
		TRY(buffer_add(to, value->items[i]));
	}
	return OK;
}

/* ---- as bytes: u32 titles, u32 values, then each; fields in the order below ---- */

static enum result pack_origin(const struct settings_origin *origin, struct buffer *to)
{
	TRY(pack_slice(to, origin->file));
	return pack_u32(to, origin->line);
}

static enum result pack_title(const struct settings_title *title, struct buffer *to)
{
	TRY(pack_slice(to, title->section));
	TRY(pack_slice(to, title->title));
	return pack_origin(&title->origin, to);
}

static enum result pack_value(const struct settings_value *value, struct buffer *to)
{
	TRY(pack_slice(to, value->section));
	TRY(pack_slice(to, value->title));
	TRY(pack_slice(to, value->name));
	TRY(pack_u32(to, (uint32_t)value->count));
	for (size_t i = 0; i < value->count; i++)
		TRY(pack_slice(to, value->items[i]));
	return pack_origin(&value->origin, to);
}

enum result settings_pack(const struct settings *settings, struct buffer *to)
{
	uint32_t titles = 0, values = 0;

	for (const struct settings_title *title = settings->titles; title; title = title->next)
		titles++;
	for (const struct settings_value *value = settings->first; value; value = value->next)
		values++;
	TRY(pack_u32(to, titles));
	TRY(pack_u32(to, values));
	for (const struct settings_title *title = settings->titles; title; title = title->next)
		TRY(pack_title(title, to));
	for (const struct settings_value *value = settings->first; value; value = value->next)
		TRY(pack_value(value, to));
	return OK;
}

static struct settings_origin unpack_origin(struct unpack *from)
{
	struct settings_origin origin = { .file = unpack_slice(from, SETTINGS_VALUE_LONGEST) };

	origin.line = unpack_u32(from);
	return origin;
}

static enum result unpack_title(struct settings *settings, struct unpack *from)
{
	struct settings_place place = { .section = unpack_slice(from, SETTINGS_NAME_LONGEST) };

	place.title = unpack_slice(from, SETTINGS_VALUE_LONGEST);
	return settings_add_title(settings, &place, unpack_origin(from));
}

static enum result unpack_value(struct settings *settings, struct unpack *from)
{
	struct settings_place place = { .section = unpack_slice(from, SETTINGS_NAME_LONGEST) };
	struct settings_value *value;
	uint32_t count;

	place.title = unpack_slice(from, SETTINGS_VALUE_LONGEST);
	place.name = unpack_slice(from, SETTINGS_NAME_LONGEST);
	TRY(settings_add_value(settings, &place, (struct settings_origin){ 0 }, &value));
	count = unpack_u32(from);
	for (uint32_t i = 0; i < count && !from->bad; i++)
		TRY(settings_add_item(settings, value, unpack_slice(from, SETTINGS_VALUE_LONGEST)));
	value->origin = unpack_origin(from);
	return arena_keep(&settings->memory, value->origin.file, &value->origin.file);
}

static enum result unpack_all(struct settings *settings, struct unpack *from)
{
	uint32_t titles = unpack_u32(from), values = unpack_u32(from);

	for (uint32_t i = 0; i < titles && !from->bad; i++)
		TRY(unpack_title(settings, from));
	for (uint32_t i = 0; i < values && !from->bad; i++)
		TRY(unpack_value(settings, from));
	return unpack_end(from);
}

enum result settings_unpack(struct settings *settings, struct slice packed)
{
	struct unpack from = unpack_from(packed);
	enum result result;

	settings_finish(settings);
	settings_init(settings);
	result = unpack_all(settings, &from);
	if (result != OK) {
		settings_finish(settings);
		settings_init(settings);
	}
	return result;
}

/* ---- what is not wanted ---- */

static bool same_value(const struct settings_value *one, const struct settings_value *other)
{
	if (other == NULL || one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!slice_same(one->items[i], other->items[i]))
			return false;
	return true;
}

static bool has_all_of(const struct settings *settings, const struct settings *other, struct slice section)
{
	for (const struct settings_value *value = other->first; value; value = value->next) {
		struct settings_place place = { value->section, value->title, value->name };

		if (slice_same(value->section, section) && !same_value(value, settings_find(settings, &place)))
			return false;
	}
	for (const struct settings_title *title = other->titles; title; title = title->next) {
		struct settings_place place = { .section = title->section, .title = title->title };

		if (slice_same(title->section, section) && settings_find_title(settings, &place) == NULL)
			return false;
	}
	return true;
}

bool settings_same(const struct settings *one, const struct settings *other, const char *section)
{
	return has_all_of(one, other, slice_of(section)) && has_all_of(other, one, slice_of(section));
}

enum result settings_retitle(struct settings *settings, const char *section, struct slice title, struct slice other)
{
	struct slice kept;

	TRY(arena_keep(&settings->memory, other, &kept));
	for (struct settings_value *value = settings->first; value; value = value->next)
		if (slice_same(value->section, slice_of(section)) && slice_same(value->title, title))
			value->title = kept;
	for (struct settings_title *row = settings->titles; row; row = row->next)
		if (slice_same(row->section, slice_of(section)) && slice_same(row->title, title))
			row->title = kept;
	return OK;
}

void settings_forget(struct settings *settings, const char *section)
{
	struct settings_value **value = &settings->first;
	struct settings_title **title = &settings->titles;

	settings->last = NULL;
	settings->last_title = NULL;
	while (*value) {
		if (slice_same((*value)->section, slice_of(section))) {
			*value = (*value)->next;
			continue;
		}
		settings->last = *value;
		value = &(*value)->next;
	}
	while (*title) {
		if (slice_same((*title)->section, slice_of(section))) {
			*title = (*title)->next;
			continue;
		}
		settings->last_title = *title;
		title = &(*title)->next;
	}
}

/* ---- questions ---- */

size_t settings_title_count(const struct settings *settings, const char *section)
{
	size_t count = 0;

	for (const struct settings_title *title = settings->titles; title; title = title->next)
		count += slice_same(title->section, slice_of(section));
	return count;
}

struct slice settings_title(const struct settings *settings, const char *section, size_t place)
{
	for (const struct settings_title *title = settings->titles; title; title = title->next)
		if (slice_same(title->section, slice_of(section)) && place-- == 0)
			return title->title;
	return (struct slice){ 0 };
}

bool settings_next(const struct settings *settings, const void **place, struct settings_said *ret_said)
{
	const struct settings_value *value = *place ? ((const struct settings_value *)*place)->next : settings->first;

	if (value == NULL)
		return false;
	*place = value;
	*ret_said = (struct settings_said){ value->section, value->title, value->name, value->items, value->count,
		                            value->origin };
	return true;
}

struct settings_origin settings_origin_of(const struct settings *settings, const char *section,
                                          struct slice title, const char *name)
{
	struct setting row = { .name = name };
	struct settings_place place = { slice_of(section), title, setting_name(&row) };
	const struct settings_value *value = settings_find(settings, &place);
	const struct settings_title *stands = settings_find_title(settings, &place);

	if (value)
		return value->origin;
	return stands && *name == '\0' ? stands->origin : (struct settings_origin){ 0 };
}
