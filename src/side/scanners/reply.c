/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line is one answer: its start says what was asked, its end what was found. "OK" alone, after
 * exactly that start, is clean.
 */
#include "scanners/reply.h"

#include <stdio.h>

static bool is_printable(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return true;
}

void reply_reason(char text[SCAN_TEXT], const char *what, struct slice detail)
{
	int length = snprintf(text, SCAN_TEXT, "%s", what);
	size_t used = length < 0 ? 0 : (size_t)length;

	for (size_t i = 0; i < detail.len && used < SCAN_TEXT - 1; i++)
		text[used++] = detail.at[i] < ' ' || detail.at[i] > '~' ? '?' : detail.at[i];
	text[used < SCAN_TEXT ? used : SCAN_TEXT - 1] = '\0';
}

static enum scan_end fail(char text[SCAN_TEXT], const char *what, struct slice detail)
{
	reply_reason(text, what, detail);
	return SCAN_FAILED;
}

/* "fd[9]: ", with clamd's own number, which says nothing to us. */
static bool skip_descriptor(struct slice *line)
{
	struct slice rest = *line, number;

	if (!slice_begins(rest, SLICE("fd[")))
		return false;
	rest = slice_drop(rest, 3);
	number = slice_cut(&rest, ']');
	for (size_t i = 0; i < number.len; i++)
		if (!byte_is_digit(number.at[i]))
			return false;
	if (number.len == 0 || number.len > 9 || !slice_begins(rest, SLICE(": ")))
		return false;
	*line = slice_drop(rest, 2);
	return true;
}

static bool skip_stream(struct slice *line)
{
	if (!slice_begins(*line, SLICE("stream: ")))
		return false;
	*line = slice_drop(*line, 8);
	return true;
}

static bool skip_nothing(struct slice *line)
{
	(void)line;
	return true;
}

static const struct { bool (*skip)(struct slice *line); struct slice good; } questions[] = {
	[REPLY_TO_FILDES] = { skip_descriptor, LIT("OK") },
	[REPLY_TO_INSTREAM] = { skip_stream, LIT("OK") },
	[REPLY_TO_PING] = { skip_nothing, LIT("PONG") },
};

static bool ends_in(struct slice line, struct slice end)
{
	return line.len > end.len && slice_same(slice_drop(line, line.len - end.len), end);
}

/* A limit of the scanner's own is not a virus: it did not read everything. */
static enum scan_end found(struct slice name, char text[SCAN_TEXT])
{
	if (slice_begins(name, SLICE("Heuristics.Limits.Exceeded")))
		return fail(text, REPLY_LIMIT, name);
	if (name.len >= SCAN_TEXT)
		return fail(text, "the name of what was found is too long", SLICE(""));
	reply_reason(text, "", name);
	return SCAN_FOUND;
}

enum scan_end reply_read(enum reply_to question, struct slice reply, char text[SCAN_TEXT])
{
	static const struct slice end_found = LIT(" FOUND"), end_error = LIT(" ERROR");
	struct slice rest = reply, line = slice_cut(&rest, '\n');

	text[0] = '\0';
	if (reply.len == 0)
		return fail(text, "the scanner said nothing", SLICE(""));
	if (line.len == reply.len)
		return fail(text, "the scanner's answer was cut off: ", line);
	if (rest.len)
		return fail(text, "the scanner said more than one line: ", line);
	if (!is_printable(line))
		return fail(text, "the scanner's answer is not text: ", line);
	if (ends_in(line, end_error))
		return fail(text, "the scanner failed: ", line);
	if (!questions[question].skip(&line))
		return fail(text, "not an answer to what was asked: ", line);
	if (slice_same(line, questions[question].good))
		return SCAN_CLEAN;
	if (ends_in(line, end_found) && question != REPLY_TO_PING)
		return found((struct slice){ line.at, line.len - end_found.len }, text);
	return fail(text, "the scanner's answer was not understood: ", line);
}
