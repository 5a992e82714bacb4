/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor over the value. A parameter is read as the grammar has it; next to that stands `raw`, everything up to the
 * next semicolon, which is what the simplest readers take. */
#include "mail/message/parameters.h"

#include "mail/message/fields.h"

#include <string.h>

struct cursor { struct slice rest; struct arena *arena; unsigned faults; };

static bool next_is(const struct cursor *cursor, char c)
{
	return cursor->rest.len && cursor->rest.at[0] == c;
}

/* ---- blanks and comments ---- */

/* A comment at the front, nested ones included: how long it is. One without an end goes to the end. */
static size_t comment_length(struct slice text)
{
	size_t depth = 0, i = 0;

	for (; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '(')
			depth++;
		else if (text.at[i] == ')' && --depth == 0)
			return i + 1;
	}
	return text.len;
}

static void skip_blanks(struct cursor *cursor)
{
	size_t i = 0;

	while (i < cursor->rest.len && field_is_space(cursor->rest.at[i]))
		i++;
	cursor->rest = slice_drop(cursor->rest, i);
}

static void skip_blanks_and_comments(struct cursor *cursor)
{
	for (skip_blanks(cursor); next_is(cursor, '('); skip_blanks(cursor)) {
		cursor->faults |= PARAMETER_COMMENT;
		cursor->rest = slice_drop(cursor->rest, comment_length(cursor->rest));
	}
}

/* ---- words ---- */

/* A token, put together across comments; it ends at a blank, or one of `stops`. */
static enum result read_word(struct cursor *cursor, const char *stops, struct slice *ret_word)
{
	struct slice start = cursor->rest;
	size_t length = 0;
	char *copy = NULL;

	while (cursor->rest.len && !field_is_space(cursor->rest.at[0]) && !strchr(stops, cursor->rest.at[0])) {
		if (cursor->rest.at[0] == '\0')
			cursor->faults |= PARAMETER_JUNK;
		if (next_is(cursor, '(')) {
			cursor->faults |= PARAMETER_COMMENT;
			if (copy == NULL)
				copy = arena_take(cursor->arena, start.len);
			if (copy == NULL)
				return LATER;
			memcpy(copy, start.at, length);
			cursor->rest = slice_drop(cursor->rest, comment_length(cursor->rest));
			continue;
		}
		if (copy)
			copy[length] = cursor->rest.at[0];
		length++;
		cursor->rest = slice_drop(cursor->rest, 1);
	}
	*ret_word = (struct slice){ copy ? copy : start.at, length };
	return OK;
}

/* "a \"b\"": what stands between the quotes, without backslashes and line ends. */
static enum result read_quoted(struct cursor *cursor, struct slice *ret_value)
{
	struct slice rest = slice_drop(cursor->rest, 1);
	size_t length = 0, i = 0;
	char *copy = NULL;

	for (; i < rest.len && rest.at[i] != '"'; i++) {
		bool escape = rest.at[i] == '\\' && i + 1 < rest.len, fold = rest.at[i] == '\r' || rest.at[i] == '\n';

		if (copy == NULL && (escape || fold)) {
			copy = arena_take(cursor->arena, rest.len);
			if (copy == NULL)
				return LATER;
			memcpy(copy, rest.at, i);
		}
		i += escape;
		if (copy && !fold)
			copy[length] = rest.at[i];
		length += !fold;
	}
	if (i >= rest.len)
		cursor->faults |= PARAMETER_QUOTES;
	cursor->rest = slice_drop(rest, i + 1);
	*ret_value = (struct slice){ copy ? copy : rest.at, length };
	if (ret_value->at == NULL)
		*ret_value = SLICE("");
	return OK;
}

/* ---- one parameter ---- */

/* "filename*1*" → filename, 1, extended. */
static void split_name(struct slice written, struct parameter *parameter)
{
	struct slice rest = written, digits;
	uint64_t number;

	parameter->section = -1;
	parameter->name = slice_cut(&rest, '*');
	if (parameter->name.len == written.len)
		return;
	if (rest.len == 0) {
		parameter->extended = true;
		return;
	}
	digits = slice_cut(&rest, '*');
	parameter->extended = digits.at + digits.len < written.at + written.len;
	if (slice_number(digits, 100000, &number) == OK)
		parameter->section = (int)number;
	else
		parameter->faults |= PARAMETER_JUNK;
}

static bool has_any(struct slice text, const char *bytes)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] && strchr(bytes, text.at[i]))
			return true;
	return false;
}

/* From `start` over what was read up to the next semicolon behind it. */
static struct slice raw_until(struct slice start, struct slice behind)
{
	struct slice rest = behind, raw = start;

	if (behind.len)
		raw.len = (size_t)(behind.at - start.at) + slice_cut(&rest, ';').len;
	return field_trim(raw);
}

/* Words behind a value, up to the semicolon, that begin no parameter belong to it for the simplest readers. */
static void skip_tail(struct cursor *cursor)
{
	struct slice rest = cursor->rest, tail = slice_cut(&rest, ';');

	if (!slice_has(tail, '='))
		cursor->rest = slice_drop(cursor->rest, tail.len);
}

static enum result read_value(struct cursor *cursor, struct parameter *parameter)
{
	struct slice start;
	bool quoted;

	skip_blanks_and_comments(cursor);
	start = cursor->rest;
	quoted = next_is(cursor, '"');
	if (quoted)
		TRY(read_quoted(cursor, &parameter->value));
	else
		TRY(read_word(cursor, ";", &parameter->value));
	if (!quoted && has_any(parameter->value, "\"\\"))
		parameter->faults |= PARAMETER_QUOTES;
	skip_blanks_and_comments(cursor);
	parameter->raw = raw_until(start, cursor->rest);
	if (cursor->rest.len && !next_is(cursor, ';'))
		parameter->faults |= quoted || next_is(cursor, '"') ? PARAMETER_JUNK : PARAMETER_BLANKS;
	skip_tail(cursor);
	if (start.len == 0 || start.at[0] == ';')
		parameter->faults |= PARAMETER_EMPTY;
	return OK;
}

/* OK with an empty name: there was no parameter. Always eats something. */
static enum result read_parameter(struct cursor *cursor, struct parameter *ret_parameter)
{
	struct parameter parameter = { .section = -1 };
	struct slice written;

	cursor->faults = 0;
	TRY(read_word(cursor, "=;", &written));
	skip_blanks_and_comments(cursor);
	if (!next_is(cursor, '=')) {
		parameter.faults |= PARAMETER_JUNK | cursor->faults;
		cursor->rest = written.len || next_is(cursor, ';') ? cursor->rest : slice_drop(cursor->rest, 1);
		*ret_parameter = parameter;
		return OK;
	}
	split_name(written, &parameter);
	cursor->rest = slice_drop(cursor->rest, 1);
	TRY(read_value(cursor, &parameter));
	parameter.faults |= cursor->faults;
	*ret_parameter = parameter;
	return OK;
}

/* ---- all of them ---- */

static enum result read_head(struct cursor *cursor, struct parameters *parameters)
{
	struct slice first = { 0 }, start;

	skip_blanks_and_comments(cursor);
	start = cursor->rest;
	TRY(read_word(cursor, ";", &first));
	skip_blanks_and_comments(cursor);
	parameters->head = first;
	if (slice_has(first, '=')) {                         /* no head: the first is a parameter already */
		parameters->head = SLICE("");
		cursor->rest = start;
		cursor->faults |= PARAMETER_JUNK;
	} else if (cursor->rest.len && !next_is(cursor, ';')) {
		parameters->head = raw_until(start, cursor->rest);
		if (!slice_has(parameters->head, '='))
			cursor->rest = slice_drop(start, parameters->head.len);
		else
			parameters->head = first;
		cursor->faults |= PARAMETER_JUNK;
	}
	parameters->faults |= cursor->faults;
	return OK;
}

/* Counted by semicolons and blanks, which there are at least as many of as parameters. */
static size_t count_at_most(struct slice value)
{
	size_t count = 1;

	for (size_t i = 0; i < value.len; i++)
		count += value.at[i] == '=';
	return count;
}

static void skip_between(struct cursor *cursor)
{
	skip_blanks_and_comments(cursor);
	while (next_is(cursor, ';')) {
		cursor->rest = slice_drop(cursor->rest, 1);
		skip_blanks_and_comments(cursor);
	}
}

enum result parameters_read(const struct message_reader *reader, struct slice value, struct parameters *ret_parameters)
{
	struct cursor cursor = { value, reader->arena, 0 };
	struct parameters parameters = { 0 };
	size_t most = count_at_most(value);

	if (most > reader->limits->parameters) {
		ret_parameters->too_many = true;
		return LATER;
	}
	TRY(read_head(&cursor, &parameters));
	parameters.list = arena_array(reader->arena, struct parameter, most);
	if (parameters.list == NULL)
		return LATER;
	for (skip_between(&cursor); cursor.rest.len; skip_between(&cursor)) {
		struct parameter parameter;

		TRY(read_parameter(&cursor, &parameter));
		if (parameter.name.len && parameters.count < most)
			parameters.list[parameters.count++] = parameter;
		else
			parameters.faults |= parameter.faults;
	}
	*ret_parameters = parameters;
	return OK;
}
