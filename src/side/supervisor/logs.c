/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are read, looked at (log_lines.h), and given to the row of their target; what one reading brought to a
 * descriptor is written at once. */
#include "supervisor/logs.h"

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>

enum { LINE_LONGEST = 8 * LOG_LINE_LIMIT, AT_ONCE = 4096, DRAIN_MOST = 256 };

#define ROW(...) SETTINGS_ROW(log_settings, __VA_ARGS__)
static const struct setting rows[] = { LOG_SETTINGS(ROW) };

const struct settings_section log_settings_section = {
	.name = "log",
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct log_settings),
	.about = "the log",
};

void logs_init(struct logs *logs, struct loop *loop)
{
	*logs = (struct logs){ .loop = loop, .file = -1, .level = LOG_LEVEL_INFO };
	buffer_init(&logs->gathered, LINE_LONGEST);
}

static enum result open_file(struct logs *logs)
{
	int fd = open(logs->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0640);

	if (fd < 0)
		return REFUSED;
	fd_close(&logs->file);
	logs->file = fd;
	return OK;
}

enum result logs_use(struct logs *logs, const struct log_settings *settings)
{
	logs->json = settings->format.is == 1;
	logs->level = (enum log_level)settings->level.is;
	logs->to = (enum log_target)settings->to.is;
	if (logs->to != LOG_TO_FILE) {
		fd_close(&logs->file);
		return OK;
	}
	(void)snprintf(logs->path, sizeof(logs->path), "%.*s", SHOW(settings->file.is));
	if (settings->file.is.len && settings->file.is.len < sizeof(logs->path) && open_file(logs) == OK)
		return OK;
	logs->to = LOG_TO_STDOUT;
	return REFUSED;
}

void logs_reopen(struct logs *logs)
{
	if (logs->to == LOG_TO_FILE && open_file(logs) != OK)
		logs->lost++;                    /* the old file is still written */
}

void logs_finish(struct logs *logs)
{
	fd_close(&logs->file);
	buffer_finish(&logs->gathered);
}

/* ---- where lines go ---- */

/* A pipe or terminal that is ready takes PIPE_BUF bytes without waiting; files are always ready. */
static bool write_some(int fd, struct slice bytes)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	while (bytes.len) {
		struct slice head = slice_take(&bytes, AT_ONCE);

		if (poll(&ready, 1, 0) != 1 || write(fd, head.at, head.len) != (ssize_t)head.len)
			return false;
	}
	return true;
}

static bool flush(struct logs *logs)
{
	bool good = write_some(logs->gathered_for, buffer_slice(&logs->gathered));

	if (!good)
		logs->lost += logs->gathered_lines;
	buffer_clear(&logs->gathered);
	logs->gathered_lines = 0;
	return good;
}

/* Lines are written whole, as many at once as a pipe surely takes. */
static bool gather(struct logs *logs, int fd, struct slice line)
{
	if (fd != logs->gathered_for || buffer_length(&logs->gathered) + line.len > AT_ONCE)
		(void)flush(logs);
	logs->gathered_for = fd;
	if (buffer_add(&logs->gathered, line) != OK)
		return false;
	logs->gathered_lines++;
	return true;
}

static bool to_descriptor(struct logs *logs, int fd, const struct log_entry *entry)
{
	struct buffer line;
	enum result result;

	buffer_init(&line, LINE_LONGEST);
	result =
	    logs->json ? log_entry_json(entry, clock_wall_ms(), &line) : log_entry_text(entry, clock_wall_ms(), &line);
	if (result == OK && !gather(logs, fd, buffer_slice(&line)))
		result = LATER;
	buffer_finish(&line);
	return result == OK;
}

static bool to_stdout(struct logs *logs, const struct log_entry *entry)
{
	return to_descriptor(logs, STDOUT_FILENO, entry);
}

static bool to_file(struct logs *logs, const struct log_entry *entry)
{
	return to_descriptor(logs, logs->file, entry);
}

static bool to_journal(struct logs *logs, const struct log_entry *entry)
{
	return systemd_journal(entry) || to_stdout(logs, entry);
}

static bool to_syslog(struct logs *logs, const struct log_entry *entry)
{
	(void)logs;
	syslog(LOG_MAIL | log_level_priority(entry->level), "%.*s", SHOW(entry->whole));
	return true;
}

static bool (*const targets[])(struct logs *, const struct log_entry *) = {
	[LOG_TO_STDOUT] = to_stdout,
	[LOG_TO_FILE] = to_file,
	[LOG_TO_JOURNAL] = to_journal,
	[LOG_TO_SYSLOG] = to_syslog,
};

/* Counted as told only when it was written. */
static void tell_lost(struct logs *logs)
{
	char text[64];
	struct log_entry entry;
	unsigned long lost;
	int len;

	(void)flush(logs);
	lost = logs->lost;
	len = snprintf(text, sizeof(text), "W- supervisor log-lines-lost count=%lu", lost);
	if (log_entry_parse((struct slice){ text, (size_t)len }, "supervisor", &entry) == OK &&
	    targets[logs->to](logs, &entry) && flush(logs))
		lost = 0;
	logs->lost = lost;
}

static void write_entry(struct logs *logs, const struct log_entry *entry)
{
	if (entry->level > logs->level)
		return;
	if (logs->lost)
		tell_lost(logs);
	if (!targets[logs->to](logs, entry))
		logs->lost++;
}

/* ---- what comes ---- */

/* Not our form: the last words of a process, mostly. The logger's own escaping makes them harmless. */
static void take_stderr(struct log_pipe *pipe, struct slice text)
{
	struct log_line line;
	struct log nowhere = { .room = pipe->room, .fd = STDERR_FILENO, .most = LOG_LEVEL_DEBUG };
	struct log_entry entry;

	if (slice_trim(text).len == 0)
		return;
	log_begin(&line, &nowhere, LOG_LEVEL_WARNING, SLICE(""), "stderr");
	log_text(&line, "text", text);
	if (log_entry_parse((struct slice){ line.text, line.used }, pipe->room, &entry) == OK)
		write_entry(pipe->logs, &entry);
}

static void take_line(struct log_pipe *pipe, struct slice line)
{
	struct log_entry entry;

	if (log_entry_parse(line, pipe->room, &entry) == OK)
		write_entry(pipe->logs, &entry);
	else
		take_stderr(pipe, line);
}

static void take_lines(struct log_pipe *pipe)
{
	struct slice rest = { pipe->line, pipe->used };

	while (rest.len && slice_has(rest, '\n')) {
		struct slice line = slice_cut(&rest, '\n');

		if (!pipe->skipping)
			take_line(pipe, line);
		pipe->skipping = false;
	}
	if (rest.len == sizeof(pipe->line)) {
		if (!pipe->skipping)
			take_line(pipe, rest);
		pipe->skipping = true;
		rest.len = 0;
	}
	if (rest.len)
		memmove(pipe->line, rest.at, rest.len);
	pipe->used = rest.len;
	(void)flush(pipe->logs);
}

/* OK: there was something; AGAIN: not now; REFUSED: all writers are gone. */
static enum result read_more(struct log_pipe *pipe)
{
	ssize_t got = read(pipe->fd, pipe->line + pipe->used, sizeof(pipe->line) - pipe->used);

	if (got == 0)
		return REFUSED;
	if (got < 0)
		return errno == EINTR ? OK : AGAIN;
	pipe->used += (size_t)got;
	take_lines(pipe);
	return OK;
}

/* As much as a pipe holds, so that one that never runs dry keeps nobody else waiting. */
static enum result read_some(struct log_pipe *pipe)
{
	enum result more = OK;

	for (int i = 0; i < DRAIN_MOST && more == OK; i++)
		more = read_more(pipe);
	return more;
}

/* All pauses end together, so that busy children wake us once, not each. */
static uint64_t pause_left(const struct log_pipe *pipe)
{
	return LOG_PAUSE_MS - loop_ticks(pipe->logs->loop) % LOG_PAUSE_MS;
}

static void pipe_ready(void *owner, unsigned what)
{
	struct log_pipe *pipe = owner;

	(void)what;
	if (read_some(pipe) == REFUSED)
		watch_end(&pipe->watch);         /* that the child ended is told by a signal */
	else if (timer_start(&pipe->pause, pause_left(pipe)) == OK)
		(void)!watch_for(&pipe->watch, 0);
}

static void pause_over(void *owner)
{
	struct log_pipe *pipe = owner;

	(void)!watch_for(&pipe->watch, LOOP_READ);
}

enum result log_pipe_open(struct log_pipe *pipe, struct logs *logs, const char *room, int *ret_write_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return LATER;
	*pipe = (struct log_pipe){ .logs = logs, .room = room, .fd = ends[0] };
	watch_init(&pipe->watch, logs->loop, ends[0], pipe_ready, pipe);
	timer_init(&pipe->pause, logs->loop, pause_over, pipe);
	if (watch_for(&pipe->watch, LOOP_READ) != OK) {
		fd_close(&pipe->fd);
		fd_close(&ends[1]);
		return LATER;
	}
	*ret_write_end = ends[1];
	return OK;
}

void log_pipe_drain(struct log_pipe *pipe)
{
	(void)!read_some(pipe);
}

void log_pipe_close(struct log_pipe *pipe)
{
	if (pipe->logs == NULL)
		return;
	log_pipe_drain(pipe);
	if (pipe->used)
		take_line(pipe, (struct slice){ pipe->line, pipe->used });
	(void)flush(pipe->logs);
	watch_end(&pipe->watch);
	timer_end(&pipe->pause);
	fd_close(&pipe->fd);
	*pipe = (struct log_pipe){ .fd = -1 };
}
