/* SPDX-License-Identifier: Apache-2.0 */
/* A value is judged by its row, then by its room, and kept as text with the place it came from. */
#include "base/settings_reader.h"
#include "base/settings_store.h"

#include <string.h>

static bool has_control(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7f)
			return true;
	return false;
}

/* The kind, the bounds and the room's own opinion; NULL: all is well. */
static const char *judge_value(const struct settings_section *section, const struct setting *row,
                               struct slice value, struct buffer *reason)
{
	union { uint64_t number; struct slice text; struct list list; } field;
	enum result result = OK;
	const char *name = "";
	struct arena small = { 0 };

	arena_init(&small, SETTINGS_NAME_LONGEST + 1);
	if (has_control(value))
		result = buffer_add(reason, SLICE("has a control byte")) == OK ? REFUSED : LATER;
	if (result == OK && row)
		result = setting_parse(row, value, &field, reason);
	if (result == OK && row)
		result = arena_text(&small, setting_name(row), &name);
	if (result == OK && section->check)
		result = section->check(name, value, reason);
	arena_finish(&small);
	if (result == OK)
		return NULL;
	if (buffer_length(reason) == 0 || buffer_add_byte(reason, '\0') != OK)
		return "not understood";
	return buffer_slice(reason).at;
}

void reader_judge(struct reader *reader, const struct node *node, const struct setting *row, struct slice value,
		  int line)
{
	struct buffer reason;
	const char *complaint;
	char text[READER_SHOWN + 4];

	buffer_init(&reason, READER_COMPLAINT);
	complaint = judge_value(node->section, row, value, &reason);
	if (complaint && row)
		reader_complain(reader, line, "%.*s = '%s': %s", SHOW(setting_name(row)), reader_shown(value, text),
				complaint);
	else if (complaint)
		reader_complain(reader, line, "%s '%s': %s", node->name, reader_shown(value, text), complaint);
	buffer_finish(&reason);
}

struct slice reader_resolved(struct reader *reader, const struct setting *row, struct slice value)
{
	struct slice folder = reader->current->folder;
	char *path;

	if (row->kind != SETTING_path || value.len == 0 || value.at[0] == '/')
		return value;
	path = arena_take(&reader->tables, folder.len + 1 + value.len);
	if (path == NULL) {
		reader->full = true;
		return value;
	}
	memcpy(path, folder.at, folder.len);
	path[folder.len] = '/';
	memcpy(path + folder.len + 1, value.at, value.len);
	return (struct slice){ path, folder.len + 1 + value.len };
}

static enum result add_standard_items(struct settings *settings, const struct setting *row,
				      struct settings_value *value)
{
	for (struct slice rest = slice_of(row->standard); rest.len;) {
		struct slice item = setting_next_item(&rest);

		if (item.len)
			TRY(settings_add_item(settings, value, item));
	}
	return OK;
}

static struct settings_origin origin_here(const struct reader *reader, int line)
{
	return (struct settings_origin){ slice_of(reader->current->name), line > 0 ? (uint32_t)line : 0 };
}

/* Where what a section says is kept; within another section it is that one's. */
static void place_node(const struct node *node, struct settings_within *room, struct settings_place *place)
{
	if (node->parent == NULL || node->parent == &node->reader->top || node->parent->section == NULL)
		return;
	if (settings_place_within(room, node->parent->name, slice_of(node->reader->outer), place) != OK)
		node->reader->full = true;
}

static void remember_outer(const struct node *node, struct slice title)
{
	struct reader *reader = node->reader;
	size_t length = title.len < sizeof(reader->outer) ? title.len : sizeof(reader->outer) - 1;

	if (node->parent != &reader->top)
		return;
	if (length)
		memcpy(reader->outer, title.at, length);
	reader->outer[length] = '\0';
}

void reader_store(const struct use *use, struct slice title, int line, bool fresh, struct slice item)
{
	struct reader *reader = use->node->reader;
	struct settings_place place = { slice_of(use->node->section->name), title, setting_name(use->row) };
	struct settings_value *value;
	struct settings_within room = { .section = "" };
	bool added;

	place_node(use->node, &room, &place);
	value = settings_find(reader->settings, &place);
	added = !fresh && value == NULL;
	if (fresh && value) {
		reader_complain(reader, line, "%.*s is set twice; the first time at %.*s:%u", SHOW(place.name),
		         SHOW(value->origin.file), value->origin.line);
		return;
	}
	if (value == NULL && settings_add_value(reader->settings, &place, origin_here(reader, line), &value) != OK)
		reader->full = true;
	else if (added && add_standard_items(reader->settings, use->row, value) != OK)
		reader->full = true;
	else if (item.at && settings_add_item(reader->settings, value, reader_resolved(reader, use->row, item)) != OK)
		reader->full = true;
}

void reader_open_section(const struct node *node, struct slice title, int line)
{
	struct reader *reader = node->reader;
	struct settings_place place = { .section = slice_of(node->name), .title = title };
	const struct settings_title *before;
	struct settings_within room = { .section = "" };

	if (node->section == NULL || node->shape != TITLED)
		return;
	remember_outer(node, title);
	place_node(node, &room, &place);
	before = settings_find_title(reader->settings, &place);
	if (title.len == 0)
		reader_complain(reader, line, "a section '%s' needs a title that is not empty", node->name);
	else if (before)
		reader_complain(reader, line, "%s '%.*s' stands here twice; the first one at %.*s:%u", node->name,
			 SHOW(title), SHOW(before->origin.file), before->origin.line);
	else if (settings_add_title(reader->settings, &place, origin_here(reader, line)) != OK)
		reader->full = true;
	reader_judge(reader, node, NULL, title, line);
}
