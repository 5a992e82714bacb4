/* SPDX-License-Identifier: Apache-2.0 */
/* Only one answer is clean; each lie is a row. */
#include "scanners/reply.h"
#include "base/test.h"

#include <string.h>

static const struct {
	const char *about;
	enum reply_to question;
	struct slice reply;
	enum scan_end end;
	const char *text;        /* what the text begins with; NULL: anything */
} rows[] = {
	{ "a descriptor that is clean", REPLY_TO_FILDES, LIT("fd[9]: OK\n"), SCAN_CLEAN, "" },
	{ "a stream that is clean", REPLY_TO_INSTREAM, LIT("stream: OK\n"), SCAN_CLEAN, "" },
	{ "a scanner that lives", REPLY_TO_PING, LIT("PONG\n"), SCAN_CLEAN, "" },
	{ "a signature", REPLY_TO_FILDES, LIT("fd[12]: Eicar-Signature FOUND\n"), SCAN_FOUND, "Eicar-Signature" },
	{ "a signature in a stream", REPLY_TO_INSTREAM, LIT("stream: Win.Test.EICAR_HDB-1 FOUND\n"), SCAN_FOUND,
	  "Win.Test.EICAR_HDB-1" },
	{ "a signature named OK is still found", REPLY_TO_FILDES, LIT("fd[1]: OK FOUND\n"), SCAN_FOUND, "OK" },
	{ "nothing at all", REPLY_TO_FILDES, LIT(""), SCAN_FAILED, "the scanner said nothing" },
	{ "an empty line", REPLY_TO_FILDES, LIT("\n"), SCAN_FAILED, NULL },
	{ "clean, cut before its line end", REPLY_TO_FILDES, LIT("fd[9]: OK"), SCAN_FAILED,
	  "the scanner's answer was cut off" },
	{ "clean, with a NUL for a line end", REPLY_TO_FILDES, { "fd[9]: OK\0", 10 }, SCAN_FAILED, NULL },
	{ "clean, with CR LF", REPLY_TO_FILDES, LIT("fd[9]: OK\r\n"), SCAN_FAILED, NULL },
	{ "clean, then a virus", REPLY_TO_FILDES, LIT("fd[9]: OK\nfd[9]: X FOUND\n"), SCAN_FAILED,
	  "the scanner said more" },
	{ "clean twice", REPLY_TO_FILDES, LIT("fd[9]: OK\nfd[9]: OK\n"), SCAN_FAILED, NULL },
	{ "clean and a byte more", REPLY_TO_FILDES, LIT("fd[9]: OK\n "), SCAN_FAILED, NULL },
	{ "an error that ends in OK", REPLY_TO_FILDES, LIT("fd[9]: lstat() failed: OK\n"), SCAN_FAILED, NULL },
	{ "a bare OK", REPLY_TO_FILDES, LIT("OK\n"), SCAN_FAILED, NULL },
	{ "OK in small letters", REPLY_TO_FILDES, LIT("fd[9]: ok\n"), SCAN_FAILED, NULL },
	{ "OK with a space behind", REPLY_TO_FILDES, LIT("fd[9]: OK \n"), SCAN_FAILED, NULL },
	{ "OK for a stream when a descriptor was passed", REPLY_TO_FILDES, LIT("stream: OK\n"), SCAN_FAILED, NULL },
	{ "OK for a file when a stream was sent", REPLY_TO_INSTREAM, LIT("/etc/passwd: OK\n"), SCAN_FAILED, NULL },
	{ "a descriptor without a number", REPLY_TO_FILDES, LIT("fd[]: OK\n"), SCAN_FAILED, NULL },
	{ "a descriptor that is no number", REPLY_TO_FILDES, LIT("fd[x]: OK\n"), SCAN_FAILED, NULL },
	{ "an error", REPLY_TO_FILDES, LIT("fd[9]: Can't allocate memory ERROR\n"), SCAN_FAILED,
	  "the scanner failed: fd[9]: Can't" },
	{ "an error without a start", REPLY_TO_INSTREAM, LIT("INSTREAM size limit exceeded. ERROR\n"), SCAN_FAILED,
	  "the scanner failed" },
	{ "an unknown command", REPLY_TO_FILDES, LIT("UNKNOWN COMMAND\n"), SCAN_FAILED, NULL },
	{ "a limit of the scanner's is not a virus", REPLY_TO_FILDES,
	  LIT("fd[9]: Heuristics.Limits.Exceeded.MaxFileSize FOUND\n"), SCAN_FAILED, "the scanner reached a limit" },
	{ "FOUND without a name", REPLY_TO_FILDES, LIT("fd[9]:  FOUND\n"), SCAN_FAILED, NULL },
	{ "a name with a control byte", REPLY_TO_FILDES, LIT("fd[9]: a\x1b[1m FOUND\n"), SCAN_FAILED,
	  "the scanner's answer is not text: fd[9]: a?[1m" },
	{ "a name that is not ASCII", REPLY_TO_FILDES, LIT("fd[9]: caf\xc3\xa9 FOUND\n"), SCAN_FAILED, NULL },
	{ "PONG to a scan", REPLY_TO_FILDES, LIT("PONG\n"), SCAN_FAILED, NULL },
	{ "a virus as answer to a ping", REPLY_TO_PING, LIT("stream: X FOUND\n"), SCAN_FAILED, NULL },
};

int main(void)
{
	char text[SCAN_TEXT], longest[1024];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK(reply_read(rows[i].question, rows[i].reply, text) == rows[i].end, rows[i].about);
		CHECK(rows[i].text == NULL || slice_begins(slice_of(text), slice_of(rows[i].text)), rows[i].about);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "fd[9]: ", 7);
	memcpy(longest + sizeof(longest) - 7, " FOUND\n", 7);
	CHECK(reply_read(REPLY_TO_FILDES, (struct slice){ longest, sizeof(longest) }, text) == SCAN_FAILED,
	      "a name without end");
	memcpy(longest + sizeof(longest) - 7, " ERROR\n", 7);
	CHECK(reply_read(REPLY_TO_FILDES, (struct slice){ longest, sizeof(longest) }, text) == SCAN_FAILED &&
	      strlen(text) == SCAN_TEXT - 1, "a long reason is cut");
	return TEST_END();
}
