/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a value as it travels, and the text that it means. */
#include "mail/message/header_text.h"

#include "base/test.h"
#include "base/torture.h"

static const struct row { const char *about; struct slice value, text; unsigned faults; } rows[] = {
	{ "plain text", LIT("hello"), LIT("hello"), 0 },
	{ "folded text keeps the blank", LIT("one\r\n two"), LIT("one two"), 0 },
	{ "Q", LIT("=?utf-8?Q?caf=C3=A9_au_lait?="), LIT("caf\xc3\xa9 au lait"), TEXT_ENCODED },
	{ "an underscore that was escaped stays", LIT("=?utf-8?q?a=5Fb?="), LIT("a_b"), TEXT_ENCODED },
	{ "B", LIT("=?UTF-8?b?aGVsbG8=?="), LIT("hello"), TEXT_ENCODED },
	{ "blanks between two words go", LIT("=?utf-8?q?a?=\r\n =?utf-8?q?b?="), LIT("ab"), TEXT_ENCODED },
	{ "blanks between a word and text stay", LIT("=?utf-8?q?a?= b =?utf-8?q?c?="), LIT("a b c"), TEXT_ENCODED },
	{ "words without a blank between them", LIT("=?utf-8?q?a?==?utf-8?q?b?="), LIT("ab"), TEXT_ENCODED },
	{ "words within text", LIT("x=?utf-8?q?a?=y"), LIT("xay"), TEXT_ENCODED },
	{ "words within quotes", LIT("\"=?utf-8?q?a?=\""), LIT("\"a\""), TEXT_ENCODED },
	{ "a language", LIT("=?utf-8*de?q?a?="), LIT("a"), TEXT_ENCODED },
	{ "a character cut in two by words", LIT("=?utf-8?b?w6?= =?utf-8?b?qQ==?="), LIT("\xc3\xa9"), TEXT_ENCODED },
	{ "two sets", LIT("=?utf-8?q?=C3=A9?= =?iso-8859-1?q?=E9?="), LIT("\xc3\xa9\xc3\xa9"), TEXT_ENCODED },
	{ "blanks within a word", LIT("=?utf-8?q?a b?="), LIT("a b"), TEXT_ENCODED },
	{ "no padding", LIT("=?utf-8?b?aGVsbG8?="), LIT("hello"), TEXT_ENCODED },
	{ "a word without its end", LIT("=?utf-8?q?abc def"), LIT("abc def"), TEXT_ENCODED | TEXT_BROKEN },
	{ "words without their ends", LIT("=?utf-8?q?abc =?utf-8?q?def x"), LIT("abcdef x"), TEXT_ENCODED | TEXT_BROKEN },
	{ "junk in base64", LIT("=?utf-8?b?aG!V?="), LIT("he"), TEXT_ENCODED | TEXT_BROKEN },
	{ "an encoding that there is not", LIT("=?utf-8?x?abc?="), LIT("=?utf-8?x?abc?="), 0 },
	{ "a set without a name", LIT("=??q?abc?="), LIT("=??q?abc?="), 0 },
	{ "a sign alone", LIT("a =? b"), LIT("a =? b"), 0 },
	{ "a set that nobody knows", LIT("=?x-none?q?=E9?="), LIT("\xc3\xa9"), TEXT_ENCODED | TEXT_CHARSET },
	{ "UTF-16 without its order", LIT("=?utf-16?b?AGEAYg==?="), LIT("ab"), TEXT_ENCODED | TEXT_ORDER },
	{ "the same, the other way round", LIT("=?utf-16?b?YQBiAA==?="), LIT("ab"), TEXT_ENCODED | TEXT_ORDER },
	{ "bytes of UTF-8 as they are", LIT("caf\xc3\xa9"), LIT("caf\xc3\xa9"), TEXT_EIGHTBIT },
	{ "bytes of Latin as they are", LIT("caf\xe9"), LIT("caf\xc3\xa9"), TEXT_EIGHTBIT },
	{ "nothing", LIT(""), LIT(""), 0 },
	{ "a word of nothing", LIT("a =?utf-8?q?" "?= b"), LIT("a  b"), TEXT_ENCODED },
};

static void check_row(const struct row *row)
{
	struct slice text = { 0 };
	unsigned faults = 0;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	CHECK(header_text(&reader, row->value, &text, &faults) == OK, row->about);
	CHECK(slice_same(text, row->text), row->about);
	CHECK(faults == row->faults, row->about);
	if (!slice_same(text, row->text) || faults != row->faults)
		printf("  it is %.*s, %u\n", SHOW(text), faults);
	arena_finish(&arena);
}

static enum result short_of_memory(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct slice text;
	unsigned faults = 0;

	return header_text(&reader, SLICE("a\r\n =?iso-8859-1?q?_=E9?= =?utf-8?b?w6k=?= z\xe9"), &text, &faults);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	torture(&(struct torture){ "a text", short_of_memory, LATER });
	return TEST_END();
}
