/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a file name, and what is hostile about it. */
#include "mail/message/names.h"

#include "base/test.h"

static const struct { const char *about; struct slice name; unsigned traits; } rows[] = {
	{ "an honest name", LIT("report.pdf"), 0 },
	{ "an honest name in Greek", LIT("\xce\xb1\xce\xb2.pdf"), 0 },
	{ "blanks and dots within", LIT("my report v1.2.pdf"), 0 },
	{ "writing turned round", LIT("a\xe2\x80\xae" "fdp.exe"), NAME_DIRECTION },
	{ "an isolate", LIT("a\xe2\x81\xa6" ".exe"), NAME_DIRECTION },
	{ "no width", LIT("a\xe2\x80\x8b.exe"), NAME_INVISIBLE },
	{ "a NUL", LIT("a.exe\0.txt"), NAME_CONTROL },
	{ "a line end", LIT("a\n.txt"), NAME_CONTROL },
	{ "a dot at the end", LIT("a.exe."), NAME_TAIL },
	{ "a blank at the end", LIT("a.exe "), NAME_TAIL },
	{ "a stream", LIT("a.exe::$DATA"), NAME_STREAM },
	{ "a path", LIT("../../etc/passwd"), NAME_PATH },
	{ "a path of Windows", LIT("..\\a.txt"), NAME_PATH },
	{ "a reserved name", LIT("CON.txt"), NAME_RESERVED },
	{ "a reserved name with a number", LIT("com1"), NAME_RESERVED },
	{ "a name that begins like one", LIT("console.txt"), 0 },
	{ "a wall of blanks", LIT("a.pdf      .exe"), NAME_SPACED | NAME_DOUBLE },
	{ "two extensions", LIT("a.pdf.exe"), NAME_DOUBLE },
	{ "two extensions that are one thing", LIT("a.tar.gz"), 0 },
	{ "Latin letters and Cyrillic ones in a word", LIT("p\xd0\xb0ypal.exe"), NAME_MIXED },
	{ "a leader for a dot", LIT("a\xe2\x80\xa4" "exe"), NAME_DOT },
	{ "a wide dot behind an extension", LIT("a.txt\xef\xbc\x8e" "exe"), NAME_DOT },
	{ "nothing", LIT(""), 0 },
};

int main(void)
{
	char longest[256], plain[16];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(name_traits(rows[i].name) == rows[i].traits, rows[i].about);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = 'a';
	CHECK(name_traits((struct slice){ longest, 255 }) == 0, "255 bytes are a name");
	CHECK(name_traits((struct slice){ longest, 256 }) == NAME_LONG, "256 are long");
	CHECK(slice_same(name_extension(SLICE("a.b.EXE. .")), SLICE("EXE")), "the extension that Windows would see");
	CHECK(name_extension(SLICE("a")).len == 0, "none");
	CHECK(slice_same((struct slice){ plain, name_with_dots(SLICE("a\xe3\x80\x82" "exe\xff"), plain) }, SLICE("a.exe\xff")), "as it looks");
	CHECK(name_is_overlong(SLICE("a\xc0\xae")) && name_is_overlong(SLICE("\xe0\x80\xae" "b")) && name_is_overlong(SLICE("\xf0\x80\x80\xae")),
	      "a dot of too many bytes");
	CHECK(!name_is_overlong(SLICE("caf\xc3\xa9 \xe2\x80\xa4 \xf0\x9f\x98\x80 \xe0\xa4\x95 \xc0")), "none of them");
	CHECK(name_is_denied(SLICE("a.PNG"), SLICE("MZ......")), "a picture that is none");
	CHECK(!name_is_denied(SLICE("a.png"), SLICE("\x89PNG\r\n\x1a\n")), "one that is");
	CHECK(!name_is_denied(SLICE("a.txt"), SLICE("MZ......")), "a name that promises nothing");
	CHECK(!name_is_denied(SLICE("a.png"), SLICE("")), "an empty file");
	return TEST_END();
}
