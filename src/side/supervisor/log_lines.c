/* SPDX-License-Identifier: Apache-2.0 */
/* A line is taken apart once to see whether it has the form, and once more to be written as JSON. */
#include "supervisor/log_lines.h"

#include "base/clock.h"

#include <syslog.h>

static const struct level {
	char letter;
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { 'E', "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { 'W', "warning", LOG_WARNING },
	[LOG_LEVEL_NOTICE] = { 'N', "notice", LOG_NOTICE },
	[LOG_LEVEL_INFO] = { 'I', "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { 'D', "debug", LOG_DEBUG },
};

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

int log_level_priority(enum log_level level)
{
	return levels[level].priority;
}

static bool is_word(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.at[i];

		if (!byte_is_letter(c) && !byte_is_digit(c) && c != '-' && c != '_' && c != '.' && c != '?')
			return false;
	}
	return word.len > 0;
}

/* Where a value in quotes ends, behind its closing quote; 0: nowhere. */
static size_t quoted_end(struct slice text)
{
	for (size_t i = 1; i < text.len; i++) {
		if (text.at[i] == '"')
			return i + 1;
		i += text.at[i] == '\\';
	}
	return 0;
}

/* key=value or key="value"; the space behind it goes too. */
static enum result cut_field(struct slice *rest, struct slice *ret_key, struct slice *ret_value)
{
	struct slice key = slice_cut(rest, '=');
	struct slice value;

	if (!is_word(key) || rest->len == 0)
		return REFUSED;
	if (rest->at[0] != '"') {
		value = slice_cut(rest, ' ');
	} else {
		size_t end = quoted_end(*rest);

		if (end == 0)
			return REFUSED;
		value = slice_take(rest, end);
		if (rest->len && rest->at[0] != ' ')
			return REFUSED;
		*rest = slice_drop(*rest, 1);
	}
	*ret_key = key;
	*ret_value = value;
	return value.len ? OK : REFUSED;
}

static bool all_printable(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < ' ' || line.at[i] > '~')
			return false;
	return true;
}

static bool all_fields(struct slice fields)
{
	struct slice key, value;

	while (fields.len)
		if (cut_field(&fields, &key, &value) != OK)
			return false;
	return true;
}

enum result log_entry_parse(struct slice line, const char *room, struct log_entry *ret_entry)
{
	struct log_entry entry = { .whole = slice_drop(line, 1) };
	struct slice rest = entry.whole;
	unsigned level = 0;

	while (level < COUNT_OF(levels) && (line.len == 0 || levels[level].letter != line.at[0]))
		level++;
	if (level == COUNT_OF(levels) || line.len > LOG_LINE_LIMIT || !all_printable(line))
		return REFUSED;
	entry.level = (enum log_level)level;
	entry.id = slice_cut(&rest, ' ');
	entry.room = slice_cut(&rest, ' ');
	entry.event = slice_cut(&rest, ' ');
	entry.fields = rest;
	if (!is_word(entry.id) || !slice_same(entry.room, slice_of(room)) || !is_word(entry.event) || !all_fields(rest))
		return REFUSED;
	*ret_entry = entry;
	return OK;
}

enum result log_entry_text(const struct log_entry *entry, int64_t wall_ms, struct buffer *to)
{
	char time[CLOCK_LOG_SIZE];

	clock_log_text(wall_ms, time);
	return buffer_format(to, "%s %s %.*s\n", time, levels[entry->level].name, SHOW(entry->whole));
}

static enum result json_byte(struct buffer *to, char byte)
{
	if (byte == '"' || byte == '\\')
		TRY(buffer_add_byte(to, '\\'));
	if (byte >= ' ' && byte <= '~')
		return buffer_add_byte(to, byte);
	return buffer_format(to, "\\u%04x", (unsigned)(unsigned char)byte);
}

enum result json_string(struct buffer *to, struct slice text)
{
	TRY(buffer_add_byte(to, '"'));
	for (size_t i = 0; i < text.len; i++)
		TRY(json_byte(to, text.at[i]));
	return buffer_add_byte(to, '"');
}

static unsigned hex_digit(char c)
{
	return byte_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(byte_lower(c) - 'a' + 10) & 15u;
}

/* The logger's escapes, undone: \" \\ \xHH. */
static enum result json_unescaped(struct buffer *to, struct slice text)
{
	TRY(buffer_add_byte(to, '"'));
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];

		if (byte == '\\' && i + 3 < text.len && text.at[i + 1] == 'x') {
			byte = (char)(hex_digit(text.at[i + 2]) << 4 | hex_digit(text.at[i + 3]));
			i += 3;
		} else if (byte == '\\' && i + 1 < text.len) {
			byte = text.at[++i];
		}
		TRY(json_byte(to, byte));
	}
	return buffer_add_byte(to, '"');
}

static enum result json_pair(struct buffer *to, const char *before, struct slice key, struct slice value)
{
	TRY(buffer_add(to, slice_of(before)));
	TRY(json_string(to, key));
	TRY(buffer_add_byte(to, ':'));
	return json_string(to, value);
}

static enum result json_fields(struct buffer *to, struct slice fields)
{
	struct slice key, value;

	while (fields.len) {
		TRY(cut_field(&fields, &key, &value));
		TRY(buffer_add_byte(to, ','));
		TRY(json_string(to, key));
		TRY(buffer_add_byte(to, ':'));
		if (value.at[0] == '"')
			value = (struct slice){ value.at + 1, value.len - 2 };
		TRY(json_unescaped(to, value));
	}
	return OK;
}

enum result log_entry_json(const struct log_entry *entry, int64_t wall_ms, struct buffer *to)
{
	char time[CLOCK_LOG_SIZE];

	clock_log_text(wall_ms, time);
	TRY(json_pair(to, "{", SLICE("time"), slice_of(time)));
	TRY(json_pair(to, ",", SLICE("level"), slice_of(levels[entry->level].name)));
	if (!slice_same(entry->id, SLICE("-")))
		TRY(json_pair(to, ",", SLICE("id"), entry->id));
	TRY(json_pair(to, ",", SLICE("room"), entry->room));
	TRY(json_pair(to, ",", SLICE("event"), entry->event));
	TRY(json_fields(to, entry->fields));
	return buffer_add(to, SLICE("}\n"));
}
