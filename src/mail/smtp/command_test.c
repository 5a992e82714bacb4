/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of MAIL and RCPT, as rows: what they say, or the reply that refuses them. */
#include "mail/smtp/command.h"

#include "mail/smtp/envelope.h"

#include "base/test.h"

enum { EVERYTHING = COMMAND_SIZE | COMMAND_BODY | COMMAND_UTF8 | COMMAND_DSN };

static const struct mail_row {
	const char *about;
	struct slice argument;
	unsigned offered;
	const char *reply;          /* NULL: taken */
	const char *sender;
	uint64_t size;
	bool eight_bit;
} mails[] = {
	{ "a sender", LIT("FROM:<a@b>"), 0, NULL, "a@b", 0, false },
	{ "a space is forgiven", LIT("from: <a@b>  "), 0, NULL, "a@b", 0, false },
	{ "nobody", LIT("FROM:<>"), 0, NULL, "", 0, false },
	{ "size", LIT("FROM:<a@b> SIZE=1000"), COMMAND_SIZE, NULL, "a@b", 1000, false },
	{ "size 0", LIT("FROM:<a@b> SIZE=0"), COMMAND_SIZE, NULL, "a@b", 0, false },
	{ "size 2^31", LIT("FROM:<a@b> SIZE=2147483648"), COMMAND_SIZE, NULL, "a@b", 2147483648, false },
	{ "size 2^63", LIT("FROM:<a@b> SIZE=9223372036854775808"), COMMAND_SIZE, NULL, "a@b", UINT64_C(1) << 63,
	  false },
	{ "size 2^64", LIT("FROM:<a@b> SIZE=18446744073709551616"), COMMAND_SIZE, NULL, "a@b", UINT64_MAX, false },
	{ "size of 21 digits", LIT("FROM:<a@b> SIZE=000000000000000000001"), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "size below zero", LIT("FROM:<a@b> SIZE=-1"), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "size in hex", LIT("FROM:<a@b> SIZE=0x10"), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "size without a number", LIT("FROM:<a@b> SIZE="), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "size twice", LIT("FROM:<a@b> SIZE=1 SIZE=1"), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "size was not offered", LIT("FROM:<a@b> SIZE=1"), 0, "555 5.5.4", 0, 0, false },
	{ "eight bits", LIT("FROM:<a@b> BODY=8bitmime SIZE=5"), COMMAND_BODY | COMMAND_SIZE, NULL, "a@b", 5, true },
	{ "seven bits", LIT("FROM:<a@b> BODY=7BIT"), COMMAND_BODY, NULL, "a@b", 0, false },
	{ "binary", LIT("FROM:<a@b> BODY=BINARYMIME"), COMMAND_BODY, "501 5.5.4", 0, 0, false },
	{ "an unknown word", LIT("FROM:<a@b> X=1"), EVERYTHING, "555 5.5.4", 0, 0, false },
	{ "AUTH= is not offered", LIT("FROM:<a@b> AUTH=<>"), EVERYTHING, "555 5.5.4", 0, 0, false },
	{ "something glued to the path", LIT("FROM:<a@b>@c"), 0, "501 5.5.4", 0, 0, false },
	{ "no path", LIT("FROM:"), 0, "501 5.1.7", 0, 0, false },
	{ "no colon", LIT("FROM <a@b>"), 0, "501 5.1.7", 0, 0, false },
	{ "nothing", LIT(""), 0, "501 5.1.7", 0, 0, false },
	{ "NUL", LIT("FROM:<a@b> SIZE=1\0"), COMMAND_SIZE, "501 5.5.4", 0, 0, false },
	{ "UTF-8 without its word", LIT("FROM:<\xc3\xbc@b>"), COMMAND_UTF8, "553 5.6.7", 0, 0, false },
	{ "UTF-8 with its word", LIT("FROM:<\xc3\xbc@b> SMTPUTF8"), COMMAND_UTF8, NULL, "\xc3\xbc@b", 0, false },
	{ "UTF-8 with a value", LIT("FROM:<a@b> SMTPUTF8="), COMMAND_UTF8, "501 5.5.4", 0, 0, false },
	{ "an envelope id", LIT("FROM:<a@b> ENVID=a+2Bb RET=HDRS"), COMMAND_DSN, NULL, "a@b", 0, false },
	{ "NUL in an envelope id", LIT("FROM:<a@b> ENVID=a+00"), COMMAND_DSN, "501 5.5.4", 0, 0, false },
	{ "LF in an envelope id", LIT("FROM:<a@b> ENVID=a+0A"), COMMAND_DSN, "501 5.5.4", 0, 0, false },
	{ "CR in an envelope id", LIT("FROM:<a@b> ENVID=a+0D"), COMMAND_DSN, "501 5.5.4", 0, 0, false },
	{ "a cut code", LIT("FROM:<a@b> ENVID=a+2"), COMMAND_DSN, "501 5.5.4", 0, 0, false },
	{ "return what?", LIT("FROM:<a@b> RET=ALL"), COMMAND_DSN, "501 5.5.4", 0, 0, false },
};

static const struct rcpt_row {
	const char *about, *argument;
	const char *reply, *recipient, *original;
	uint8_t notify;
} rcpts[] = {
	{ "a recipient", "TO:<a@b>", NULL, "a@b", "", 0 },
	{ "postmaster", "TO:<postmaster>", NULL, "postmaster", "", 0 },
	{ "nobody receives nothing", "TO:<>", "501 5.1.3", 0, 0, 0 },
	{ "notices", "TO:<a@b> NOTIFY=FAILURE,DELAY", NULL, "a@b", "", NOTIFY_FAILURE | NOTIFY_DELAY },
	{ "never and failure", "TO:<a@b> NOTIFY=NEVER,FAILURE", "501 5.5.4", 0, 0, 0 },
	{ "failure twice", "TO:<a@b> NOTIFY=FAILURE,FAILURE", "501 5.5.4", 0, 0, 0 },
	{ "an empty notice", "TO:<a@b> NOTIFY=", "501 5.5.4", 0, 0, 0 },
	{ "original", "TO:<a@b> ORCPT=rfc822;x+40y", NULL, "a@b", "rfc822;x@y", 0 },
	{ "xtext has large letters", "TO:<a@b> ORCPT=rfc822;x+4ay", "501 5.5.4", 0, 0, 0 },
	{ "xtext has no NUL", "TO:<a@b> ORCPT=rfc822;x+00y", "501 5.5.4", 0, 0, 0 },
	{ "xtext has no CR", "TO:<a@b> ORCPT=rfc822;x+0Dy", "501 5.5.4", 0, 0, 0 },
	{ "xtext that ends too early", "TO:<a@b> ORCPT=rfc822;x+4", "501 5.5.4", 0, 0, 0 },
	{ "percent is no escape", "TO:<a@b> ORCPT=rfc822;a%0ab", NULL, "a@b", "rfc822;a%0ab", 0 },
	{ "an original twice", "TO:<a@b> ORCPT=rfc822;a ORCPT=rfc822;b", "501 5.5.4", 0, 0, 0 },
	{ "RET belongs to MAIL", "TO:<a@b> RET=FULL", "555 5.5.4", 0, 0, 0 },
	{ "UTF-8 was not asked for", "TO:<\xc3\xbc@b>", "553 5.6.7", 0, 0, 0 },
	{ "original with LF", "TO:<a@b> ORCPT=rfc822;x+0Ay", "501 5.5.4", 0, 0, 0 },
	{ "original without type", "TO:<a@b> ORCPT=x@y", "501 5.5.4", 0, 0, 0 },
	{ "something glued", "TO:<u@D>@N", "501 5.5.4", 0, 0, 0 },
};

static void check_mails(struct arena *arena)
{
	for (size_t i = 0; i < COUNT_OF(mails); i++) {
		const struct mail_row *row = &mails[i];
		struct mail_command mail = { 0 };
		const char *reply = "";
		enum result end = command_mail(row->argument, row->offered, arena, &mail, &reply);

		CHECK((end == OK) == (row->reply == NULL), row->about);
		if (row->reply)
			CHECK(slice_begins(slice_of(reply), slice_of(row->reply)), row->about);
		else
			CHECK(slice_same(mail.sender.whole, slice_of(row->sender)) && mail.size == row->size &&
			      mail.eight_bit == row->eight_bit, row->about);
	}
}

static void check_rcpts(struct arena *arena)
{
	for (size_t i = 0; i < COUNT_OF(rcpts); i++) {
		const struct rcpt_row *row = &rcpts[i];
		struct rcpt_command rcpt = { 0 };
		const char *reply = "";
		enum result end = command_rcpt(slice_of(row->argument), EVERYTHING, false, arena, &rcpt, &reply);

		CHECK((end == OK) == (row->reply == NULL), row->about);
		if (row->reply)
			CHECK(slice_begins(slice_of(reply), slice_of(row->reply)), row->about);
		else
			CHECK(slice_same(rcpt.recipient.whole, slice_of(row->recipient)) &&
				  slice_same(rcpt.original, slice_of(row->original)) && rcpt.notify == row->notify,
			      row->about);
	}
}

static const struct bdat_row {
	const char *about, *argument;
	enum result end;
	const char *reply;
	uint64_t size;
	bool last;
} bdats[] = {
	{ "a chunk", "86", OK, NULL, 86, false },
	{ "the last", "86 LAST", OK, NULL, 86, true },
	{ "nothing, and the last", "0 last", OK, NULL, 0, true },
	{ "noughts in front", "00000001", OK, NULL, 1, false },
	{ "the largest number", "18446744073709551615", OK, NULL, UINT64_MAX, false },
	{ "one more", "18446744073709551616", REFUSED, "501", 0, false },
	{ "a wrong word has a length all the same", "5 LASTX", OK, "501", 5, false },
	{ "a word too many", "5 LAST 6", OK, "501", 5, false },
	{ "nothing at all", "", REFUSED, "501", 0, false },
	{ "a plus", "+1", REFUSED, "501", 0, false },
	{ "a minus", "-1", REFUSED, "501", 0, false },
	{ "hex", "0x10", REFUSED, "501", 0, false },
	{ "the word first", "LAST 5", REFUSED, "501", 0, false },
	{ "a tab is no space", "5\tLAST", REFUSED, "501", 0, false },
};

static void check_bdats(void)
{
	for (size_t i = 0; i < COUNT_OF(bdats); i++) {
		const struct bdat_row *row = &bdats[i];
		struct bdat_command bdat = { 0 };
		const char *reply = "";

		CHECK(command_bdat(slice_of(row->argument), &bdat, &reply) == row->end, row->about);
		CHECK(bdat.size == row->size && bdat.last == row->last, row->about);
		CHECK((reply == NULL) == (row->reply == NULL), row->about);
		if (row->reply && reply)
			CHECK(slice_begins(slice_of(reply), slice_of(row->reply)), row->about);
	}
}

int main(void)
{
	struct mail_command mail;
	struct arena arena;
	const char *reply;

	arena_init(&arena, 65536);
	check_mails(&arena);
	check_rcpts(&arena);
	check_bdats();
	CHECK(command_mail(SLICE("FROM:<a@b> ENVID=x+3Dy"), COMMAND_DSN, &arena, &mail, &reply) == OK &&
	      slice_same(mail.envelope_id, SLICE("x=y")), "xtext is decoded");
	CHECK(command_helo(SLICE("mail.example")) == OK, "a name");
	CHECK(command_helo(SLICE("[192.0.2.1]")) == OK, "a literal");
	CHECK(command_helo(SLICE("a b")) == REFUSED, "two names");
	CHECK(command_helo(SLICE("")) == REFUSED, "no name");
	CHECK(command_helo(SLICE("a\x1b[m")) == REFUSED, "an escape");
	CHECK(command_helo(SLICE("a\0b")) == REFUSED, "NUL");
	CHECK(command_helo(SLICE("\xc3\xbc")) == REFUSED, "eight bits");
	arena_finish(&arena);
	return TEST_END();
}
