/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c — lines as they arrive at the other end of a pipe. */
#include "base/log.h"

#include "base/test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char got[65536];

/* What is in the pipe, as a C string. */
static const char *arrived(int fd)
{
	ssize_t len = read(fd, got, sizeof(got) - 1);

	got[len > 0 ? len : 0] = '\0';
	return got;
}

static const struct {
	const char *about;
	struct slice id, value;
	const char *line;
} values[] = {
	{ "a plain value stands bare", LIT("abc1"), LIT("a@b.example"), "Iabc1 front seen v=a@b.example\n" },
	{ "no id is a dash", LIT(""), LIT("x"), "I- front seen v=x\n" },
	{ "nothing stands in quotes", LIT("i"), LIT(""), "Ii front seen v=\"\"\n" },
	{ "a space is quoted", LIT("i"), LIT("a b"), "Ii front seen v=\"a b\"\n" },
	{ "an equals sign is quoted", LIT("i"), LIT("a=b"), "Ii front seen v=\"a=b\"\n" },
	{ "a quote is escaped", LIT("i"), LIT("a\"b"), "Ii front seen v=\"a\\\"b\"\n" },
	{ "a backslash is escaped", LIT("i"), LIT("a\\b"), "Ii front seen v=\"a\\\\b\"\n" },
	{ "a line end cannot begin a line", LIT("i"), LIT("a\r\nIx forged"),
	  "Ii front seen v=\"a\\x0d\\x0aIx forged\"\n" },
	{ "bytes over 127 are spelt out", LIT("i"), LIT("\xc3\xa9\xff"), "Ii front seen v=\"\\xc3\\xa9\\xff\"\n" },
	{ "NUL is spelt out", LIT("i"), LIT("a\0b"), "Ii front seen v=\"a\\x00b\"\n" },
	{ "an id cannot hold a space or a line end", LIT("a b\nc"), LIT("x"), "Ia?b?c front seen v=x\n" },
};

static void test_values(struct log *log, int out)
{
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		log_say(log, LOG_LEVEL_INFO, values[i].id, "seen", "v", values[i].value);
		CHECK(strcmp(arrived(out), values[i].line) == 0, values[i].about);
	}
}

/* Whatever byte comes in, the line is printable ASCII with one line end, and quotes are balanced. */
static bool line_is_sound(const char *line)
{
	unsigned quotes = 0;
	size_t len = strlen(line);

	for (size_t i = 0; i + 1 < len; i++) {
		if (line[i] < ' ' || line[i] > '~')
			return false;
		if (line[i] == '\\')
			i++;
		else if (line[i] == '"')
			quotes++;
	}
	return len && line[len - 1] == '\n' && quotes % 2 == 0;
}

static void test_every_byte(struct log *log, int out)
{
	for (int byte = 0; byte < 256; byte++) {
		char alone[] = { (char)byte }, twice[] = { 'a', (char)byte, (char)byte, '"', 'z' };

		log_say(log, LOG_LEVEL_INFO, (struct slice){ alone, 1 }, "seen", "v", (struct slice){ alone, 1 });
		CHECK(line_is_sound(arrived(out)), "a single byte makes a sound line");
		log_say(log, LOG_LEVEL_INFO, SLICE("i"), "seen", "v", (struct slice){ twice, sizeof(twice) });
		CHECK(line_is_sound(arrived(out)), "a byte between others makes a sound line");
	}
}

static void test_levels(struct log *log, int out)
{
	static const struct {
		enum log_level level;
		char letter;
	} levels[] = {
		{ LOG_LEVEL_ERROR, 'E' }, { LOG_LEVEL_WARNING, 'W' }, { LOG_LEVEL_NOTICE, 'N' }, { LOG_LEVEL_INFO, 'I' }
	};

	for (size_t i = 0; i < COUNT_OF(levels); i++) {
		log_say(log, levels[i].level, SLICE("i"), "seen", "v", SLICE("x"));
		CHECK(arrived(out)[0] == levels[i].letter, "a line begins with its level");
	}
	log_say(log, LOG_LEVEL_DEBUG, SLICE("i"), "seen", "v", SLICE("x"));
	CHECK(arrived(out)[0] == '\0', "a line above the wanted level is not sent");
}

static void test_lengths(struct log *log, int out)
{
	struct log_line line;
	char long_value[1000];

	memset(long_value, '\n', sizeof(long_value));
	log_begin(&line, log, LOG_LEVEL_INFO, SLICE("i"), "seen");
	for (int i = 0; i < 10; i++)
		log_text(&line, "v", (struct slice){ long_value, sizeof(long_value) });
	log_count(&line, "n", INT64_MIN);
	log_end(&line);
	CHECK(strlen(arrived(out)) <= LOG_LINE_LIMIT, "a line keeps to its limit");
	CHECK(line_is_sound(got), "a line at its limit is sound");
	CHECK(strstr(got, " n=-9223372036854775808") != NULL, "a short field still fits after a long one did not");
	CHECK(strstr(got, " cut=1\n") != NULL, "a line without all its fields says so");

	memset(long_value, 'a', sizeof(long_value));
	log_say(log, LOG_LEVEL_INFO, SLICE("i"), "seen", "v", (struct slice){ long_value, sizeof(long_value) });
	CHECK(strlen(arrived(out)) == strlen("Ii front seen v=\n") + LOG_VALUE_LIMIT, "a long value is cut");
	CHECK(strstr(got, "aaa...\n") != NULL, "a cut value ends in dots");
}

static void test_full_pipe(int in, int out)
{
	unsigned long lost;
	struct log log;
	char expected[64];

	log_init(&log, "front", in, LOG_LEVEL_INFO);
	for (int i = 0; i < 10000; i++)
		log_say(&log, LOG_LEVEL_INFO, SLICE("i"), "seen", "v", SLICE("x"));
	lost = log.lost;
	CHECK(lost > 0, "what a full pipe does not take is counted");
	while (*arrived(out))
		;
	log_say(&log, LOG_LEVEL_INFO, SLICE("i"), "seen", "v", SLICE("x"));
	(void)snprintf(expected, sizeof(expected), "Ii front seen v=x lost=%lu\n", lost);
	CHECK(strcmp(arrived(out), expected) == 0, "the next line says how many were lost");
	log_say(&log, LOG_LEVEL_INFO, SLICE("i"), "seen", "v", SLICE("x"));
	CHECK(strcmp(arrived(out), "Ii front seen v=x\n") == 0, "and says it once");
}

int main(void)
{
	struct log log, nowhere;
	int ends[2];

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
		return 1;
	log_init(&log, "front", ends[1], LOG_LEVEL_INFO);
	test_values(&log, ends[0]);
	test_every_byte(&log, ends[0]);
	test_levels(&log, ends[0]);
	test_lengths(&log, ends[0]);
	test_full_pipe(ends[1], ends[0]);
	log_init(&nowhere, "front", -1, LOG_LEVEL_DEBUG);
	log_say(&nowhere, LOG_LEVEL_ERROR, SLICE("i"), "seen", "v", SLICE("x"));
	CHECK(nowhere.lost == 0, "a log to nowhere loses nothing");
	(void)close(ends[0]);
	(void)close(ends[1]);
	return TEST_END();
}
