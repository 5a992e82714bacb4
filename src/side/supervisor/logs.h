/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.h — the log of the whole gateway: the children's pipes come together here.
 *
 * Knows:   where the log goes: standard output, a file (opened again on SIGUSR1), the journal, syslog. A pipe that was
 *          read is left alone for LOG_PAUSE_MS: lines of a busy gateway come many at a time, and wake nobody each.
 * Ignores: what the lines say; a line that has not our form is logged as event `stderr` of its process.
 * Owns:    the file, and the reading ends of the pipes.
 * Fails:   never, and never waits for a reader: what standard output does not take is counted and said later.
 */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include "base/loop.h"
#include "base/settings.h"
#include "supervisor/log_lines.h"

#define LOG_SETTINGS(ROW)                                                                                   \
	ROW(to,     choice, "stdout", "", "stdout file journal syslog",   "where the log goes")             \
	ROW(format, choice, "text",   "", "text json",                    "of lines on standard output or in a file") \
	ROW(file,   path,   "",       "", "",                             "for `to = file`")                \
	ROW(level,  choice, "info",   "", "error warning notice info debug", "what is logged: this and what is graver")
SETTINGS_STRUCT(log_settings, LOG_SETTINGS);
extern const struct settings_section log_settings_section;

enum log_target { LOG_TO_STDOUT, LOG_TO_FILE, LOG_TO_JOURNAL, LOG_TO_SYSLOG };

struct logs {
	struct loop *loop;
	enum log_target to;
	bool json;
	enum log_level level;
	const char *file_name;                   /* in the settings */
	char path[4096];
	int file;
	unsigned long lost;                      /* lines that nobody took */
	struct buffer gathered;                  /* lines of one reading, for one writing */
	unsigned long gathered_lines;
	int gathered_for;                        /* the descriptor */
};

enum { LOG_PIPE_LINE = LOG_LINE_LIMIT + 64, LOG_PAUSE_MS = 10 };

/* One child's pipe, and the line that is coming. */
struct log_pipe {
	struct logs *logs;
	const char *room;
	int fd;
	struct watch watch;
	struct timer pause;                      /* between two readings */
	size_t used;
	bool skipping;                           /* the rest of a line that was too long */
	char line[LOG_PIPE_LINE];
};

void logs_init(struct logs *logs, struct loop *loop);
/* Opens the file if one is meant. REFUSED: it can't be; standard output is taken then. */
must_use enum result logs_use(struct logs *logs, const struct log_settings *settings);
void logs_reopen(struct logs *logs);
void logs_finish(struct logs *logs);

/* A pipe: its reading end is watched, its writing end is the caller's. */
must_use enum result log_pipe_open(struct log_pipe *pipe, struct logs *logs, const char *room, int *ret_write_end);
void log_pipe_drain(struct log_pipe *pipe);      /* what is in it now */
void log_pipe_close(struct log_pipe *pipe);      /* drains; safe on a zeroed one */

#endif
