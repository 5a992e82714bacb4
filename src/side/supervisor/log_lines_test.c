/* SPDX-License-Identifier: Apache-2.0 */
/* A row is a line from a child's pipe, and the text and JSON that it becomes; no text: it has not the form. */
#include "supervisor/log_lines.h"

#include "base/test.h"

static const struct row {
	const char *about;
	struct slice line;
	const char *text, *json;
} rows[] = {
	{ "an ordinary line", LIT("Iabc123 front accepted size=12 from=a@b"),
	  "1970-01-01T00:00:01.500Z info abc123 front accepted size=12 from=a@b\n",
	  "{\"time\":\"1970-01-01T00:00:01.500Z\",\"level\":\"info\",\"id\":\"abc123\",\"room\":\"front\",\"event\":"
	  "\"accepted\",\"size\":\"12\",\"from\":\"a@b\"}\n" },
	{ "no message, no id in JSON", LIT("E- front broken"), "1970-01-01T00:00:01.500Z error - front broken\n",
	  "{\"time\":\"1970-01-01T00:00:01.500Z\",\"level\":\"error\",\"room\":\"front\",\"event\":\"broken\"}\n" },
	{ "quotes and escapes", LIT("W- front odd text=\"a \\\"b\\\\ =\\xe9\\x0a\" n=1"),
	  "1970-01-01T00:00:01.500Z warning - front odd text=\"a \\\"b\\\\ =\\xe9\\x0a\" n=1\n",
	  "{\"time\":\"1970-01-01T00:00:01.500Z\",\"level\":\"warning\",\"room\":\"front\",\"event\":\"odd\",\"text\":"
	  "\"a \\\"b\\\\ =\\u00e9\\u000a\",\"n\":\"1\"}\n" },
	{ "another room's name is not believed", LIT("I- queue kept"), NULL, NULL },
	{ "no level", LIT("X- front kept"), NULL, NULL },
	{ "no event", LIT("I- front"), NULL, NULL },
	{ "nothing", LIT(""), NULL, NULL },
	{ "an escape sequence of a terminal", LIT("I- front x \033[2J"), NULL, NULL },
	{ "a NUL", LIT("I- front x\0y"), NULL, NULL },
	{ "an open quote", LIT("I- front x a=\"b"), NULL, NULL },
	{ "an open quote behind a backslash", LIT("I- front x a=\"b\\\""), NULL, NULL },
	{ "a value without a key", LIT("I- front x =b"), NULL, NULL },
	{ "a key without a value", LIT("I- front x a= b=c"), NULL, NULL },
	{ "a message of the C library", LIT("front: symbol lookup error"), NULL, NULL },
};

static void check_row(const struct row *row)
{
	struct log_entry entry;
	struct buffer text, json;

	buffer_init(&text, 16384);
	buffer_init(&json, 16384);
	CHECK((log_entry_parse(row->line, "front", &entry) == OK) == (row->text != NULL), row->about);
	if (row->text) {
		CHECK(log_entry_text(&entry, 1500, &text) == OK && slice_same(buffer_slice(&text), slice_of(row->text)),
		      row->about);
		CHECK(log_entry_json(&entry, 1500, &json) == OK && slice_same(buffer_slice(&json), slice_of(row->json)),
		      row->about);
	}
	buffer_finish(&text);
	buffer_finish(&json);
}

/* What syslog and the journal are told of a line's weight (RFC 5424, table 2). */
static const struct {
	char letter;
	int priority;
} priorities[] = { { 'E', 3 }, { 'W', 4 }, { 'N', 5 }, { 'I', 6 }, { 'D', 7 } };

static void check_priority(char letter, int priority)
{
	const char line[] = { letter, 'i', 'd', ' ', 'f', ' ', 'x', ' ', 'a', '=', 'b' };
	struct log_entry entry;

	CHECK(log_entry_parse((struct slice){ line, sizeof(line) }, "f", &entry) == OK, "a line of each weight");
	CHECK(log_level_priority(entry.level) == priority, "weighs the same in syslog");
	CHECK(slice_same(entry.whole, SLICE("id f x a=b")), "where it stands without its letter");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(priorities); i++)
		check_priority(priorities[i].letter, priorities[i].priority);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	return TEST_END();
}
