/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a text, and the files in it: "encoding name at length;", "bare" where a bare CR hides one. In one piece, and byte by byte. */
#include "mail/message/embedded.h"

#include "base/buffer.h"
#include "base/test.h"

#define LONG16 "abcdefghijklmnop"
#define LONG LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16

static const struct row { const char *about; struct slice text; const char *files; } rows[] = {
	{ "text", LIT("hello\r\nworld\r\n"), "" },
	{ "uuencode", LIT("hi\r\nbegin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\nbye\r\n"), "uuencode a.zip 21 10;" },
	{ "a sentence that begins so", LIT("begin 644 times\r\nand again\r\n"), "" },
	{ "a sentence that begins nearly so", LIT("begin to think\r\nof it\r\n"), "" },
	{ "a sentence, and text in capitals", LIT("begin to think\r\nNOW, OR ELSE (AS I SAID) NEVER AGAIN, SINCE THIS IS THE VERY LAST TIME\r\n"), "" },
	{ "without a mode", LIT("begin a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "uuencode a.zip 13 10;" },
	{ "more blanks than one", LIT("begin  0644\ta.zip \r\n#0V%T\r\n`\r\nend\r\n"), "uuencode a.zip 20 10;" },
	{ "in capitals", LIT("BEGIN 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "uuencode a.zip 17 10;" },
	{ "a name of digits", LIT("begin 644\r\n#0V%T\r\n`\r\nend\r\n"), "uuencode 644 11 10;" },
	{ "uuencode without an end", LIT("begin 644 a b\n#0V%T\n"), "uuencode a b 14 6;" },
	{ "uuencode at the very end, without a line end", LIT("begin 644 a\n#0V%T"), "uuencode a 12 5;" },
	{ "two files", LIT("begin 644 a\n#0V%T\nend\nbegin 644 b\n#0V%T\nend\n"), "uuencode a 12 6;uuencode b 34 6;" },
	{ "base64 of uuencode", LIT("begin-base64 644 a\naGk=\n====\n"), "base64 a 19 5;" },
	{ "yEnc", LIT("x\r\n=ybegin line=128 size=1 name=a b.zip\r\n\x8b\r\n=yend size=1\r\n"), "yenc a b.zip 41 3;" },
	{ "BinHex", LIT("(This file must be converted with BinHex 4.0)\r\n\r\n:abc\r\ndef:\r\nx"), "binhex  49 12;" },
	{ "uuencode behind a blank", LIT(" begin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "odd uuencode a.zip 18 10;" },
	{ "all of it behind a tab", LIT("\tbegin 644 a.zip\n\t#0V%T\n\t`\n\tend\n"), "odd uuencode a.zip 17 10;" },
	{ "a sentence behind a blank", LIT("  begin with it\n  and end with it\n"), "" },
	{ "a name that is cut", LIT("begin 644 " LONG ".zip\n#0V%T\n`\nend\n"), "odd uuencode " LONG " 143 8;" },
	{ "a file behind a bare CR and blanks", LIT("hi\r  begin\t644 a.zip\r#0V%T\r`\rend\r"), "bare" },
	{ "base64 behind a bare CR", LIT("hi\rbegin-base64 644 a.zip\rQ2F0\r====\r"), "bare" },
	{ "a file behind a bare CR", LIT("hi\rbegin 644 a.zip\r#0V%T\r`\rend\r"), "bare" },
	{ "yEnc behind a bare CR", LIT("a long word before it\r=ybegin line=128 size=1 name=a\r\x8b\r=yend size=1\r"), "bare" },
	{ "BinHex behind a bare CR", LIT("hi\r(This file must be converted with BinHex 4.0)\r\r:abc:\r"), "bare" },
	{ "words behind a bare CR", LIT("hi\rand begin it\r(That is all)\r"), "" },
	{ "a word about BinHex", LIT("(This file must be converted with BinHex 4.0)\r\nwhy?\r\n"), "" },
};

static enum result found(void *owner, const struct embedded *embedded)
{
	struct buffer *seen = owner;

	return buffer_format(seen, "%s%s %.*s %u %u;", embedded->odd ? "odd " : "", encoding_name(embedded->encoding), SHOW(embedded->name), (unsigned)embedded->at,
	                     (unsigned)embedded->length);
}

static void check_row(const struct row *row, size_t piece)
{
	struct slice rest = row->text;
	struct buffer seen;
	struct seeker seeker = { .found = found, .owner = &seen };

	buffer_init(&seen, 4096);
	while (rest.len)
		CHECK(seeker_feed(&seeker, slice_take(&rest, piece)) == OK, row->about);
	CHECK(seeker_end(&seeker) == OK, row->about);
	CHECK(!seeker.bare || buffer_format(&seen, "bare") == OK, "room");
	CHECK(slice_same(buffer_slice(&seen), slice_of(row->files)), row->about);
	if (!slice_same(buffer_slice(&seen), slice_of(row->files)))
		printf("  it is %.*s\n", SHOW(buffer_slice(&seen)));
	buffer_finish(&seen);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check_row(&rows[i], SIZE_MAX);
		check_row(&rows[i], 1);
		check_row(&rows[i], 7);
	}
	return TEST_END();
}
