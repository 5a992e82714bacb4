/* SPDX-License-Identifier: Apache-2.0 */
/* From lines, and mboxes cut into their messages. */
#include "mail/message/mbox.h"

#include "base/test.h"

static const struct line_row { const char *about; struct slice line; bool is; } lines[] = {
	{ "as programs write it",      LIT("From a@b Sat Nov 21 10:09:18 2026"), true },
	{ "with a zone behind",        LIT("From a@b Sat Nov 21 10:09:18 2026 +0100"), true },
	{ "with CR",                   LIT("From a@b Sat Nov 21 10:09:18 2026\r"), true },
	{ "a sentence is no From line", LIT("From here on it is easy"), false },
	{ "a year alone is not enough", LIT("From 1999 to 2002"), false },
	{ "a header is no From line",  LIT("From: a@b Sat Nov 21 10:09:18 2026"), false },
};

#define FROM "From a@b Sat Nov 21 10:09:18 2026\n"

#define CRLF_FROM "From a@b Sat Nov 21 10:09:18 2026\r\n"

static void test_begins(void)
{
	CHECK(mbox_begins(SLICE(FROM "A: 1\n")), "a file that begins with a From line is an mbox");
	CHECK(!mbox_begins(SLICE("A: 1\n" FROM)), "one that has such a line later is none");
	CHECK(!mbox_begins(SLICE("From here on\n")), "one that begins with a sentence is none");
	CHECK(!mbox_begins(SLICE("")), "an empty file is none");
}

static void test_mbox(void)
{
	struct slice rest = SLICE(FROM "A: 1\n\none\n\n" FROM "B: 2\n\nFrom here on\n" FROM "x\n");

	CHECK(slice_same(mbox_cut(&rest), SLICE("A: 1\n\none\n\n")), "the first of an mbox");
	CHECK(slice_same(mbox_cut(&rest), SLICE("B: 2\n\nFrom here on\n" FROM "x\n")),
	      "a From line begins a message only behind an empty line");
	CHECK(rest.len == 0, "and nothing is left");
	rest = SLICE(CRLF_FROM "A: 1\r\n\r\n>From b\r\n\r\n" CRLF_FROM "B: 2\r\n\r\n");
	CHECK(slice_same(mbox_cut(&rest), SLICE("A: 1\r\n\r\n>From b\r\n\r\n")), "with CR LF, and a quoted line stays as it is");
	CHECK(slice_same(mbox_cut(&rest), SLICE("B: 2\r\n\r\n")) && rest.len == 0, "and the second of them");
	rest = SLICE(FROM);
	CHECK(mbox_cut(&rest).len == 0 && rest.len == 0, "an empty message in an mbox");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		CHECK(mbox_is_from_line(lines[i].line) == lines[i].is, lines[i].about);
	test_begins();
	test_mbox();
	return TEST_END();
}
