/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with 8 bits and what becomes of them: whole, and cut at every byte. */
#include "mail/message/sevenbit.h"

#include "base/test.h"

#define LF "\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable" LF
#define MIME "MIME-Version: 1.0" LF
#define MULTI(kind) MIME "Content-Type: multipart/" kind "; boundary=\"b\"" LF

static const struct row {
	const char *about, *message;
	const char *converted;                     /* NULL: it can't be, and `trouble` says so */
	const char *trouble;
} rows[] = {
	{ "nothing to do", "A: b" LF LF "plain" LF, "A: b" LF LF "plain" LF, NULL },
	{ "a text", MIME "Content-Type: text/plain; charset=utf-8" LF "Content-Transfer-Encoding: 8bit" LF "A: b" LF LF
	  "gr\xc3\xbc\xc3\x9f" "e" LF,
	  MIME "Content-Type: text/plain; charset=utf-8" LF "A: b" LF QP LF "gr=C3=BC=C3=9Fe" LF, NULL },
	{ "a label of two lines goes whole", MIME "Content-Type: text/plain" LF "Content-Transfer-Encoding:" LF "  8bit" LF
	  "A: b" LF LF "\xe4" LF, MIME "Content-Type: text/plain" LF "A: b" LF QP LF "=E4" LF, NULL },
	{ "without MIME: it becomes MIME, and what it is stays unknown", "A: b" LF LF "\xe4" LF,
	  "A: b" LF MIME "Content-Type: text/plain; charset=unknown-8bit" LF QP LF "=E4" LF, NULL },
	{ "spaces at the end of a line, an equals sign, a dot and dashes at its start", MIME "Content-Type: text/plain" LF
	  LF "\xe4 " LF "a=b\t" LF "." LF "--" LF,
	  MIME "Content-Type: text/plain" LF QP LF "=E4=20" LF "a=3Db=09" LF "=2E" LF "=2D-" LF, NULL },
	{ "a line that is long", MIME "Content-Type: text/plain" LF LF "\xe4"
	  "012345678901234567890123456789012345678901234567890123456789012345678901-x" LF,
	  MIME "Content-Type: text/plain" LF QP LF "=E4"
	  "012345678901234567890123456789012345678901234567890123456789012345678901=" LF "=2Dx" LF, NULL },
	{ "no line end at the end", MIME "Content-Type: text/plain" LF LF "\xe4 ", MIME "Content-Type: text/plain" LF QP LF
	  "=E4=20", NULL },
	{ "of two parts the one that needs it", MULTI("mixed") "Content-Transfer-Encoding: 8bit" LF LF "pre" LF "--b" LF LF
	  "seven" LF "--b" LF "Content-Type: text/html" LF LF "\xe4" LF "--b--" LF "post" LF,
	  MULTI("mixed") LF "pre" LF "--b" LF LF "seven" LF "--b" LF "Content-Type: text/html" LF QP LF "=E4" LF "--b--" LF
	  "post" LF, NULL },
	{ "a part without headers", MULTI("mixed") LF "--b" LF LF "\xe4" LF "--b--" LF,
	  MULTI("mixed") LF "--b" LF "Content-Type: text/plain; charset=unknown-8bit" LF QP LF "=E4" LF "--b--" LF, NULL },
	{ "a message inside", MIME "Content-Type: message/rfc822" LF "Content-Transfer-Encoding: 8bit" LF LF "B: c" LF
	  "Content-Type: text/plain" LF LF "\xe4" LF,
	  MIME "Content-Type: message/rfc822" LF LF "B: c" LF "Content-Type: text/plain" LF QP LF "=E4" LF, NULL },
	{ "a part that ends with the outer boundary", MIME "Content-Type: multipart/mixed; boundary=o" LF LF "--o" LF
	  "Content-Type: multipart/mixed; boundary=i" LF LF "--i" LF "Content-Type: text/plain" LF LF "\xe4" LF "--o--" LF,
	  MIME "Content-Type: multipart/mixed; boundary=o" LF LF "--o" LF
	  "Content-Type: multipart/mixed; boundary=i" LF LF "--i" LF "Content-Type: text/plain" LF QP LF "=E4" LF "--o--" LF,
	  NULL },
	{ "what is encoded already stays as it is", MULTI("mixed") LF "--b" LF "Content-Transfer-Encoding: base64" LF LF
	  "AAAA" LF "--b" LF "Content-Type: text/plain" LF LF "\xe4" LF "--b--" LF,
	  MULTI("mixed") LF "--b" LF "Content-Transfer-Encoding: base64" LF LF "AAAA" LF "--b" LF
	  "Content-Type: text/plain" LF QP LF "=E4" LF "--b--" LF, NULL },
	{ "a signed part stays, where it has 7 bits; the part beside it is converted", MULTI("mixed") LF "--b" LF
	  "Content-Type: multipart/signed; boundary=s" LF "Content-Transfer-Encoding: 8bit" LF LF "--s" LF LF "x" LF "--s--" LF
	  "--b" LF "Content-Type: text/plain" LF LF "\xe4" LF "--b--" LF,
	  MULTI("mixed") LF "--b" LF "Content-Type: multipart/signed; boundary=s" LF "Content-Transfer-Encoding: 8bit" LF LF
	  "--s" LF LF "x" LF "--s--" LF "--b" LF "Content-Type: text/plain" LF QP LF "=E4" LF "--b--" LF, NULL },

	{ "a signed part is never touched", MULTI("signed") LF "--b" LF LF "\xe4" LF "--b--" LF, NULL, "signed" },
	{ "nor what is in it", MULTI("signed") LF "--b" LF "Content-Type: message/rfc822" LF LF LF "\xe4" LF "--b--" LF, NULL,
	  "signed" },
	{ "nor an encrypted one", MULTI("encrypted") LF "--b" LF LF "\xe4" LF "--b--" LF, NULL, "signed" },
	{ "8 bits in a header", "Subject: \xe4" LF LF "x" LF, NULL, "headers" },
	{ "in a part's header", MULTI("mixed") LF "--b" LF "X: \xe4" LF LF "x" LF "--b--" LF, NULL, "headers" },
	{ "before the first part", MULTI("mixed") LF "\xe4" LF "--b" LF LF "x" LF "--b--" LF, NULL, "between" },
	{ "after the last part", MULTI("mixed") LF "--b" LF LF "x" LF "--b--" LF "\xe4" LF, NULL, "between" },
	{ "base64 with bytes that are none", MIME "Content-Transfer-Encoding: base64" LF LF "\xe4" LF, NULL, "encoding" },
	{ "a multipart without a boundary", MIME "Content-Type: multipart/mixed" LF LF "\xe4" LF, NULL, "between" },
	{ "an encoded multipart", MULTI("mixed") "Content-Transfer-Encoding: base64" LF LF "\xe4" LF, NULL, "not sure" },
	{ "two labels", MIME "Content-Transfer-Encoding: 8bit" LF "Content-Transfer-Encoding: base64" LF LF "\xe4" LF, NULL,
	  "twice" },
	{ "two boundaries", MIME "Content-Type: multipart/mixed; boundary=a; boundary=b" LF LF "--a" LF LF "\xe4" LF, NULL,
	  "not sure" },
	{ "a line that only looks like a boundary", MULTI("mixed") LF "--b" LF LF "\xe4" LF "--bx" LF, NULL, "not sure" },
	{ "a piece of a message", MIME "Content-Type: message/partial" LF LF "\xe4" LF, NULL, "between" },
};

static size_t convert(const struct sevenbit_step *first, struct slice message, size_t piece, char *to, size_t size)
{
	struct sevenbit_write write;
	size_t length = 0, some;

	sevenbit_write_init(&write, first);
	do {
		struct slice in = slice_take(&message, piece);

		while ((some = sevenbit_write_some(&write, &in, to + length, SEVENBIT_LEAST)) > 0 && length + 2 * SEVENBIT_LEAST < size)
			length += some;
		CHECK(in.len == 0, "all is eaten");
	} while (message.len > 0);
	return length;
}

static void try_row(const struct row *row, size_t piece)
{
	struct slice message = slice_of(row->message), rest = message;
	struct sevenbit_scan scan;
	struct arena arena;
	char made[4096];

	arena_init(&arena, 1 << 20);
	sevenbit_scan_init(&scan, &arena);
	while (rest.len > 0)
		sevenbit_scan_bytes(&scan, slice_take(&rest, piece));
	CHECK(sevenbit_scan_end(&scan) == OK, row->about);
	CHECK((scan.trouble == NULL) == (row->converted != NULL), row->about);
	CHECK(scan.trouble == NULL || (row->trouble && strstr(scan.trouble, row->trouble)), scan.trouble);
	if (scan.trouble == NULL && row->converted)
		CHECK(slice_same((struct slice){ made, convert(scan.first, message, piece, made, sizeof(made)) },
		                 slice_of(row->converted)), row->about);
	arena_finish(&arena);
}

/* More steps than there may be is no conversion that is half done. */
static void too_much(void)
{
	static const char part[] = "--b" LF "Content-Type: text/plain" LF LF "\xe4" LF;
	struct sevenbit_scan scan;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	sevenbit_scan_init(&scan, &arena);
	sevenbit_scan_bytes(&scan, SLICE(MULTI("mixed") LF));
	for (unsigned i = 0; i < SEVENBIT_STEPS; i++)
		sevenbit_scan_bytes(&scan, slice_of(part));
	CHECK(sevenbit_scan_end(&scan) == LATER, "too many parts are too many");
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t piece = 1; piece < 70; piece += piece < 4 ? 1 : 13)
			try_row(&rows[i], piece);
	too_much();
	return TEST_END();
}
