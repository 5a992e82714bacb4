/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is cut off the front of what is left; white space here includes the line ends of folding. */
#include "mail/message/fields.h"

#include "mail/message/parts.h"

enum { PARAMETERS_MOST = 128 };

struct slice field_line(struct slice *rest)
{
	struct slice line = slice_cut(rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice text)
{
	while (text.len && is_space(text.at[0]))
		text = slice_drop(text, 1);
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* ---- fields ---- */

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

/* One field with its folded lines, cut off the front; false at a line that is none. */
static bool next_field(struct slice *rest, struct header *ret_header)
{
	struct slice after = *rest, line = field_line(&after), value = line;
	struct slice name = slice_trim(slice_cut(&value, ':'));

	if (name.len == line.len || !is_name(name) || is_folded(line))
		return false;
	if (value.at == NULL)
		value.at = line.at + line.len;
	while (is_folded(after)) {
		line = field_line(&after);
		value.len = (size_t)(line.at + line.len - value.at);
	}
	*ret_header = (struct header){ name, trim(value) };
	*rest = after;
	return true;
}

static enum result count_fields(struct slice bytes, size_t *ret_count)
{
	struct slice rest = bytes;
	struct header header;
	size_t count = 0;

	while (rest.len && next_field(&rest, &header))
		if (++count > HEADERS_MOST || bytes.len - rest.len > HEADERS_BYTES)
			return LATER;
	*ret_count = count;
	return OK;
}

enum result headers_read(struct slice bytes, struct arena *arena, struct headers *ret_headers)
{
	struct headers headers = { .rest = bytes };

	TRY(count_fields(bytes, &headers.count));
	headers.list = arena_array(arena, struct header, headers.count);
	if (headers.list == NULL)
		return LATER;
	for (size_t i = 0; i < headers.count; i++)
		(void)next_field(&headers.rest, &headers.list[i]);
	if (slice_begins(headers.rest, SLICE("\r\n")) || slice_begins(headers.rest, SLICE("\n")))
		(void)field_line(&headers.rest);
	*ret_headers = headers;
	return OK;
}

const struct header *headers_find(const struct headers *headers, struct slice name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (slice_same_nocase(headers->list[i].name, name))
			return &headers->list[i];
	return NULL;
}

/* ---- types and parameters ---- */

enum result field_type(struct slice value, struct arena *arena, struct slice *ret_type)
{
	struct slice type = trim(slice_cut(&value, ';'));
	char *lower = arena_take(arena, type.len);

	if (lower == NULL)
		return LATER;
	for (size_t i = 0; i < type.len; i++)
		lower[i] = byte_lower(type.at[i]);
	*ret_type = (struct slice){ lower, type.len };
	return OK;
}

/* "a \"b\"": what stands between the quotes, without the backslashes. */
static enum result quoted_value(struct slice *rest, struct arena *arena, struct slice *ret_value)
{
	char *copy = arena_take(arena, rest->len);
	size_t length = 0, i = 1;

	if (copy == NULL)
		return LATER;
	for (; i < rest->len && rest->at[i] != '"'; i++) {
		if (rest->at[i] == '\\' && i + 1 < rest->len)
			i++;
		copy[length++] = rest->at[i];
	}
	*rest = slice_drop(*rest, i + 1);
	*ret_value = (struct slice){ copy, length };
	return OK;
}

static struct slice token_value(struct slice *rest)
{
	size_t length = 0;

	while (length < rest->len && rest->at[length] != ';' && !is_space(rest->at[length]))
		length++;
	return slice_take(rest, length);
}

static struct slice parameter_name(struct slice *rest)
{
	size_t length = 0;

	while (length < rest->len && rest->at[length] != '=' && rest->at[length] != ';')
		length++;
	return trim(slice_take(rest, length));
}

static void keep_first(struct slice *field, struct slice value, struct field_parameters *found)
{
	if (field->len && !slice_same(*field, value))
		found->doubled = true;
	else
		*field = value;
}

static enum result one_parameter(struct slice *rest, struct arena *arena, struct field_parameters *found)
{
	struct slice name = parameter_name(rest), value;

	if (rest->len == 0 || rest->at[0] != '=')
		return OK;
	*rest = trim(slice_drop(*rest, 1));
	if (rest->len && rest->at[0] == '"')
		TRY(quoted_value(rest, arena, &value));
	else
		value = token_value(rest);
	if (slice_same_nocase(name, SLICE("boundary")))
		keep_first(&found->boundary, value, found);
	else if (slice_same_nocase(name, SLICE("name")) || slice_same_nocase(name, SLICE("filename")))
		keep_first(&found->name, value, found);
	return OK;
}

enum result field_parameters(struct slice value, struct arena *arena, struct field_parameters *found)
{
	struct slice rest = value;

	(void)slice_cut(&rest, ';');
	for (unsigned count = 0; rest.len; count++) {
		if (count == PARAMETERS_MOST)
			return LATER;
		TRY(one_parameter(&rest, arena, found));
		(void)slice_cut(&rest, ';');
	}
	return OK;
}
