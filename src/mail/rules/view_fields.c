/* SPDX-License-Identifier: Apache-2.0 */
/* Two passes: the first counts the fields, so that the list is taken once. */
#include "mail/rules/view_fields.h"

#include "mail/rules/reading.h"
#include "mail/rules/view_text.h"

enum { ODD_LINES = 3 };

struct field_walk {
	struct slice bytes, rest;
	bool part;
	unsigned odd;                            /* lines that are none, and were passed over */
	bool cut, separated;
	struct view_fields *fields;
	const struct message_reader *reader;
};

static bool is_folded(struct slice rest)
{
	return rest.len && (rest.at[0] == ' ' || rest.at[0] == '\t');
}

/* The line with its end, and all that are folded behind it. */
static struct slice cut_chunk(struct slice *rest)
{
	const char *begin = rest->at;

	do
		(void)slice_cut(rest, '\n');
	while (is_folded(*rest));
	return (struct slice){ begin, rest->len ? (size_t)(rest->at - begin) : 0 };
}

static bool is_blank(struct slice rest)
{
	return slice_begins(rest, SLICE("\n")) || slice_begins(rest, SLICE("\r\n"));
}

/* The length of a field's name; 0: it is none. */
static size_t name_length(struct slice line)
{
	size_t length = 0, colon;

	while (length < line.len && line.at[length] > ' ' && line.at[length] < 0x7f && line.at[length] != ':')
		length++;
	for (colon = length; colon < line.len && (line.at[colon] == ' ' || line.at[colon] == '\t');)
		colon++;
	return colon < line.len && line.at[colon] == ':' ? length : 0;
}

static enum result keep(struct field_walk *walk, struct slice chunk, size_t name)
{
	struct view_fields *fields = walk->fields;
	struct view_field field = { .name = { chunk.at, name < VIEW_NAME ? name : VIEW_NAME } };
	struct slice raw = slice_drop(chunk, name);

	if (fields->list == NULL) {
		fields->count++;
		return OK;
	}
	(void)slice_cut(&raw, ':');
	while (walk->part && raw.len && rules_is_space(raw.at[0]))
		raw = slice_drop(raw, 1);
	TRY(view_plain_ends(raw, walk->reader->arena, &raw));
	walk->cut = walk->cut || name > VIEW_NAME || raw.len > VIEW_FIELD;
	field.raw = (struct slice){ raw.at, raw.len < VIEW_FIELD ? raw.len : VIEW_FIELD };
	TRY(view_decoded(walk->reader, field.name, field.raw, &field.decoded));
	field.hidden = slice_begins_nocase(field.name, SLICE("X-Spam-"));
	fields->list[fields->count++] = field;
	return OK;
}

/* A line of two dashes ends them, and the fourth that is none. */
static bool ends_here(struct field_walk *walk, size_t name)
{
	if (name)
		return false;
	if (walk->part || slice_begins(walk->rest, SLICE("--")))
		return true;
	return ++walk->odd > ODD_LINES;
}

static enum result walk_all(struct field_walk *walk)
{
	walk->rest = walk->bytes;
	walk->odd = 0;
	while (walk->rest.len && !is_blank(walk->rest)) {
		struct slice line = walk->rest, chunk;
		size_t name = is_folded(line) ? 0 : name_length(slice_cut(&line, '\n'));

		if (!is_folded(walk->rest) && ends_here(walk, name))
			return OK;
		line = walk->rest;
		chunk = cut_chunk(&walk->rest);
		if (walk->rest.len == 0)
			chunk = line;
		if (name)
			TRY(keep(walk, chunk, name));
	}
	walk->separated = walk->rest.len > 0;
	if (walk->separated)
		(void)slice_cut(&walk->rest, '\n');
	return OK;
}

enum result view_fields_read(struct slice bytes, bool part, const struct message_reader *reader, struct view_fields *ret_fields,
                             struct fields_end *ret_end)
{
	struct view_fields fields = { 0 };
	struct field_walk walk = { .bytes = bytes, .part = part, .fields = &fields, .reader = reader };

	TRY(walk_all(&walk));
	fields.list = arena_array(reader->arena, struct view_field, fields.count + 1);
	if (fields.list == NULL)
		return LATER;
	fields.count = 0;
	TRY(walk_all(&walk));
	*ret_fields = fields;
	*ret_end = (struct fields_end){ bytes.len - walk.rest.len, walk.odd > 0, walk.cut, walk.separated };
	return OK;
}

static char *put(char *at, struct slice text)
{
	if (text.len)
		memcpy(at, text.at, text.len);
	return at + text.len;
}

enum result view_fields_clean(const struct view_fields *fields, struct slice body, struct arena *arena, struct slice *ret_message)
{
	size_t room = body.len + 1;
	char *out, *at;

	for (size_t i = 0; i < fields->count; i++)
		room += fields->list[i].name.len + fields->list[i].raw.len + 2;
	out = arena_take(arena, room);
	if (out == NULL)
		return LATER;
	at = out;
	for (size_t i = 0; i < fields->count; i++) {
		at = put(at, fields->list[i].name);
		at = put(at, SLICE(":"));
		at = put(at, fields->list[i].raw);
		if (at[-1] != '\n')
			at = put(at, SLICE("\n"));
	}
	at = put(at, SLICE("\n"));
	at = put(at, body);
	*ret_message = (struct slice){ out, (size_t)(at - out) };
	return OK;
}
