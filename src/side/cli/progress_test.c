/* SPDX-License-Identifier: Apache-2.0 */
/* When a line is written, and what stands in it. */
#include "cli/progress.h"

#include "base/test.h"

#include <string.h>

static const struct {
	const char *about;
	bool terminal;
	uint64_t now, last;
	bool due;
} times[] = {
	{ "no terminal, no line", false, 60000, 0, false },
	{ "what is quick has no line", true, PROGRESS_AFTER - 1, 0, false },
	{ "what takes long has one", true, PROGRESS_AFTER, 0, true },
	{ "not with every message", true, 10000, 10000 - PROGRESS_EVERY + 1, false },
	{ "but twice a second", true, 10000, 10000 - PROGRESS_EVERY, true },
};

static const struct {
	const char *about;
	uint64_t done, ms;
	struct slice path;
	const char *line;
} lines[] = {
	{ "how many, how fast, where", 300, 2000, LIT("mail/1"), "300 messages, 150 a second, at mail/1" },
	{ "no time has passed", 1, 0, LIT("x"), "1 messages, 0 a second, at x" },
	{ "control bytes do not reach the terminal", 1, 1000, LIT("a\x1b[2Jb"), "1 messages, 1 a second, at a?[2Jb" },
	{ "a long path is cut in its middle", 1, 1000,
	  LIT("/a/very/long/path/with/many/folders/in/it/and/a/name/at/its/end/the-name"),
	  "1 messages, 1 a second, at /a/very/long/path/wi...in/it/and/a/name/at/its/end/the-name" },
};

int main(void)
{
	char line[80];

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct progress progress;

		progress_begin(&progress, times[i].terminal, 0);
		progress.last = times[i].last;
		CHECK(progress_is_due(&progress, times[i].now) == times[i].due, times[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		memset(line, 'x', sizeof(line));
		progress_line(lines[i].done, lines[i].ms, lines[i].path, line, sizeof(line));
		CHECK(strlen(line) < sizeof(line), "it fits");
		if (i + 1 < COUNT_OF(lines))
			CHECK(strcmp(line, lines[i].line) == 0, lines[i].about);
		else
			CHECK(strlen(line) == sizeof(line) - 1 && strstr(line, "...") && strstr(line, "the-name"), lines[i].about);
	}
	return TEST_END();
}
