/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h — one line for one event: <message id> <room> <event> key=value …
 *
 * Knows:   its room's name and a pipe to the supervisor, who adds the time and writes the file.
 * Ignores: files, formats and rotation. base/ and mail/ never call this: the process that decides
 *          what a failure means logs it, once.
 * Owns:    nothing but a descriptor number.
 * Fails:   never, and never blocks: a line that the pipe does not take is counted, and the count
 *          is said with the next line that fits (lost=N). A line is at most LOG_LINE_LIMIT bytes.
 *
 * The line on the pipe is `<level><id or -> room event key=value…\n`, where <level> is one of
 * `E W N I D`. Values are escaped here: a value with anything but printable ASCII without
 * space, quote, backslash or `=` is put in double quotes, with \" \\ and \xHH inside.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum { LOG_LINE_LIMIT = 2048, LOG_VALUE_LIMIT = 256 };

struct log {
	const char *room;
	int fd;                          /* a pipe, non-blocking; -1: nowhere */
	enum log_level most;             /* lines above this are not sent */
	unsigned long lost;
};

/* One line being written. Keys are ours (literals), values may be a stranger's. */
struct log_line {
	struct log *log;
	size_t used;
	char text[LOG_LINE_LIMIT];
	bool wanted, cut;
};

void log_init(struct log *log, const char *room, int fd, enum log_level most);

/* log_begin(…, id, "accepted"); log_text(&line, "from", sender); log_count(…); log_end(&line); */
void log_begin(struct log_line *line, struct log *log, enum log_level level, struct slice id, const char *event);
void log_text(struct log_line *line, const char *key, struct slice value);
void log_count(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);

/* The common short form: an event and one text. */
void log_say(struct log *log, enum log_level level, struct slice id, const char *event,
             const char *key, struct slice value);

#endif
