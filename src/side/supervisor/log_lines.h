/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_lines.h — what a child wrote into its pipe, believed in nothing, as a line of text or JSON.
 *
 * Knows:   the form of base/log.h: `<level><id> <room> <event> key=value …`.
 * Ignores: where the lines go (logs.h), and what they say.
 * Owns:    nothing; a log_entry points into the line.
 * Fails:   REFUSED for everything that has not that form to the letter: it is then logged as `stderr`.
 */
#ifndef SUPERVISOR_LOG_LINES_H
#define SUPERVISOR_LOG_LINES_H

#include "base/buffer.h"
#include "base/log.h"

struct log_entry {
	enum log_level level;
	struct slice whole;              /* without the level's letter */
	struct slice id, room, event, fields;
};

/* `room`: the name of the process whose pipe it is; no other is taken. */
must_use enum result log_entry_parse(struct slice line, const char *room, struct log_entry *ret_entry);
must_use enum result log_entry_text(const struct log_entry *entry, int64_t wall_ms, struct buffer *to);
must_use enum result log_entry_json(const struct log_entry *entry, int64_t wall_ms, struct buffer *to);
/* One string of JSON, with its quotes; bytes over 127 as the character of that number. */
must_use enum result json_string(struct buffer *to, struct slice text);

const char *log_level_name(enum log_level level);
int log_level_priority(enum log_level level);    /* in syslog and the journal */

#endif
