/* SPDX-License-Identifier: Apache-2.0 */
/* Notices of each kind, and what must stand in them; and what strangers' bytes must not do to them. */
#include "mail/message/notice.h"

#include "base/test.h"
#include "mail/message/parts.h"

static struct notice_recipient recipients[] = {
	{ LIT("bob@example.net"), LIT("rfc822;Bob@example.net"), LIT("smtp://mx.example.net:25"),
	  LIT("550 5.1.1 no such user"), false, false },
};
static const struct notice sample = {
	.kind = NOTICE_FAILURE, .hostname = LIT("mx1.example.org"), .postmaster = LIT("postmaster"),
	.id = LIT("0123456789ABCDEF"), .envelope_id = LIT("QQ314159"), .sender = LIT("alice@example.org"),
	.arrived = 1700000000, .now = 1700003600, .until = 1700432000, .utc_offset = 3600, .length = 70,
	.recipients = recipients, .recipient_count = 1, .new_id = LIT("FEDCBA9876543210"),
};
#define ORIGINAL "Subject: hello\r\nFrom: alice@example.org\r\n\r\nthe body of it\r\n"

static bool has(struct buffer *notice, const char *text)
{
	struct slice bytes = buffer_slice(notice);

	return memmem(bytes.at, bytes.len, text, strlen(text)) != NULL;
}

static bool lines_are_sound(struct buffer *notice)
{
	struct slice rest = buffer_slice(notice);

	while (rest.len) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.len == 0 || line.at[line.len - 1] != '\r' || line.len > 999 ||
		    slice_has((struct slice){ line.at, line.len - 1 }, '\r'))
			return false;
	}
	return true;
}

static const char *const stands_in[] = {
	"From: Mail Delivery System <postmaster@mx1.example.org>\r\n", "To: <alice@example.org>\r\n",
	"Date: Wed, 15 Nov 2023 00:13:20 +0100\r\n", "Message-ID: <FEDCBA9876543210@mx1.example.org>\r\n",
	"Auto-Submitted: auto-replied\r\n", "MIME-Version: 1.0\r\n", "report-type=delivery-status;",
	"Reporting-MTA: dns; mx1.example.org\r\n", "Original-Envelope-Id: QQ314159\r\n",
	"Arrival-Date: Tue, 14 Nov 2023 23:13:20 +0100\r\n", "Original-Recipient: rfc822;Bob@example.net\r\n",
	"Final-Recipient: rfc822;bob@example.net\r\n", "Action: failed\r\n", "Status: 5.1.1\r\n",
	"Remote-MTA: dns; mx.example.net\r\n", "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
	"Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\n", "the answer: 550 5.1.1 no such user\r\n",
};

static void a_failure(struct buffer *to)
{
	CHECK(notice_compose(&sample, SLICE(ORIGINAL), to) == OK, "a failure notice is composed");
	for (size_t i = 0; i < COUNT_OF(stands_in); i++)
		CHECK(has(to, stands_in[i]), stands_in[i]);
	CHECK(!has(to, "the body of it"), "the body is not returned unasked");
	CHECK(!has(to, "Will-Retry-Until"), "what has failed is not tried again");
	CHECK(lines_are_sound(to), "every line ends in CR LF and is short");
}

static void its_parts(struct buffer *to)
{
	struct message_view view = { 0 };
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	CHECK(message_read(buffer_slice(to), &reader, DIGESTS_NONE, &view) == OK && view.count == 4 && !view.ambiguities,
	      "our own reader finds three parts in it, and nothing ambiguous");
	arena_finish(&arena);
}

static const struct status_row {
	const char *about;
	enum notice_kind kind;
	struct slice reply;
	bool expired;
	const char *wanted;
} statuses[] = {
	{ "the enhanced code of the reply", NOTICE_FAILURE, LIT("552 5.2.2 full"), false, "Status: 5.2.2\r\n" },
	{ "a reply without one", NOTICE_FAILURE, LIT("550 no"), false, "Status: 5.0.0\r\n" },
	{ "a code that is none", NOTICE_FAILURE, LIT("550 5.1.1.1 no"), false, "Status: 5.0.0\r\n" },
	{ "a code of a class that is none", NOTICE_FAILURE, LIT("550 3.1.1 no"), false, "Status: 5.0.0\r\n" },
	{ "no reply at all, and the time is over", NOTICE_FAILURE, LIT(""), true, "Status: 4.4.7\r\n" },
	{ "a delay", NOTICE_DELAY, LIT("451 wait"), false, "Action: delayed\r\nStatus: 4.0.0\r\n" },
	{ "a delay says how long", NOTICE_DELAY, LIT("451 wait"), false,
	  "Will-Retry-Until: Sun, 19 Nov 2023 23:13:20 +0100" },
	{ "a delivery", NOTICE_SUCCESS, LIT("250 2.1.5 ok"), false, "Action: delivered\r\nStatus: 2.1.5\r\n" },
};

static void check_status(const struct status_row *row, struct buffer *to)
{
	struct notice_recipient recipient = recipients[0];
	struct notice notice = sample;

	recipient.reply = row->reply;
	recipient.expired = row->expired;
	notice.kind = row->kind;
	notice.recipients = &recipient;
	buffer_clear(to);
	CHECK(notice_compose(&notice, SLICE(ORIGINAL), to) == OK, row->about);
	CHECK(has(to, row->wanted), row->about);
	recipient.relayed = true;
	buffer_clear(to);
	CHECK(notice_compose(&notice, SLICE(ORIGINAL), to) == OK && has(to, "Action: relayed\r\n"), "relayed");
}

static void hostile(struct buffer *to)
{
	struct notice_recipient recipient = { LIT("x\r\n--b\r\n@y"), LIT("\0\377"), LIT("smtp://\r\nX: y:25"),
					      LIT("550 5.1.1 a\r\nInjected: yes\n=_postern_FEDCBA9876543210_0"),
					      false, false };
	struct notice notice = sample;

	notice.recipients = &recipient;
	buffer_clear(to);
	CHECK(notice_compose(&notice, SLICE("Subject: \377\0\r\n--=_postern_FEDCBA9876543210_1\r\n\r\n"), to) == OK,
	      "strangers' bytes are taken");
	CHECK(!has(to, "\nInjected:") && !has(to, "\nX:"), "but end no line");
	CHECK(has(to, "boundary=\"=_postern_FEDCBA9876543210_2\""), "the boundary is one that stands nowhere inside");
	CHECK(lines_are_sound(to), "every line is sound");
}

static void the_whole_of_it(struct buffer *to)
{
	struct notice notice = sample;

	notice.full = true;
	notice.length = sizeof(ORIGINAL) - 1;
	buffer_clear(to);
	CHECK(notice_compose(&notice, SLICE(ORIGINAL), to) == OK, "asked for whole");
	CHECK(has(to, "Content-Type: message/rfc822\r\n\r\n" ORIGINAL), "it comes whole");
	buffer_clear(to);
	notice.length = 1 << 20;
	CHECK(notice_compose(&notice, SLICE(ORIGINAL), to) == OK && !has(to, "the body of it"),
	      "unless it is not all there");
}

static void too_much(struct buffer *to)
{
	static struct notice_recipient many[5000];
	struct buffer original;
	struct notice notice = sample;

	buffer_init(&original, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = recipients[0];
	while (buffer_add(&original, SLICE("X-Filler: 0123456789 0123456789 0123456789\r\n")) == OK)
		;
	notice.recipients = many;
	notice.recipient_count = COUNT_OF(many);
	buffer_clear(to);
	CHECK(notice_compose(&notice, buffer_slice(&original), to) == OK, "many recipients and a large original");
	CHECK(buffer_length(to) <= NOTICE_LIMIT, "stay within the limit");
	CHECK(has(to, "more recipients\r\n"), "and the others are counted");
	CHECK(has(to, "_0--\r\n"), "and the end stands there");
	buffer_finish(&original);
}

static void packing(struct arena *arena, struct buffer *to)
{
	struct notice back = { 0 };

	buffer_clear(to);
	CHECK(notice_pack(&sample, to) == OK, "a request can be packed");
	CHECK(notice_unpack(buffer_slice(to), arena, &back) == OK && back.recipient_count == 1, "and read again");
	CHECK(slice_same(back.new_id, sample.new_id) && back.until == sample.until && back.utc_offset == 3600, "whole");
	CHECK(back.recipient_count && slice_same(back.recipients[0].reply, recipients[0].reply), "with its recipients");
	for (size_t len = 0; len < buffer_length(to); len++)
		CHECK(notice_unpack((struct slice){ to->bytes, len }, arena, &back) == REFUSED,
		      "cut anywhere is refused");
}

static const struct wide_row {
	const char *about;
	struct slice sender, address, original;
	const char *wanted, *unwanted;
} wide_rows[] = {
	{ "to an ASCII address: the other one is escaped", LIT("alice@example.org"), LIT("gr\xc3\xbcn@example.net"),
	  LIT("utf-8;gr\xc3\xbcn@example.net"), "Original-Recipient: utf-8;gr\\x{FC}n@example.net\r\n"
	  "Final-Recipient: utf-8;gr\\x{FC}n@example.net\r\n", "\xc3" },
	{ "and what looks like an escape too", LIT("alice@example.org"), LIT("\xf0\x9f\x93\xa7+a=\\@example.net"), LIT(""),
	  "Final-Recipient: utf-8;\\x{1F4E7}\\x{2B}a\\x{3D}\\x{5C}@example.net\r\n", "\xf0" },
	{ "an ASCII address is as it is", LIT("alice@example.org"), LIT("a+b=c@example.net"), LIT(""),
	  "Final-Recipient: rfc822;a+b=c@example.net\r\n", "\\x{" },
	{ "to one that is not ASCII: all in UTF-8", LIT("\xc3\xa4nne@example.org"), LIT("gr\xc3\xbcn@example.net"), LIT(""),
	  "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n", "\\x{" },
	{ "its address", LIT("\xc3\xa4nne@example.org"), LIT("bob@example.net"), LIT(""), "To: <\xc3\xa4nne@example.org>\r\n",
	  "?" },
	{ "the recipient's", LIT("\xc3\xa4nne@example.org"), LIT("gr\xc3\xbcn@example.net"), LIT(""),
	  "Final-Recipient: utf-8;gr\xc3\xbcn@example.net\r\n", "?" },
	{ "the original's headers", LIT("\xc3\xa4nne@example.org"), LIT("bob@example.net"), LIT(""),
	  "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: hell\xc3\xb6\r\n", "?" },
	{ "bytes that are no UTF-8, and controls, are none in either", LIT("\xc3\xa4nne@example.org"),
	  LIT("b\xff\xc2\x85\nob@example.net"), LIT(""), "Final-Recipient: utf-8;b????ob@example.net\r\n", "\xff" },
	{ "an ASCII notice has no such bytes", LIT("alice@example.org"), LIT("b\xff\xc2\x85\nob@example.net"), LIT(""),
	  "Final-Recipient: utf-8;b????ob@example.net\r\n", "\xc2" },
};

static void check_wide(const struct wide_row *row, struct buffer *to)
{
	struct notice_recipient recipient = recipients[0];
	struct notice notice = sample;

	recipient.address = row->address;
	recipient.original = row->original;
	notice.sender = row->sender;
	notice.recipients = &recipient;
	buffer_clear(to);
	CHECK(notice_compose(&notice, SLICE("Subject: hell\xc3\xb6\r\n\r\nbody\r\n"), to) == OK, row->about);
	CHECK(has(to, row->wanted), row->about);
	CHECK(strcmp(row->unwanted, "?") == 0 || !has(to, row->unwanted), row->about);
	CHECK(has(to, "8bit") == ((unsigned char)row->sender.at[0] > 127), "8 bits are said where they are");
	CHECK(lines_are_sound(to), row->about);
}

int main(void)
{
	struct buffer to;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&to, (size_t)2 * NOTICE_LIMIT);
	a_failure(&to);
	its_parts(&to);
	for (size_t i = 0; i < COUNT_OF(statuses); i++)
		check_status(&statuses[i], &to);
	for (size_t i = 0; i < COUNT_OF(wide_rows); i++)
		check_wide(&wide_rows[i], &to);
	hostile(&to);
	the_whole_of_it(&to);
	too_much(&to);
	packing(&arena, &to);
	buffer_finish(&to);
	arena_finish(&arena);
	return TEST_END();
}
