/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and lines of ours, as they stand in mail. */
#include "mail/message/changes.h"

enum { COLUMNS = 78, LINE_MOST = 990, LINES_MOST = 4 << 20, BASE64_IN = 57 };

static bool is_plain(struct slice text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		column = c == '\n' ? 0 : column + 1;
		if (column > LINE_MOST || c > '~' || (c < ' ' && c != '\n' && c != '\t' && c != '\r') ||
		    (c == '\r' && (i + 1 == text.len || text.at[i + 1] != '\n')))
			return false;
	}
	return true;
}

static enum result add_lines(struct buffer *to, struct slice text)
{
	while (text.len) {
		bool ended = slice_has(text, '\n');

		TRY(buffer_add(to, field_line(&text)));
		if (ended)
			TRY(buffer_add(to, SLICE("\r\n")));
	}
	return OK;
}

enum result changes_base64(struct buffer *to, struct slice bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.len; i += 3) {
		unsigned long three = 0;
		size_t left = bytes.len - i < 3 ? bytes.len - i : 3;

		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (k < left ? (unsigned char)bytes.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			TRY(buffer_add_byte(to, k > left ? '=' : digits[three >> (18 - 6 * k) & 63]));
	}
	return OK;
}

static enum result add_base64_line(struct buffer *to, struct slice bytes)
{
	TRY(changes_base64(to, bytes));
	return buffer_add(to, SLICE("\r\n"));
}

static enum result add_base64(struct buffer *to, struct slice text)
{
	struct buffer lines;
	enum result result;

	buffer_init(&lines, LINES_MOST);
	result = add_lines(&lines, text);
	for (struct slice rest = buffer_slice(&lines); rest.len && result == OK;)
		result = add_base64_line(to, slice_take(&rest, BASE64_IN));
	buffer_finish(&lines);
	return result;
}

enum result changes_write_part(struct buffer *to, struct slice type, struct slice text)
{
	bool plain = is_plain(text);

	TRY(buffer_format(to, "Content-Type: %.*s\r\n%s\r\n", SHOW(type),
	                  plain ? "" : "Content-Transfer-Encoding: base64\r\n"));
	return plain ? add_lines(to, text) : add_base64(to, text);
}

/* A line of ours, folded before blanks where it is long. */
enum result changes_write_line(struct buffer *to, struct slice line)
{
	struct slice rest = line;

	line = field_line(&rest);
	while (line.len > COLUMNS) {
		size_t cut = COLUMNS;

		while (cut > 0 && line.at[cut] != ' ')
			cut--;
		if (cut == 0 || slice_trim((struct slice){ line.at, cut }).len == 0 ||
		    slice_trim(slice_drop(line, cut)).len == 0 || (line.at[cut - 1] == ':' && line.at[0] != ' '))
			break;
		TRY(buffer_add(to, slice_take(&line, cut)));
		TRY(buffer_add(to, SLICE("\r\n")));
	}
	TRY(buffer_add(to, line));
	return buffer_add(to, SLICE("\r\n"));
}
