/* SPDX-License-Identifier: Apache-2.0 */
/* slice_test.c — cutting, comparing and reading numbers, a row each. */
#include "base/slice.h"

#include "base/test.h"

#include <string.h>

static const struct { const char *about; struct slice whole; char stop; struct slice cut, rest; } cuts[] = {
	{ "cut at the first stop", LIT("a,b,c"), ',', LIT("a"), LIT("b,c") },
	{ "no stop: everything is cut", LIT("abc"), ',', LIT("abc"), LIT("") },
	{ "a stop in front cuts nothing", LIT(",b"), ',', LIT(""), LIT("b") },
	{ "a stop at the end leaves nothing", LIT("a,"), ',', LIT("a"), LIT("") },
	{ "nothing is cut into nothing", LIT(""), ',', LIT(""), LIT("") },
	{ "NUL is a byte like others", LIT("a\0b"), '\0', LIT("a"), LIT("b") },
};

static const struct { const char *about; struct slice whole; size_t len; struct slice taken, dropped; } takes[] = {
	{ "take some", LIT("abc"), 2, LIT("ab"), LIT("c") },
	{ "take all", LIT("abc"), 3, LIT("abc"), LIT("") },
	{ "take more than there is", LIT("abc"), SIZE_MAX, LIT("abc"), LIT("") },
	{ "take nothing", LIT("abc"), 0, LIT(""), LIT("abc") },
	{ "take from nothing", { NULL, 0 }, 5, LIT(""), LIT("") },
};

static const struct {
	const char *about;
	struct slice a, b;
	bool same, same_nocase, begins, begins_nocase, ends_nocase;
} pairs[] = {
	{ "the same", LIT("mail"), LIT("mail"), true, true, true, true, true },
	{ "other letters", LIT("mail"), LIT("MAIL"), false, true, false, true, true },
	{ "a start", LIT("mail from"), LIT("mail"), false, false, true, true, false },
	{ "a start in other letters", LIT("mail from"), LIT("MAIL"), false, false, false, true, false },
	{ "an end", LIT("mail from"), LIT("FROM"), false, false, false, false, true },
	{ "longer than the whole", LIT("ma"), LIT("mail"), false, false, false, false, false },
	{ "nothing in something", LIT("mail"), LIT(""), false, false, true, true, true },
	{ "nothing in nothing", { NULL, 0 }, LIT(""), true, true, true, true, true },
	{ "bytes that differ by a bit are not letters", LIT("@["), LIT("`{"), false, false, false, false, false },
	{ "letters of other alphabets are bytes", LIT("\xc3\x84"), LIT("\xc3\xa4"), false, false, false, false, false },
};

static const struct {
	const char *about;
	struct slice text;
	uint64_t most;
	enum result result;
	uint64_t number;
} numbers[] = {
	{ "a number", LIT("42"), 100, OK, 42 },
	{ "the largest allowed", LIT("100"), 100, OK, 100 },
	{ "one more", LIT("101"), 100, REFUSED, 0 },
	{ "the largest of all", LIT("18446744073709551615"), UINT64_MAX, OK, UINT64_MAX },
	{ "over the largest of all", LIT("18446744073709551616"), UINT64_MAX, REFUSED, 0 },
	{ "far over it", LIT("99999999999999999999999999"), UINT64_MAX, REFUSED, 0 },
	{ "leading zeros", LIT("007"), 10, OK, 7 },
	{ "nothing", LIT(""), 10, REFUSED, 0 },
	{ "a sign", LIT("-1"), 10, REFUSED, 0 },
	{ "a plus", LIT("+1"), 10, REFUSED, 0 },
	{ "a space behind", LIT("1 "), 10, REFUSED, 0 },
	{ "a space before", LIT(" 1"), 10, REFUSED, 0 },
	{ "a letter", LIT("1a"), 10, REFUSED, 0 },
	{ "a NUL", LIT("1\0"), 10, REFUSED, 0 },
};

static const struct { const char *about; struct slice whole, trimmed; } trims[] = {
	{ "spaces and tabs", LIT(" \t a b \t"), LIT("a b") },
	{ "only spaces", LIT("  \t"), LIT("") },
	{ "line ends are not spaces", LIT("a\r\n"), LIT("a\r\n") },
	{ "nothing", { NULL, 0 }, LIT("") },
};

static void test_cuts(void)
{
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		struct slice rest = cuts[i].whole, cut = slice_cut(&rest, cuts[i].stop);

		CHECK(slice_same(cut, cuts[i].cut) && slice_same(rest, cuts[i].rest), cuts[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(takes); i++) {
		struct slice rest = takes[i].whole, taken = slice_take(&rest, takes[i].len);

		CHECK(slice_same(taken, takes[i].taken) && slice_same(rest, takes[i].dropped), takes[i].about);
		CHECK(slice_same(slice_drop(takes[i].whole, takes[i].len), takes[i].dropped), takes[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(trims); i++)
		CHECK(slice_same(slice_trim(trims[i].whole), trims[i].trimmed), trims[i].about);
}

static void test_pairs(void)
{
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		CHECK(slice_same(pairs[i].a, pairs[i].b) == pairs[i].same, pairs[i].about);
		CHECK(slice_same_nocase(pairs[i].a, pairs[i].b) == pairs[i].same_nocase, pairs[i].about);
		CHECK(slice_begins(pairs[i].a, pairs[i].b) == pairs[i].begins, pairs[i].about);
		CHECK(slice_begins_nocase(pairs[i].a, pairs[i].b) == pairs[i].begins_nocase, pairs[i].about);
		CHECK(slice_ends_nocase(pairs[i].a, pairs[i].b) == pairs[i].ends_nocase, pairs[i].about);
	}
}

static void test_numbers(void)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		uint64_t number = 12345;
		enum result result = slice_number(numbers[i].text, numbers[i].most, &number);

		CHECK(result == numbers[i].result, numbers[i].about);
		CHECK(number == (result == OK ? numbers[i].number : 12345), numbers[i].about);
	}
}

static void test_order(void)
{
	CHECK(slice_order(SLICE("a"), SLICE("b")) < 0 && slice_order(SLICE("b"), SLICE("a")) > 0, "by bytes");
	CHECK(slice_order(SLICE("a"), SLICE("ab")) < 0 && slice_order(SLICE("ab"), SLICE("a")) > 0, "shorter first");
	CHECK(slice_order(SLICE("\x7f"), SLICE("\x80")) < 0, "bytes have no sign");
	CHECK(slice_order(SLICE("a\0b"), SLICE("a\0c")) < 0, "NUL ends nothing");
	CHECK(slice_order((struct slice){ NULL, 0 }, SLICE("")) == 0, "nothing equals nothing");
}

static void test_bytes(void)
{
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		bool upper = byte >= 'A' && byte <= 'Z', lower = byte >= 'a' && byte <= 'z';

		CHECK(byte_is_letter(c) == (upper || lower), "letters are A to Z and a to z");
		CHECK(byte_is_digit(c) == (byte >= '0' && byte <= '9'), "digits are 0 to 9");
		CHECK(byte_lower(c) == (upper ? (char)(byte + 32) : c), "only A to Z have a lower case");
	}
	CHECK(slice_has(SLICE("a\0b"), '\0') && !slice_has(SLICE("ab"), '\0') &&
		  !slice_has((struct slice){ NULL, 0 }, 'a'),
	      "a byte is found, NUL too");
	CHECK(slice_of(NULL).len == 0 && slice_same(slice_of("abc"), SLICE("abc")),
	      "a C string is a slice; NULL is empty");
}

/* Each byte at each place of each length: what ends text does, and nothing else. */
static void test_eight_bit(void)
{
	char text[40];

	for (size_t len = 0; len <= sizeof(text); len++) {
		memset(text, '\x7f', sizeof(text));
		CHECK(!slice_has_eight_bit((struct slice){ text, len }), "seven bits only");
		for (size_t place = 0; place < sizeof(text); place++) {
			text[place] = '\x80';
			CHECK(slice_has_eight_bit((struct slice){ text, len }) == (place < len), "one byte of eight bits");
			text[place] = '\x7f';
		}
	}
	CHECK(!slice_has_eight_bit((struct slice){ NULL, 0 }), "nothing has no eighth bit");
}

static void test_text_run(void)
{
	char text[40];

	for (int byte = 0; byte < 256; byte++)
		for (size_t len = 0; len <= sizeof(text); len += 1 + (len > 18) * 6)
			for (size_t place = 0; place < len; place++) {
				bool ends = byte == '\r' || byte == '\n' || byte == '\0';

				for (size_t i = 0; i < sizeof(text); i++)
					text[i] = (char)("\x0b\x0e\x01\x8a\x8dxy"[i % 7]);
				text[place] = (char)byte;
				CHECK(slice_text_run((struct slice){ text, len }) == (ends ? place : len), "a run of text");
			}
	CHECK(slice_text_run((struct slice){ NULL, 0 }) == 0, "nothing has no run");
}

static void test_lines_run(void)
{
	static const struct { const char *sentence; struct slice bytes; size_t run; } rows[] = {
		{ "nothing has no lines",                     LIT(""), 0 },
		{ "a line that is not whole is none",         LIT("text"), 0 },
		{ "nor one whose end is half there",          LIT("text\r"), 0 },
		{ "one line",                                 LIT("text\r\n"), 6 },
		{ "empty ones count",                         LIT("\r\n\r\n"), 4 },
		{ "the last is left when it is not whole",    LIT("one\r\ntwo"), 5 },
		{ "a dot at a line's start ends it",          LIT("one\r\n.\r\ntwo\r\n"), 5 },
		{ "a dot within does not",                    LIT("o.e.\r\nt.o\r\n"), 11 },
		{ "a bare LF ends it before its line",        LIT("one\r\nt\nwo\r\n"), 5 },
		{ "a bare CR too",                            LIT("one\r\nt\rwo\r\n"), 5 },
		{ "two CRs and a LF are no line's end",       LIT("one\r\ntwo\r\r\n"), 5 },
		{ "NUL is no text",                           LIT("one\r\nt\0o\r\n"), 5 },
		{ "an LF first is no line",                   LIT("\n"), 0 },
		{ "long lines: 40 and 20 bytes",
		  LIT("0123456789012345678901234567890123456789\r\n01234567890123456789\r\nrest"), 64 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(slice_lines_run(rows[i].bytes) == rows[i].run, rows[i].sentence);
}

int main(void)
{
	test_cuts();
	test_pairs();
	test_numbers();
	test_order();
	test_bytes();
	test_text_run();
	test_lines_run();
	test_eight_bit();
	return TEST_END();
}
