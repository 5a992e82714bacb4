/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: code, what it means, and the faults on the way; whole, and into the least room. */
#include "mail/message/encodings.h"

#include "base/test.h"

static const struct row {
	const char *about;
	enum encoding kind;
	struct slice code, meant;
	unsigned faults;
} rows[] = {
	{ "base64", ENCODING_BASE64, LIT("aGVsbG8sIHdvcmxk"), LIT("hello, world"), 0 },
	{ "base64 with one pad", ENCODING_BASE64, LIT("aGVsbG8="), LIT("hello"), 0 },
	{ "base64 with two", ENCODING_BASE64, LIT("aGVsbA=="), LIT("hell"), 0 },
	{ "base64 without its pad is unfinished, and all is there", ENCODING_BASE64, LIT("aGVsbG8"), LIT("hello"), DECODED_UNFINISHED },
	{ "base64 of one letter more", ENCODING_BASE64, LIT("aGVsbG8=Z"), LIT("hello"), DECODED_UNFINISHED | DECODED_WENT_ON },
	{ "base64 in lines", ENCODING_BASE64, LIT("aGVs\r\nbG8s\r\n"), LIT("hello,"), 0 },
	{ "base64 whose lines end within a group", ENCODING_BASE64, LIT("aGV\r\nsbG8s\r\n"), LIT("hello,"), DECODED_UNEVEN },
	{ "base64 with junk", ENCODING_BASE64, LIT("aG!Vs*bG8s"), LIT("hello,"), DECODED_JUNK },
	{ "base64 that goes on behind its end", ENCODING_BASE64, LIT("aGVsbA==bywg"), LIT("hello, "), DECODED_WENT_ON },
	{ "base64 in small pieces, each padded", ENCODING_BASE64, LIT("aA==ZQ==bA=="), LIT("hel"), DECODED_WENT_ON },
	{ "base64 of the other alphabet", ENCODING_BASE64, LIT("-_-_"), LIT("\xfb\xff\xbf"), DECODED_URL },
	{ "a NUL in base64 is junk", ENCODING_BASE64, LIT("aG\0Vs"), LIT("hel"), DECODED_JUNK },
	{ "quoted-printable", ENCODING_QUOTED, LIT("a=20b=3D=e9"), LIT("a b=\xe9"), 0 },
	{ "a soft line break", ENCODING_QUOTED, LIT("a=\r\nb=\nc"), LIT("abc"), 0 },
	{ "a soft line break behind which blanks came", ENCODING_QUOTED, LIT("a= \t\r\nb"), LIT("ab"), 0 },
	{ "a sign that is none stays", ENCODING_QUOTED, LIT("a=zz=4"), LIT("a=zz=4"), DECODED_ESCAPE },
	{ "a sign at the end goes", ENCODING_QUOTED, LIT("a="), LIT("a"), 0 },
	{ "uuencode", ENCODING_UU, LIT("#0V%T\r\n`\r\n"), LIT("Cat"), 0 },
	{ "uuencode in two lines", ENCODING_UU, LIT("#0V%T\n#0V%T\n"), LIT("CatCat"), 0 },
	{ "uuencode that lost the blanks at its end", ENCODING_UU, LIT("#86\n"), LIT("a`\0"), 0 },
	{ "yEnc", ENCODING_YENC, LIT("\x8b\x8c\r\n\x8d"), LIT("abc"), 0 },
	{ "yEnc with an escape", ENCODING_YENC, LIT("\x8b=}"), LIT("a\x13"), 0 },
	{ "lines of yEnc's own are no data", ENCODING_YENC, LIT("=ybegin line=128\r\n\x8b\r\n=yend size=1\r\n"), LIT("a"), 0 },
	{ "what nobody knows stands as it is", ENCODING_UNKNOWN, LIT("a=20"), LIT("a=20"), 0 },
	{ "nothing", ENCODING_BASE64, LIT(""), LIT(""), 0 },
};

static size_t decode(struct decoder *decoder, struct slice code, char *out, size_t size, size_t room)
{
	size_t written = 0;

	while (code.len && size - written >= room)
		written += decoder_take(decoder, &code, out + written, room);
	return written + decoder_end(decoder, out + written);
}

static void check_row(const struct row *row, size_t room)
{
	struct decoder decoder;
	char out[4096];
	struct slice got = { out, 0 };

	decoder_init(&decoder, row->kind);
	got.len = decode(&decoder, row->code, out, sizeof(out), room);
	CHECK(slice_same(got, row->meant), row->about);
	CHECK(decoder.faults == row->faults, row->about);
}

/* Six bits a character, runs, then the header of the forks: made here as the machine of the time did. */
static void binhex(void)
{
	static const char letters[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	static const char stream[] = "\5a.exe\0APPLMACS\0\0\0\0\0\5\0\0\0\0xxhe\x90\0l\x90\3o";
	struct slice code = { 0 }, got;
	char text[128] = ":", out[1024];
	unsigned bits = 0, count = 0;
	struct decoder decoder;
	size_t length = 1;

	for (size_t i = 0; i < sizeof(stream) - 1; i++) {
		bits = bits << 8 | (unsigned char)stream[i];
		for (count += 8; count >= 6; count -= 6)
			text[length++] = letters[bits >> (count - 6) & 63];
	}
	if (count)
		text[length++] = letters[bits << (6 - count) & 63];
	text[length++] = ':';
	code = (struct slice){ text, length };
	decoder_init(&decoder, ENCODING_BINHEX);
	got = (struct slice){ out, decode(&decoder, code, out, sizeof(out), 512) };
	CHECK(slice_same(got, SLICE("he\x90" "ll")), "the data fork of BinHex, runs undone, and no more than its length");
	CHECK(decoder.name_length == 5 && slice_same((struct slice){ decoder.name, 5 }, SLICE("a.exe")), "and its name");
}

/* Letter by letter nothing can be taken together. */
static size_t decode_slowly(struct decoder *decoder, struct slice code, char *out, size_t size)
{
	size_t length = 0;

	while (code.len) {
		struct slice one = slice_take(&code, 1);

		while (one.len)
			length += decoder_take(decoder, &one, out + length, size - length);
	}
	return length + decoder_end(decoder, out + length);
}

/* However many letters are taken at a time: any byte at any place ends, changes or spoils the same. */
static void base64_at_once(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char code[83], quick[1024], slow[1024];
	struct decoder one, other;

	for (unsigned place = 0; place < sizeof(code); place++)
		for (unsigned byte = 0; byte < 256; byte++) {
			struct slice all = { code, sizeof(code) };
			size_t quickly, slowly;

			for (unsigned i = 0; i < sizeof(code); i++)
				code[i] = letters[(i * 29 + place * 7 + byte) % 64];
			code[place] = (char)byte;
			decoder_init(&one, ENCODING_BASE64);
			decoder_init(&other, ENCODING_BASE64);
			quickly = decode(&one, all, quick, sizeof(quick), 512);
			slowly = decode_slowly(&other, all, slow, sizeof(slow));
			CHECK(slice_same((struct slice){ quick, quickly }, (struct slice){ slow, slowly }), "the same bytes");
			CHECK(one.faults == other.faults, "the same faults");
		}
}

static void stops_at_padding(void)
{
	struct decoder decoder;
	char out[1024];
	struct slice got = { out, 0 };

	decoder_init(&decoder, ENCODING_BASE64);
	decoder.stops = true;
	got.len = decode(&decoder, SLICE("aGVsbA==bywg"), out, sizeof(out), 512);
	CHECK(slice_same(got, SLICE("hell")), "the reader who stops at the first padding");
}

static const struct { const char *about; struct slice body; bool is; } looks[] = {
	{ "lines of base64 look so", LIT("UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAA\r\nUEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAA\r\n"), true },
	{ "a short file does", LIT("VGhpcyBpcyBhIHRlc3Q=\r\n"), true },
	{ "a word does not", LIT("hello\r\n"), false },
	{ "a long word of small letters does not", LIT("internationalisation\r\n"), false },
	{ "text does not", LIT("This is a line of text.\r\n"), false },
	{ "nothing does not", LIT(""), false },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check_row(&rows[i], 1024);
		check_row(&rows[i], DECODE_ROOM);
	}
	binhex();
	stops_at_padding();
	base64_at_once();
	for (size_t i = 0; i < COUNT_OF(looks); i++)
		CHECK(encoding_like_base64(looks[i].body) == looks[i].is, looks[i].about);
	CHECK(encoding_of(SLICE("Base64")) == ENCODING_BASE64, "whatever its case");
	CHECK(encoding_of(SLICE("base65")) == ENCODING_UNKNOWN, "and no other");
	return TEST_END();
}
