/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: bytes in a set, and their UTF-8. What needs iconv opens it here, as the dispatcher does. */
#include "mail/message/charsets.h"

#include "base/test.h"

static const struct row { const char *about, *set; struct slice bytes, text; unsigned faults; } rows[] = {
	{ "ASCII", "us-ascii", LIT("abc"), LIT("abc"), 0 },
	{ "UTF-8", "UTF-8", LIT("\xc3\xa9\xf0\x9f\x98\x80"), LIT("\xc3\xa9\xf0\x9f\x98\x80"), 0 },
	{ "a byte that is no UTF-8", "utf-8", LIT("a\xff" "b"), LIT("a\xef\xbf\xbd" "b"), CHARSET_BROKEN },
	{ "UTF-8 that is longer than it need be", "utf-8", LIT("\xc0\xaf"), LIT("\xef\xbf\xbd\xef\xbf\xbd"), CHARSET_BROKEN },
	{ "half a pair in UTF-8", "utf-8", LIT("\xed\xa0\x80"), LIT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"), CHARSET_BROKEN },
	{ "Latin 1", "ISO-8859-1", LIT("\xe9\x80"), LIT("\xc3\xa9\xe2\x82\xac"), 0 },
	{ "UTF-8 that says it is ASCII", "us-ascii", LIT("\xc3\xa9"), LIT("\xc3\xa9"), CHARSET_BROKEN },
	{ "Latin that says it is ASCII", "us-ascii", LIT("\xe9"), LIT("\xc3\xa9"), CHARSET_BROKEN },
	{ "UTF-16 with its mark", "utf-16", LIT("\xff\xfe" "a\0"), LIT("a"), 0 },
	{ "UTF-16, a pair", "utf-16be", LIT("\xd8\x3d\xde\x00"), LIT("\xf0\x9f\x98\x80"), 0 },
	{ "UTF-16, half a pair", "utf-16be", LIT("\xd8\x3d\0a"), LIT("\xef\xbf\xbd" "a"), CHARSET_BROKEN },
	{ "UTF-16, half a unit", "utf-16le", LIT("a\0b"), LIT("a"), CHARSET_BROKEN },
	{ "UTF-7", "utf-7", LIT("+AGEAYg-"), LIT("ab"), 0 },
	{ "Cyrillic", "koi8-r", LIT("\xc1"), LIT("\xd0\xb0"), 0 },
	{ "Japanese with escapes", "iso-2022-jp", LIT("\x1b$B$\"\x1b(B"), LIT("\xe3\x81\x82"), 0 },
	{ "Chinese under its old name", "gb2312", LIT("\xc4\xe3"), LIT("\xe4\xbd\xa0"), 0 },
	{ "a byte that is no Chinese", "gbk", LIT("a\xff"), LIT("a\xef\xbf\xbd"), CHARSET_BROKEN },
	{ "a set that nobody knows", "x-none", LIT("\xe9"), LIT("\xc3\xa9"), CHARSET_UNKNOWN },
	{ "no set at all", "", LIT("a"), LIT("a"), 0 },
	{ "nothing", "koi8-r", LIT(""), LIT(""), 0 },
};

static void open_all(struct charsets *charsets)
{
	const char *const *name = charsets_wanted();

	for (; *name && charsets->count < CHARSETS_MOST; name++) {
		struct charset *next = &charsets->list[charsets->count];

		*next = (struct charset){ slice_of(*name), iconv_open("UTF-8", *name) };
		CHECK(next->converter != (iconv_t)-1, *name);
		if (next->converter != (iconv_t)-1)
			charsets->count++;
	}
	CHECK(*name == NULL, "there is room for all that are wanted");
}

static void check_row(const struct charsets *charsets, const struct row *row)
{
	struct slice text = { 0 };
	unsigned faults = 0;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	CHECK(charset_to_utf8(charsets, slice_of(row->set), row->bytes, &arena, &text, &faults) == OK, row->about);
	CHECK(slice_same(text, row->text), row->about);
	CHECK(faults == row->faults, row->about);
	arena_finish(&arena);
}

int main(void)
{
	static struct charsets charsets;

	open_all(&charsets);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&charsets, &rows[i]);
	CHECK(charset_is_known(NULL, SLICE("Latin1")) && !charset_is_known(NULL, SLICE("koi8-r")), "what is built in needs no table");
	CHECK(charset_is_known(&charsets, SLICE("Shift_JIS")), "a mail's name for a set");
	CHECK(charset_hides(SLICE("UTF-7")) && charset_hides(SLICE("x-unicode-2-0-utf-7")) && charset_hides(SLICE("utf_16LE")) &&
	      charset_hides(SLICE("IBM037")), "sets in which ASCII is not ASCII");
	CHECK(charset_hides(SLICE("cp1026")) && charset_hides(SLICE("IBM01140")) && charset_hides(SLICE("csIBM273")) && charset_hides(SLICE("IBM-Thai")),
	      "EBCDIC of all countries");
	CHECK(charset_hides(SLICE("x-IBM1025")) && charset_hides(SLICE("ibm-37_P100-1995")) && charset_hides(SLICE("500")), "by others' names");
	CHECK(!charset_hides(SLICE("IBM437")) && !charset_hides(SLICE("cp1252")) && !charset_hides(SLICE("windows-1140")), "and what is called nearly so");
	CHECK(!charset_hides(SLICE("utf-8")) && !charset_hides(SLICE("iso-8859-16")) && !charset_hides(SLICE("")), "and others");
	for (size_t i = 0; i < charsets.count; i++)
		(void)iconv_close(charsets.list[i].converter);
	return TEST_END();
}
