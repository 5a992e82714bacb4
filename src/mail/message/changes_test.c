/* SPDX-License-Identifier: Apache-2.0 */
/* Changes by several makers on small messages, and what the message is when it is written out. In what is expected the
 * boundary of ours is written as BOUND. */
#include "mail/message/changes.h"

#include "base/test.h"

#include <string.h>

#define TWO "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
#define THREE "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\n\r\nthree\r\n--b--\r\n"

enum what { NOTHING, ADD, BEFORE, SET, REMOVE, PART, NO_PART, FIRST, BEHIND, WRAP };

static const struct row {
	const char *about;
	struct slice bytes;
	struct wanted { enum what what; const char *name, *text; unsigned part; } wanted[4];
	const char *after;
	unsigned broken;
} rows[] = {
	{ "nothing leaves it as it is", LIT("A: b\r\n\r\nx"), { { NOTHING, "", "", 0 } }, "A: b\r\n\r\nx", 0 },
	{ "fields are added on top, in order", LIT("A: b\r\n\r\nx"), { { ADD, "", "X: 1", 0 }, { ADD, "", "Y: 2", 0 } },
	  "X: 1\r\nY: 2\r\nA: b\r\n\r\nx", 0 },
	{ "a text before a folded value keeps the folding", LIT("Subject: a\r\n b\r\n\r\n"), { { BEFORE, "subject", "[s] ", 0 } },
	  "Subject: [s] a\r\n b\r\n\r\n", 0 },
	{ "a text before a value that is not there", LIT("Subject:\r\n\r\n"), { { BEFORE, "Subject", "[s]", 0 } },
	  "Subject: [s]\r\n\r\n", 0 },
	{ "the earlier text stands", LIT("Subject: a\r\n\r\n"), { { BEFORE, "Subject", "1 ", 0 }, { BEFORE, "Subject", "2 ", 0 } },
	  "Subject: 1 a\r\n\r\n", 0 },
	{ "a value is replaced, and doubles go", LIT("A: 1\r\nB: 2\r\n 3\r\na: 4\r\n\r\n"), { { SET, "A", "x", 0 } },
	  "A: x\r\nB: 2\r\n 3\r\n\r\n", 0 },
	{ "one that is not there is added", LIT("A: 1\r\n\r\n"), { { SET, "B", "x", 0 } }, "B: x\r\nA: 1\r\n\r\n", 0 },
	{ "removed fields go with their folded lines", LIT("A: 1\r\nB: 2\r\n 3\r\nC: 4\r\n\r\n"), { { REMOVE, "b", "", 0 } },
	  "A: 1\r\nC: 4\r\n\r\n", 0 },
	{ "the last field may be removed", LIT("A: 1\r\nB: 2\r\n\r\nx"), { { REMOVE, "B", "", 0 } }, "A: 1\r\n\r\nx", 0 },
	{ "the last field of a message that is all head", LIT("A: 1\r\nB: 2"), { { REMOVE, "B", "", 0 } }, "A: 1\r\n", 0 },
	{ "removed and put before: gone, and a new one", LIT("A: 1\r\n\r\n"), { { REMOVE, "A", "", 0 }, { BEFORE, "A", "2", 0 } },
	  "A: 2\r\n\r\n", 0 },
	{ "a part is replaced within its delimiters", LIT(TWO), { { PART, "text/plain", "gone\n", 1 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ngone\r\n\r\n--b\r\n\r\ntwo\r\n"
	  "--b--\r\n", 0 },
	{ "the last part is removed with the delimiter before it", LIT(TWO), { { NO_PART, "", "", 2 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n", 0 },
	{ "the first part is removed with the delimiter behind it", LIT(TWO), { { NO_PART, "", "", 1 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntwo\r\n--b--\r\n", 0 },
	{ "one in the middle", LIT(THREE), { { NO_PART, "", "", 2 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\nthree\r\n--b--\r\n", 0 },
	{ "two behind each other", LIT(THREE), { { NO_PART, "", "", 2 }, { NO_PART, "", "", 3 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n", 0 },
	{ "a part of what is replaced goes with it", LIT(TWO), { { PART, "text/plain", "in\n", 1 }, { PART, "text/plain", "out\n", 0 } },
	  "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nout\r\n", 0 },
	{ "of two for the same part the earlier stands", LIT(TWO),
	  { { PART, "text/plain", "a\n", 1 }, { PART, "text/plain", "b\n", 1 } },
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\na\r\n\r\n--b\r\n\r\ntwo\r\n"
	  "--b--\r\n", 0 },
	{ "the whole body is replaced, and other fields stay", LIT("A: 1\r\nContent-Type: x/y\r\n\r\nold"),
	  { { PART, "text/html", "new\n", 0 } }, "A: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\nnew\r\n", 0 },
	{ "a message without a body gets one", LIT("A: 1"), { { PART, "text/plain", "new\n", 0 } },
	  "A: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nnew\r\n", 0 },
	{ "a part is added behind, and what the content was goes down", LIT("A: 1\r\nContent-Type: text/html\r\nB: 2\r\n\r\nx\r\n"),
	  { { BEHIND, "text/plain", "more\n", 0 } },
	  "A: 1\r\nB: 2\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/html\r\n\r\nx\r\n\r\n--BOUND\r\nContent-Type: text/plain\r\n\r\nmore\r\n\r\n--BOUND--\r\n", 0 },
	{ "a part is added before, by base64 where it has to be", LIT("MIME-Version: 1.0\r\n\r\nx"),
	  { { FIRST, "text/plain; charset=utf-8", "\xc3\xa4\n", 0 } },
	  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6QNCg==\r\n\r\n--BOUND\r\n\r\nx\r\n"
	  "--BOUND--\r\n", 0 },
	{ "a text behind a choice of texts stands outside of it",
	  LIT("MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
	      "Content-Type: text/html\r\n\r\n<p>two\r\n--b--\r\n"),
	  { { BEHIND, "text/html; charset=utf-8", "<p>more\n", 0 } },
	  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n"
	  "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
	  "Content-Type: text/html\r\n\r\n<p>two\r\n--b--\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/html; charset=utf-8\r\n\r\n<p>more\r\n\r\n--BOUND--\r\n", 0 },
	{ "HTML before HTML, and a text behind it", LIT("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"),
	  { { BEHIND, "text/plain", "behind\n", 0 }, { FIRST, "text/html", "<p>before\n", 0 } },
	  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/html\r\n\r\n<p>before\r\n\r\n--BOUND\r\nContent-Type: text/html\r\n\r\n<p>x\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/plain\r\n\r\nbehind\r\n\r\n--BOUND--\r\n", 0 },
	{ "a part beside the attached original", LIT("Subject: s\r\n\r\nx\r\n"), { { WRAP, "", "", 0 }, { BEHIND, "text/plain", "more\n", 0 } },
	  "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n"
	  "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nSubject: s\r\n\r\nx\r\n\r\n--BOUND\r\n"
	  "Content-Type: text/plain\r\n\r\nmore\r\n\r\n--BOUND--\r\n", 0 },
	{ "a message without a head has parts too", LIT("no head\r\n"), { { BEHIND, "text/plain", "more\n", 0 } },
	  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n--BOUND\r\n\r\nno head\r\n\r\n"
	  "--BOUND\r\nContent-Type: text/plain\r\n\r\nmore\r\n\r\n--BOUND--\r\n", 0 },
	{ "wrapped: the fields that matter outside, the original inside",
	  LIT("Received: r\r\nFrom: a\r\nX-Odd: o\r\nSubject: s\r\nSubject: t\r\n\r\nx\xe4\r\n"),
	  { { WRAP, "", "see below\n", 0 }, { ADD, "", "X: 1", 0 }, { BEFORE, "Subject", "[s] ", 0 } },
	  "X: 1\r\nReceived: r\r\nFrom: a\r\nSubject: [s] s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n "
	  "boundary=\"BOUND\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--BOUND\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
	  "see below\r\n\r\n--BOUND\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n"
	  "Content-Transfer-Encoding: 8bit\r\n\r\n"
	  "Received: r\r\nFrom: a\r\nX-Odd: o\r\nSubject: s\r\nSubject: t\r\n\r\nx\xe4\r\n\r\n--BOUND--\r\n", 0 },

	{ "a signature that covers the subject", LIT("DKIM-Signature: a=b; h=From : subject; b=c\r\nSubject: x\r\n\r\nx"),
	  { { BEFORE, "Subject", "1 ", 0 } }, NULL, SEAL_DKIM_HEADER },
	{ "one that does not", LIT("DKIM-Signature: a=b; h=From; b=c\r\nSubject: x\r\n\r\nx"),
	  { { BEFORE, "Subject", "1 ", 0 } }, NULL, 0 },
	{ "another field of a covered name breaks nothing", LIT("DKIM-Signature: h=X\r\nX: 1\r\n\r\nx"), { { ADD, "", "X: 2", 0 } },
	  NULL, 0 },
	{ "unless it was named once more than it was there", LIT("DKIM-Signature: h=X:x\r\nX: 1\r\n\r\nx"), { { ADD, "", "X: 2", 0 } },
	  NULL, SEAL_DKIM_HEADER },
	{ "a part that is added breaks the body, and the header that says what it is",
	  LIT("DKIM-Signature: h=Content-Type\r\nContent-Type: text/plain\r\n\r\nx"), { { BEHIND, "text/plain", "y", 0 } }, NULL,
	  SEAL_DKIM },
	{ "a part that is added needs MIME-Version, which may be signed as missing", LIT("DKIM-Signature: h=MIME-Version\r\n\r\nx"),
	  { { BEHIND, "text/plain", "y", 0 } }, NULL, SEAL_DKIM },
	{ "and Content-Type, likewise", LIT("DKIM-Signature: h=From:Content-Type\r\n\r\nx"), { { BEHIND, "text/plain", "y", 0 } }, NULL,
	  SEAL_DKIM },
	{ "and Content-Transfer-Encoding", LIT("DKIM-Signature: h=content-transfer-encoding\r\n\r\nx"),
	  { { BEHIND, "text/plain", "y", 0 } }, NULL, SEAL_DKIM },
	{ "a text that is put before a field of another name", LIT("DKIM-Signature: h=content-type\r\nSubject: x\r\n\r\nx"),
	  { { BEFORE, "Subject", "1 ", 0 } }, NULL, 0 },
	{ "else it breaks the body alone", LIT("DKIM-Signature: h=From\r\n\r\nx"), { { BEHIND, "text/plain", "y", 0 } }, NULL,
	  SEAL_DKIM_BODY },
	{ "wrapping breaks both", LIT("DKIM-Signature: h=X\r\n\r\nx"), { { WRAP, "", "", 0 } }, NULL, SEAL_DKIM },
	{ "a change inside of what is signed",
	  LIT("Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
	      "Content-Type: application/pgp-signature\r\n\r\ntwo\r\n--b--\r\n"),
	  { { PART, "text/plain", "gone", 1 } }, NULL, SEAL_PGP },
	{ "a part around what is signed breaks nothing",
	  LIT("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
	      "Content-Type: application/pkcs7-signature\r\n\r\ntwo\r\n--b--\r\n"), { { BEHIND, "text/plain", "more", 0 } }, NULL, 0 },
	{ "an S/MIME part is replaced", LIT("Content-Type: application/pkcs7-mime\r\n\r\nx"), { { PART, "text/plain", "gone", 0 } },
	  NULL, SEAL_SMIME },
	{ "PGP in a text", LIT("A: b\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"), { { PART, "text/plain", "gone", 0 } }, NULL,
	  SEAL_PGP },
};

static const struct part *nth_part(const struct message_view *view, unsigned nth)
{
	const struct part *part = view->first;

	while (nth-- > 0)
		part = part->next;
	return part;
}

static enum result want(struct changes *changes, const struct wanted *wanted)
{
	struct slice name = slice_of(wanted->name), text = slice_of(wanted->text);
	const struct part *part = nth_part(changes->view, wanted->part);

	switch (wanted->what) {
	case NOTHING:
		return OK;
	case ADD:
		return changes_add_field(changes, text);
	case BEFORE:
		return changes_put_before(changes, name, text);
	case SET:
		return changes_set_field(changes, name, text);
	case REMOVE:
		changes_remove_fields(changes, name);
		return OK;
	case PART:
		return changes_replace_part(changes, part, name, text);
	case NO_PART:
		return changes_remove_part(changes, part);
	case FIRST:
		return changes_add_part(changes, PLACE_BEFORE, name, text);
	case BEHIND:
		return changes_add_part(changes, PLACE_BEHIND, name, text);
	case WRAP:
		return changes_wrap(changes, text);
	}
	return REFUSED;
}

static enum result write_out(struct slice bytes, const struct edits *edits, struct buffer *to)
{
	struct edit_walk walk;
	struct edit_stretch stretch;
	enum result result;

	TRY(edits_check(edits, bytes.len));
	edit_walk_init(&walk, edits, bytes.len);
	while ((result = edit_walk_next(&walk, &stretch)) == AGAIN)
		TRY(buffer_add(to, stretch.ours ? stretch.put
		                                : (struct slice){ bytes.at + stretch.from, (size_t)stretch.length }));
	return result;
}

static struct slice boundary_in(struct slice bytes)
{
	static const char before[] = "boundary=\"";
	const char *found = bytes.len ? memmem(bytes.at, bytes.len, before, sizeof(before) - 1) : NULL;
	struct slice rest = { 0 };

	if (found)
		rest = slice_drop(bytes, (size_t)(found - bytes.at) + sizeof(before) - 1);
	return slice_cut(&rest, '"');
}

/* Our boundary is a digest: the expected text says BOUND. */
static bool is_expected(struct slice written, const char *expected)
{
	struct slice boundary = boundary_in(written), rest = slice_of(expected);

	while (rest.len) {
		struct slice mark = SLICE("BOUND");
		bool ours = slice_begins(rest, mark);
		struct slice wanted = ours ? boundary : slice_take(&(struct slice){ rest.at, rest.len }, 1);

		if (!slice_begins(written, wanted))
			return false;
		written = slice_drop(written, wanted.len);
		rest = slice_drop(rest, ours ? mark.len : 1);
	}
	return written.len == 0;
}

static void check_row(const struct row *row, struct arena *arena, struct buffer *to)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view = { 0 };
	struct changes changes;
	struct edits edits;

	buffer_clear(to);
	CHECK(message_read(row->bytes, &reader, DIGESTS_NONE, &view) == OK, row->about);
	CHECK(changes_begin(&changes, row->bytes, &view, &message_limits_standard, arena) == OK, row->about);
	for (size_t i = 0; i < COUNT_OF(row->wanted) && row->wanted[i].what; i++)
		CHECK(want(&changes, &row->wanted[i]) == OK, row->about);
	CHECK(changes_break(&changes) == row->broken, row->about);
	CHECK(changes_finish(&changes, &edits) == OK && write_out(row->bytes, &edits, to) == OK, row->about);
	CHECK(row->after == NULL || is_expected(buffer_slice(to), row->after), row->about);
	if (row->after && !is_expected(buffer_slice(to), row->after))
		printf("got: %.*s\n", SHOW(buffer_slice(to)));
}

static void check_refusals(struct arena *arena)
{
	static const struct slice bytes = LIT("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	                                      "QTogYg0KDQp4DQo=\r\n");
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view = { 0 };
	struct changes changes;
	struct edits edits;

	CHECK(message_read(bytes, &reader, DIGESTS_NONE, &view) == OK && view.count == 2, "a message in base64 is a part");
	CHECK(changes_begin(&changes, bytes, &view, &message_limits_standard, arena) == OK, "changes begin");
	CHECK(changes_replace_part(&changes, nth_part(&view, 1), SLICE("text/plain"), SLICE("x")) == REFUSED,
	      "what had to be decoded has no place in the bytes");
	CHECK(changes_remove_part(&changes, nth_part(&view, 1)) == REFUSED, "nor can it be taken out");
	CHECK(changes_add_field(&changes, SLICE("A: b\r\nC: d")) == REFUSED, "a field is one line");
	CHECK(changes_set_field(&changes, SLICE("A"), SLICE("b\n\nx")) == REFUSED, "a value cannot end the head");
	CHECK(changes_finish(&changes, &edits) == OK && edits.count == 0, "what was refused changes nothing");
}

static void check_folding(struct buffer *to)
{
	buffer_clear(to);
	CHECK(changes_write_line(to, SLICE("X-Long: 456789 123456789 123456789 123456789 123456789 123456789 123456789 "
	                                   "123456789 123456789 end")) == OK, "a long line");
	CHECK(slice_same(buffer_slice(to), SLICE("X-Long: 456789 123456789 123456789 123456789 123456789 123456789 123456789\r\n"
	                                         " 123456789 123456789 end\r\n")), "is folded before a blank");
}

/* A head of many fields and a signature of many names are not asked for each other. */
static void check_many_names(struct arena *arena, struct buffer *bytes)
{
	static const struct { const char *about; bool same; unsigned count, broken; } heads[] = {
		{ "one name, however often", true, 1000, SEAL_DKIM_BODY },
		{ "some names", false, 64, SEAL_DKIM_BODY },
		{ "one more, of which one may be covered", false, 65, SEAL_DKIM },
	};
	struct message_limits limits = message_limits_standard;
	struct changes changes;

	limits.header_count = 2000;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		buffer_clear(bytes);
		CHECK(buffer_add(bytes, SLICE("DKIM-Signature: h=From\r\n")) == OK, "room");
		for (unsigned k = 0; k < heads[i].count; k++)
			CHECK(heads[i].same ? buffer_add(bytes, SLICE("Content-X: 1\r\n")) == OK
			                    : buffer_format(bytes, "Content-X%u: 1\r\n", k) == OK, "room");
		CHECK(buffer_add(bytes, SLICE("\r\nx")) == OK, "room");
		CHECK(changes_begin(&changes, buffer_slice(bytes), NULL, &limits, arena) == OK &&
		      changes_add_part(&changes, PLACE_BEHIND, SLICE("text/plain"), SLICE("y")) == OK, heads[i].about);
		CHECK(changes_break(&changes) == heads[i].broken, heads[i].about);
	}
}

int main(void)
{
	struct arena arena;
	struct buffer to;

	arena_init(&arena, 16 << 20);
	buffer_init(&to, 65536);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], &arena, &to);
	check_refusals(&arena);
	check_folding(&to);
	check_many_names(&arena, &to);
	buffer_finish(&to);
	arena_finish(&arena);
	return TEST_END();
}
