/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line grows in place. A field that does not fit is left out whole, so that no escape is ever cut
 * in two; the tail that says so, and how many lines were lost, always has its room kept free.
 */
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ID_LIMIT = 64, TAIL = 40 };             /* " cut=1 lost=18446744073709551615\n" */

static const char letters[] = { [LOG_LEVEL_ERROR] = 'E', [LOG_LEVEL_WARNING] = 'W', [LOG_LEVEL_NOTICE] = 'N',
                                [LOG_LEVEL_INFO] = 'I', [LOG_LEVEL_DEBUG] = 'D' };
static const char hex[] = "0123456789abcdef";

void log_init(struct log *log, const char *room, int fd, enum log_level most)
{
	*log = (struct log){ .room = room, .fd = fd, .most = most };
}

/* All of it, or nothing and the line is marked as cut. */
static void add(struct log_line *line, const char *bytes, size_t len)
{
	if (len > sizeof(line->text) - TAIL - line->used) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->used, bytes, len);
	line->used += len;
}

static void add_text(struct log_line *line, const char *text)
{
	add(line, text, strlen(text));
}

static void add_id(struct log_line *line, struct slice id)
{
	id = slice_take(&id, ID_LIMIT);
	if (id.len == 0)
		add_text(line, "-");
	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];

		add(line, byte_is_letter(c) || byte_is_digit(c) || c == '-' || c == '_' || c == '.' ? &c : "?", 1);
	}
}

void log_begin(struct log_line *line, struct log *log, enum log_level level, struct slice id, const char *event)
{
	line->log = log;
	line->used = 0;
	line->cut = false;
	line->wanted = log->fd >= 0 && level <= log->most;
	if (!line->wanted)
		return;
	add(line, &letters[level], 1);
	add_id(line, id);
	add_text(line, " ");
	add_text(line, log->room);
	add_text(line, " ");
	add_text(line, event);
}

static bool is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=';
}

static bool all_plain(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_plain(value.at[i]))
			return false;
	return value.len;
}

/* One byte as it stands between quotes; returns how many bytes that takes. */
static size_t quoted(char c, char out[4])
{
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = c;
		return 2;
	}
	if (c >= ' ' && c <= '~') {
		out[0] = c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[(unsigned char)c >> 4];
	out[3] = hex[(unsigned char)c & 15];
	return 4;
}

static void add_quoted(struct log_line *line, struct slice value)
{
	char text[2 + LOG_VALUE_LIMIT * 4];
	size_t used = 0;

	text[used++] = '"';
	for (size_t i = 0; i < value.len; i++)
		used += quoted(value.at[i], text + used);
	text[used++] = '"';
	add(line, text, used);
}

/* Key and value come or stay away together. */
static void add_field(struct log_line *line, const char *key, struct slice value)
{
	size_t before = line->used;
	bool was_cut = line->cut;

	line->cut = false;
	add_text(line, " ");
	add_text(line, key);
	add_text(line, "=");
	if (all_plain(value))
		add(line, value.at, value.len);
	else
		add_quoted(line, value);
	if (line->cut)
		line->used = before;
	line->cut |= was_cut;
}

void log_text(struct log_line *line, const char *key, struct slice value)
{
	char start[LOG_VALUE_LIMIT];

	if (!line->wanted)
		return;
	if (value.len > LOG_VALUE_LIMIT) {
		memcpy(start, value.at, LOG_VALUE_LIMIT - 3);
		memcpy(start + LOG_VALUE_LIMIT - 3, "...", 3);
		value = (struct slice){ start, LOG_VALUE_LIMIT };
	}
	add_field(line, key, value);
}

void log_count(struct log_line *line, const char *key, int64_t value)
{
	char text[24];

	if (!line->wanted)
		return;
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	add_field(line, key, slice_of(text));
}

static void add_tail(struct log_line *line)
{
	char *end = line->text + line->used;
	int len;

	if (line->log->lost)
		len = snprintf(end, TAIL, "%s lost=%lu\n", line->cut ? " cut=1" : "", line->log->lost);
	else
		len = snprintf(end, TAIL, "%s\n", line->cut ? " cut=1" : "");
	line->used += len > 0 ? (size_t)len : 0;
}

/* A pipe takes a line of this length whole or not at all. */
void log_end(struct log_line *line)
{
	if (!line->wanted)
		return;
	line->wanted = false;
	add_tail(line);
	if (write(line->log->fd, line->text, line->used) == (ssize_t)line->used)
		line->log->lost = 0;
	else
		line->log->lost++;
}

void log_say(struct log *log, enum log_level level, struct slice id, const char *event,
             const char *key, struct slice value)
{
	struct log_line line;

	log_begin(&line, log, level, id, event);
	log_text(&line, key, value);
	log_end(&line);
}
