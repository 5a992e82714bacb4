/* SPDX-License-Identifier: Apache-2.0 */
/* Each row goes through whole, and again byte by byte: the cuts must not show. */
#include "base/test.h"
#include "cli/lines.h"

static const struct row {
	const char *about;
	struct slice in, out;
	bool dots;
} rows[] = {
	{ "nothing stays nothing",            LIT(""),               LIT(""), false },
	{ "LF becomes CR LF",                 LIT("a\nb\n"),         LIT("a\r\nb\r\n"), false },
	{ "CR LF stays",                      LIT("a\r\nb\r\n"),     LIT("a\r\nb\r\n"), false },
	{ "CR alone ends a line",             LIT("a\rb\n"),         LIT("a\r\nb\r\n"), false },
	{ "two CRs are two ends",             LIT("a\r\r\nb"),       LIT("a\r\n\r\nb\r\n"), false },
	{ "the last line gets its end",       LIT("a"),              LIT("a\r\n"), false },
	{ "a CR at the end is an end",        LIT("a\r"),            LIT("a\r\n"), false },
	{ "empty lines stay",                 LIT("\n\n"),           LIT("\r\n\r\n"), false },
	{ "a leading dot is doubled",         LIT(".\n..b\na.\n"),   LIT("..\r\n...b\r\na.\r\n"), true },
	{ "no dot is doubled in a file",      LIT(".\n"),            LIT(".\r\n"), false },
	{ "a dot behind CR begins a line",    LIT("a\r.b\n"),        LIT("a\r\n..b\r\n"), true },
	{ "NUL is a byte like others",        LIT("a\0b\n"),         LIT("a\0b\r\n"), false },
};

static bool comes_out(const struct row *row, size_t piece)
{
	struct lines lines = { .dots = row->dots };
	struct slice rest = row->in;
	struct buffer out;
	bool same;
	enum result result = OK;

	buffer_init(&out, 1000);
	while (rest.len > 0 && result == OK)
		result = lines_add(&lines, slice_take(&rest, piece), &out);
	same = result == OK && lines_end(&lines, &out) == OK && slice_same(buffer_slice(&out), row->out);
	buffer_finish(&out);
	return same;
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK(comes_out(&rows[i], 1000), rows[i].about);
		CHECK(comes_out(&rows[i], 1), rows[i].about);
	}
	return TEST_END();
}
