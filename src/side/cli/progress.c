/* SPDX-License-Identifier: Apache-2.0 */
/* The line is written over the one before, and wiped with spaces of the terminal's own making. */
#include "cli/progress.h"

#include <stdio.h>

enum { LINE = 79, PATH_LEAST = 16 };

void progress_begin(struct progress *progress, bool terminal, uint64_t now)
{
	*progress = (struct progress){ .terminal = terminal, .began = now, .last = now };
}

bool progress_is_due(const struct progress *progress, uint64_t now)
{
	return progress->terminal && now - progress->began >= PROGRESS_AFTER && now - progress->last >= PROGRESS_EVERY;
}

static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void progress_line(uint64_t done, uint64_t ms, struct slice path, char *line, size_t size)
{
	int used = snprintf(line, size, "%llu messages, %llu a second, at ", (unsigned long long)done,
	                    (unsigned long long)(ms ? done * 1000 / ms : 0));
	size_t room = used < 0 || (size_t)used + PATH_LEAST > size ? 0 : size - (size_t)used - 1;

	if (room == 0)
		return;
	if (path.len > room)
		(void)snprintf(line + used, room + 1, "%.*s...%.*s", (int)(room / 2 - 3), path.at, (int)(room - room / 2),
		               path.at + path.len - (room - room / 2));
	else
		(void)snprintf(line + used, room + 1, "%.*s", SHOW(path));
	make_plain(line);
}

void progress_show(struct progress *progress, uint64_t now, uint64_t done, struct slice path)
{
	char line[LINE + 1];

	progress_line(done, now - progress->began, path, line, sizeof(line));
	(void)fprintf(stderr, "\r\033[K%s", line);
	(void)fflush(stderr);
	progress->shown = true;
	progress->last = now;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
	progress->shown = false;
}
