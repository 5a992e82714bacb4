/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of tables, what is found in them, and what is said of their mistakes. */
#include "access/text_table.h"

#include "base/fd.h"
#include "base/test.h"

#include <string.h>
#include <sys/mman.h>

static int file_with(struct slice text)
{
	int fd = memfd_create("table", MFD_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0, "a file");
	return fd;
}

static const struct found_row {
	const char *about;
	struct slice text, key, values;        /* values without spaces at the ends, as they are cut, with spaces between */
	bool there;
} finds[] = {
	{ "a plain list", LIT("anna@example.org\nberta@example.org\n"), LIT("berta@example.org"), LIT(""), true },
	{ "who is not in it", LIT("anna@example.org\n"), LIT("berta@example.org"), LIT(""), false },
	{ "an empty file", LIT(""), LIT("anna"), LIT(""), false },
	{ "only comments", LIT("# anna\n  # berta\n\n\t\n"), LIT("anna"), LIT(""), false },
	{ "case of keys does not matter", LIT("Anna@Example.ORG x\n"), LIT("anna@example.org"), LIT("x"), true },
	{ "case of values stands", LIT("a Anna@Example.org\n"), LIT("a"), LIT("Anna@Example.org"), true },
	{ "commas and spaces", LIT("a b, c\td,,e\n"), LIT("a"), LIT("b c d e"), true },
	{ "a colon behind the key", LIT("a: b\n"), LIT("a"), LIT("b"), true },
	{ "lines that go on", LIT("a b,\n  c\n\td\nx y\n"), LIT("a"), LIT("b c d"), true },
	{ "the line after", LIT("a b,\n  c\nx y\n"), LIT("x"), LIT("y"), true },
	{ "comments between", LIT("a b,\n# c\n  d\n"), LIT("a"), LIT("b d"), true },
	{ "empty lines between", LIT("a b\n\n  d\n"), LIT("a"), LIT("b d"), true },
	{ "CR LF", LIT("a b\r\nc d\r\n"), LIT("c"), LIT("d"), true },
	{ "no line end at the end", LIT("a b\nc d"), LIT("c"), LIT("d"), true },
	{ "a domain", LIT("@example.org @example.net\n"), LIT("@example.org"), LIT("@example.net"), true },
	{ "a detail", LIT("a+b@example.org c\n"), LIT("a+b@example.org"), LIT("c"), true },
	{ "UTF-8", LIT("m\xc3\xbcller@example.org a\n"), LIT("m\xc3\xbcller@example.org"), LIT("a"), true },
	{ "no part of a key", LIT("anna a\n"), LIT("ann"), LIT(""), false },
};

static void check_find(const struct found_row *row)
{
	struct text_table table;
	struct buffer complaints, joined;
	struct slice values = { 0 }, value;
	closing int fd = file_with(row->text);

	buffer_init(&complaints, 4096);
	buffer_init(&joined, 4096);
	CHECK(text_table_read(&table, fd, SLICE("t"), false, &complaints) == OK, row->about);
	CHECK(text_table_find(&table, row->key, &values) == row->there, row->about);
	while ((value = text_value_cut(&values)).len)
		CHECK((buffer_length(&joined) == 0 || buffer_add_byte(&joined, ' ') == OK) && buffer_add(&joined, value) == OK,
		      row->about);
	CHECK(slice_same(buffer_slice(&joined), row->values), row->about);
	text_table_finish(&table);
	buffer_finish(&joined);
	buffer_finish(&complaints);
}

static const struct wrong_row { const char *about; struct slice text; bool values; const char *complaint; } wrongs[] = {
	{ "a key twice", LIT("a b\nc d\nA e\n"), false, "t:3: a stands in the table already\n" },
	{ "a key that is none", LIT("a@b@c d\n"), false, "t:1: a@b@c is no key" },
	{ "a key in quotes", LIT("\"a b\" d\n"), false, "t:1: \"a is no key" },
	{ "a line that goes on with nothing", LIT("  a b\n"), false, "t:1: a b goes on" },
	{ "NUL", LIT("a b\nc d\0\n"), false, "t:2: has a NUL byte\n" },
	{ "a program", LIT("# x\na b\nc |/bin/sh\n"), true, "t:3: |/bin/sh is no address" },
	{ "a file", LIT("a /var/mail/a\n"), true, "t:1: /var/mail/a is no address" },
	{ "an include", LIT("a :include:/etc/x\n"), true, "t:1: :include:/etc/x is no address" },
	{ "no value", LIT("a\n"), true, "t:1: a has no value\n" },
	{ "a wrong value in a later line", LIT("a b,\n\n  c@@d\n"), true, "t:3: c@@d is no address" },
	{ "an escape in a value is not shown", LIT("a \x1b[2J\n"), true, "t:1: ?[2J is no address" },
	{ "an address literal", LIT("a b@[192.0.2.1]\n"), true, "t:1: b@[192.0.2.1] is no address" },
};

static void check_wrong(const struct wrong_row *row)
{
	struct text_table table;
	struct buffer complaints;
	closing int fd = file_with(row->text);

	buffer_init(&complaints, 65536);
	CHECK(text_table_read(&table, fd, SLICE("t"), row->values, &complaints) == REFUSED, row->about);
	CHECK(slice_begins(buffer_slice(&complaints), slice_of(row->complaint)), row->about);
	if (!slice_begins(buffer_slice(&complaints), slice_of(row->complaint)))
		printf("%.*s", SHOW(buffer_slice(&complaints)));
	buffer_finish(&complaints);
}

static void check_many(void)
{
	enum { ROWS = 20000 };
	struct buffer text, complaints;
	struct text_table table;
	struct slice values;
	char key[32];
	size_t found = 0;

	buffer_init(&text, 1 << 20);
	buffer_init(&complaints, 4096);
	for (unsigned i = 0; i < ROWS; i++)
		CHECK(buffer_format(&text, "user%u to%u\n", i, i) == OK, "a line");
	{
		closing int fd = file_with(buffer_slice(&text));

		CHECK(text_table_read(&table, fd, SLICE("t"), true, &complaints) == OK && table.count == ROWS, "many rows");
	}
	for (unsigned i = 0; i < ROWS + 10; i++) {
		(void)snprintf(key, sizeof(key), "user%u", i);
		found += text_table_find(&table, slice_of(key), &values);
	}
	CHECK(found == ROWS, "each of many is found, and no other");
	text_table_finish(&table);
	buffer_finish(&text);
	buffer_finish(&complaints);
}

static void check_no_file(void)
{
	struct text_table table;
	struct buffer complaints;
	int ends[2];

	buffer_init(&complaints, 4096);
	CHECK(text_table_read(&table, -1, SLICE("t"), false, &complaints) == LATER && buffer_length(&complaints), "no file");
	CHECK(pipe(ends) == 0 && text_table_read(&table, ends[0], SLICE("t"), false, &complaints) == LATER, "a pipe is no table");
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	buffer_finish(&complaints);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(finds); i++)
		check_find(&finds[i]);
	for (size_t i = 0; i < COUNT_OF(wrongs); i++)
		check_wrong(&wrongs[i]);
	check_many();
	check_no_file();
	return TEST_END();
}
