/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is cut off the front of what is left. Two passes: the first counts, so that the list is taken once. */
#include "mail/message/fields.h"

#include "mail/message/encodings.h"

#include <string.h>

const struct message_limits message_limits_standard = {
	.depth = 64, .parts = 1000, .header_bytes = 262144, .header_count = 1000, .header_longest = 65536,
	.parameters = 128, .boundary = 256, .addresses = 1000,
};

struct slice field_line(struct slice *rest)
{
	struct slice line = slice_cut(rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool field_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice field_trim(struct slice text)
{
	while (text.len && field_is_space(text.at[0]))
		text = slice_drop(text, 1);
	while (text.len && field_is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return false;
	return name.len > 0;
}

static bool is_folded(struct slice rest)
{
	return rest.len && (rest.at[0] == ' ' || rest.at[0] == '\t');
}

/* The name of a line's field, without the blanks before the colon; empty when the line is none. */
static struct slice name_of(struct slice line, unsigned *marks)
{
	const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
	struct slice name = { line.at, colon ? (size_t)(colon - line.at) : 0 };
	size_t length = name.len;

	while (name.len && (name.at[name.len - 1] == ' ' || name.at[name.len - 1] == '\t'))
		name.len--;
	if (!is_name(name))
		return (struct slice){ 0 };
	if (name.len < length)
		*marks |= FIELD_SPACED;
	return name;
}

bool field_begins(struct slice bytes)
{
	unsigned marks = 0;

	return !is_folded(bytes) && name_of(field_line(&bytes), &marks).len > 0;
}

static unsigned line_marks(struct slice line)
{
	if (line.len && (memchr(line.at, '\r', line.len) || memchr(line.at, '\0', line.len)))
		return FIELD_CONTROL;
	return 0;
}

static struct slice word_behind(struct slice line, struct slice name)
{
	struct slice rest = slice_begins_nocase(line, name) ? field_trim(slice_drop(line, name.len)) : SLICE("");
	size_t length = 0;

	while (length < rest.len && (byte_is_letter(rest.at[length]) || byte_is_digit(rest.at[length]) || rest.at[length] == '-'))
		length++;
	return (struct slice){ rest.at, length };
}

/* "Content-Type: a/b", "Content-Transfer-Encoding: base64": not the bare names that signatures list. */
static bool is_field_of_mime(struct slice line)
{
	struct slice type, disposition;

	line = field_trim(line);
	type = word_behind(line, SLICE("Content-Type:"));
	disposition = word_behind(line, SLICE("Content-Disposition:"));
	if (type.len)
		return type.at + type.len < line.at + line.len && type.at[type.len] == '/';
	return encoding_of(word_behind(line, SLICE("Content-Transfer-Encoding:"))) != ENCODING_UNKNOWN ||
	       slice_same_nocase(disposition, SLICE("attachment")) || slice_same_nocase(disposition, SLICE("inline"));
}

/* One field with its folded lines, cut off the front; false at a line that is none. */
static bool next_field(struct slice *rest, struct header *ret_header)
{
	struct slice after = *rest, line = field_line(&after), value;
	unsigned marks = 0;
	struct slice name = is_folded(line) ? (struct slice){ 0 } : name_of(line, &marks);

	if (name.len == 0)
		return false;
	marks |= line_marks(line);
	value.at = (const char *)memchr(name.at + name.len, ':', line.len - name.len) + 1;
	value.len = (size_t)(line.at + line.len - value.at);
	while (is_folded(after)) {
		line = field_line(&after);
		marks |= line_marks(line);
		if (slice_trim(line).len == 0 && after.len)
			marks |= FIELD_BLANK;
		if (is_field_of_mime(line))
			marks |= FIELD_WITHIN;
		value.len = (size_t)(line.at + line.len - value.at);
	}
	*ret_header = (struct header){ name, field_trim(value), marks };
	if (ret_header->value.len == 0)
		ret_header->value.at = value.at;
	*rest = after;
	return true;
}

static bool ends_here(struct slice rest)
{
	return rest.len == 0 || rest.at[0] == '\n' || slice_begins(rest, SLICE("\r\n"));
}

/* The next field; lenient: behind the lines that are none. */
static bool seek_field(struct slice *rest, bool lenient, struct header *ret_header)
{
	while (!ends_here(*rest)) {
		if (next_field(rest, ret_header))
			return true;
		if (!lenient)
			return false;
		(void)field_line(rest);
	}
	return false;
}

static enum result count_fields(struct slice bytes, const struct message_limits *limits, bool lenient,
                                struct headers *headers)
{
	struct slice rest = bytes;
	struct header header;

	for (struct slice before = rest; seek_field(&rest, lenient, &header); before = rest) {
		if (++headers->count > limits->header_count || bytes.len - rest.len > limits->header_bytes ||
		    before.len - rest.len > limits->header_longest) {
			headers->limit = "headers";
			return LATER;
		}
	}
	headers->broken = !ends_here(rest);
	return OK;
}

enum result headers_read(struct slice bytes, const struct message_limits *limits, bool lenient, struct arena *arena,
                         struct headers *ret_headers)
{
	struct headers headers = { .rest = bytes };
	enum result result = count_fields(bytes, limits, lenient, &headers);

	ret_headers->limit = headers.limit;
	TRY(result);
	headers.list = arena_array(arena, struct header, headers.count);
	if (headers.list == NULL) {
		ret_headers->limit = "memory";
		return LATER;
	}
	for (size_t i = 0; i < headers.count; i++)
		(void)seek_field(&headers.rest, lenient, &headers.list[i]);
	while (lenient && !ends_here(headers.rest))
		(void)field_line(&headers.rest);
	if (!headers.broken && headers.rest.len)
		(void)field_line(&headers.rest);
	*ret_headers = headers;
	return OK;
}

const struct header *headers_nth(const struct headers *headers, struct slice name, size_t nth)
{
	for (size_t i = 0; i < headers->count; i++)
		if (slice_same_nocase(headers->list[i].name, name) && nth-- == 0)
			return &headers->list[i];
	return NULL;
}

const struct header *headers_find(const struct headers *headers, struct slice name)
{
	return headers_nth(headers, name, 0);
}
