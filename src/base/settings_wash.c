/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the bytes; where we are is a place, and each place knows how to take one byte. */
#include "base/settings_wash.h"

#include <string.h>

enum place { OUTSIDE, WORD, LINE_COMMENT, LONG_COMMENT, DOUBLE_QUOTES, SINGLE_QUOTES };

struct wash {
	char *bytes;
	size_t len, at;
	enum place place;
	uint32_t line, opened;          /* where the walk is, and where the text or comment began */
	uint32_t depth, brace;          /* braces open, and the line of the outermost */
	const char *complaint;
};

static bool follows(const struct wash *wash, const char *what)
{
	size_t len = strlen(what);

	return wash->len - wash->at >= len && memcmp(wash->bytes + wash->at, what, len) == 0;
}

static void enter(struct wash *wash, enum place place)
{
	wash->place = place;
	wash->opened = wash->line;
}

static void blank(struct wash *wash)
{
	if (wash->bytes[wash->at] != '\n')
		wash->bytes[wash->at] = ' ';
}

static void count_brace(struct wash *wash, char byte)
{
	if (byte == '{' && wash->depth++ == 0)
		wash->brace = wash->line;
	if (byte == '}' && wash->depth)
		wash->depth--;
}

/* Inside a word `//` is part of it, as in smtp://host; before one it begins a comment. */
static void take_outside(struct wash *wash)
{
	char byte = wash->bytes[wash->at];

	if (byte == '"')
		enter(wash, DOUBLE_QUOTES);
	else if (byte == '\'')
		enter(wash, SINGLE_QUOTES);
	else if (byte == '#' || (wash->place == OUTSIDE && follows(wash, "//")))
		enter(wash, LINE_COMMENT);
	else if (wash->place == OUTSIDE && follows(wash, "/*"))
		enter(wash, LONG_COMMENT);
	else if (strchr(" \t\r\n={}(),+*", byte))
		wash->place = OUTSIDE;
	else
		wash->place = WORD;
	count_brace(wash, wash->place == OUTSIDE ? byte : ' ');
	if (follows(wash, "${"))
		wash->complaint = "${…} is not replaced by the environment here; put it in single quotes if "
				  "these characters are meant";
	if (wash->place == LINE_COMMENT)
		blank(wash);
	if (wash->place == LONG_COMMENT) {
		blank(wash);
		wash->at++;
		blank(wash);
	}
}

static void take_line_comment(struct wash *wash)
{
	blank(wash);
	if (wash->bytes[wash->at] == '\n')
		wash->place = OUTSIDE;
}

static void take_long_comment(struct wash *wash)
{
	bool over = follows(wash, "*/");

	blank(wash);
	if (!over)
		return;
	wash->at++;
	blank(wash);
	wash->place = OUTSIDE;
}

static void take_double_quotes(struct wash *wash)
{
	char byte = wash->bytes[wash->at];

	if (byte == '"')
		wash->place = OUTSIDE;
	if (follows(wash, "${"))
		wash->complaint =
		    "${…} is not replaced by the environment here; use single quotes if these characters are meant";
	if (byte != '\\' || wash->at + 1 == wash->len)
		return;
	wash->at++;
	byte = wash->bytes[wash->at];
	if (byte == 'x' || byte_is_digit(byte))
		wash->complaint =
		    "a character by its number is not understood here; write it as it is, or the backslash twice";
}

static void take_single_quotes(struct wash *wash)
{
	if (wash->bytes[wash->at] == '\'')
		wash->place = OUTSIDE;
	else if (wash->bytes[wash->at] == '\\' && wash->at + 1 < wash->len)
		wash->at++;
}

static void (*const takes[])(struct wash *) = {
	[OUTSIDE] = take_outside, [WORD] = take_outside,
	[LINE_COMMENT] = take_line_comment, [LONG_COMMENT] = take_long_comment,
	[DOUBLE_QUOTES] = take_double_quotes, [SINGLE_QUOTES] = take_single_quotes,
};

static bool is_control(char byte)
{
	return ((unsigned char)byte < ' ' && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f;
}

static const char *left_open(enum place place)
{
	if (place == DOUBLE_QUOTES || place == SINGLE_QUOTES)
		return "a text in quotes begins here and is never closed";
	return place == LONG_COMMENT ? "a comment begins here and is never closed" : NULL;
}

enum result settings_wash(char *bytes, size_t len, uint32_t *ret_line, const char **ret_complaint)
{
	struct wash wash = { .bytes = bytes, .len = len, .line = 1 };

	for (; wash.at < len && wash.complaint == NULL; wash.at++) {
		size_t from = wash.at;

		if (is_control(bytes[from]))
			wash.complaint = "a control byte; this is not a file of settings";
		else
			takes[wash.place](&wash);
		for (; from <= wash.at && wash.complaint == NULL; from++)
			wash.line += bytes[from] == '\n';
	}
	if (wash.complaint == NULL) {
		wash.complaint = left_open(wash.place);
		wash.line = wash.opened;
		if (wash.complaint == NULL && wash.depth) {
			wash.complaint = "a brace is opened here and never closed";
			wash.line = wash.brace;
		}
	}
	*ret_line = wash.line;
	*ret_complaint = wash.complaint;
	return wash.complaint ? REFUSED : OK;
}
