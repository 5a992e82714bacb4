/* SPDX-License-Identifier: Apache-2.0 */
/* Templates and what becomes of them, with strangers' texts that would like to be more than a text. */
#include "mail/message/template.h"

#include "base/test.h"

#include <string.h>

static const struct { struct slice text; const char *complaint; } checks[] = {
	{ LIT("no names at all"), "" },
	{ LIT("100 %% of %subject% from %sender%"), "" },
	{ LIT("%topic%"), "%topic% stands for nothing; there are %sender% %recipients% %subject% %rule% %reason% %action% %id% "
	                  "%hostname%, and %% for a percent sign" },
};

static void check_checks(struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		buffer_clear(complaint);
		CHECK((template_check(checks[i].text, complaint) == OK) == (checks[i].complaint[0] == '\0'), checks[i].text.at);
		CHECK(slice_same(buffer_slice(complaint), slice_of(checks[i].complaint)), checks[i].text.at);
	}
}

static const struct row {
	const char *about;
	struct template template;
	struct slice original;
	const char *has[3];                      /* what stands in the notice */
	const char *lacks;
} rows[] = {
	{ "names stand for what is known", { LIT("About %subject%"), LIT("%sender% to %recipients%: %rule%, %reason%, %action%, %id%, %hostname%\n") },
	  LIT("Subject: cheap pills\r\n\r\n"),
	  { "\r\nSubject: About cheap pills\r\n",
	    "\r\n\r\n<anna@example.net> to <berta@example.org>, <carl@example.org>: viruses, clam: Eicar, quarantine, "
	    "0123456789ABCDEF, mx.example.org\r\n", "\r\nTo: <help@example.org>\r\n" }, NULL },
	{ "no machine answers it", { LIT("s"), LIT("t") }, LIT("A: b\r\n\r\n"),
	  { "\r\nAuto-Submitted: auto-generated\r\n", "\r\nMIME-Version: 1.0\r\n", "Date: " }, NULL },
	{ "a subject in another language is encoded in words", { LIT("Gesperrt: %subject%"), LIT("t") },
	  LIT("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"), { "\r\nSubject: =?utf-8?B?R2VzcGVycnQ6IEdyw7zDn2U=?=\r\n" }, NULL },
	{ "and so is a text, by base64", { LIT("s"), LIT("Gr\xc3\xbc\xc3\x9f""e") }, LIT("A: b\r\n\r\n"),
	  { "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n" }, NULL },
	{ "an encoded line end ends no line", { LIT("%subject%"), LIT("%subject%") },
	  LIT("Subject: =?utf-8?Q?x=0D=0ABcc:_all@example.org?=\r\n\r\n"), { "\r\nSubject: x??Bcc: all@example.org\r\n" },
	  "\nBcc:" },
	{ "a long subject is cut", { LIT("%subject%"), LIT("[%subject%]") },
	  LIT("Subject: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	      "behind\r\n\r\n"), { "\r\n[0123456789" }, "behind" },
	{ "bytes that are no character are none", { LIT("s"), LIT("%subject%") }, LIT("Subject: a\x01z\r\n\r\n"), { "a?z" }, NULL },
	{ "a message without a subject, or a head", { LIT("[%subject%]"), LIT("t") }, LIT("no head\r\n"), { "\r\nSubject: []\r\n" },
	  NULL },
	{ "a percent sign", { LIT("100%%"), LIT("t") }, LIT(""), { "\r\nSubject: 100%\r\n" }, NULL },
};

static struct notice_recipient people[] = { { .address = LIT("berta@example.org") }, { .address = LIT("carl@example.org") } };

static const struct notice request = {
	.kind = NOTICE_OF_RULE, .hostname = LIT("mx.example.org"), .postmaster = LIT("postmaster"), .id = LIT("0123456789ABCDEF"),
	.new_id = LIT("0123456789ABCDEG"), .sender = LIT("help@example.org"), .from = LIT("anna@example.net"),
	.rule = LIT("viruses"), .reason = LIT("clam: Eicar"), .done = LIT("quarantine"), .template = LIT("address"),
	.recipients = people, .recipient_count = COUNT_OF(people) };

static bool stands_in(struct slice whole, const char *text)
{
	return memmem(whole.at, whole.len, text, strlen(text)) != NULL;
}

static void check_row(const struct row *row, struct arena *arena, struct buffer *to)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };

	buffer_clear(to);
	CHECK(notice_by_template(&request, &row->template, &reader, row->original, to) == OK, row->about);
	for (size_t i = 0; i < COUNT_OF(row->has) && row->has[i]; i++)
		CHECK(stands_in(buffer_slice(to), row->has[i]), row->about);
	CHECK(row->lacks == NULL || !stands_in(buffer_slice(to), row->lacks), row->about);
	if (row->has[0] && !stands_in(buffer_slice(to), row->has[0]))
		printf("got: %.*s\n", SHOW(buffer_slice(to)));
}

static void check_requests(struct arena *arena, struct buffer *to)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	const struct template template = { LIT("s"), LIT("t") };
	struct notice other = request, again;
	struct buffer packed;

	buffer_clear(to);
	other.sender = SLICE("");
	CHECK(notice_by_template(&other, &template, &reader, SLICE(""), to) == REFUSED, "nobody is told");
	other = request;
	other.kind = NOTICE_FAILURE;
	CHECK(notice_by_template(&other, &template, &reader, SLICE(""), to) == REFUSED, "a failure notice has words of its own");
	other.kind = NOTICE_OF_RULE;
	other.sender = SLICE("gr\xc3\xbcn@example.org");
	CHECK(notice_by_template(&other, &template, &reader, SLICE(""), to) == OK &&
		  stands_in(buffer_slice(to), "To: <gr\xc3\xbcn@example.org>\r\n"), "an internationalised address is told as it is");
	buffer_clear(to);
	CHECK(notice_compose(&request, SLICE(""), to) == REFUSED, "and this kind has none");
	buffer_init(&packed, 65536);
	CHECK(notice_pack(&request, &packed) == OK && notice_unpack(buffer_slice(&packed), arena, &again) == OK, "it is packed");
	CHECK(slice_same(again.template, request.template) && slice_same(again.from, request.from) &&
		  slice_same(again.done, request.done) && slice_same(again.rule, request.rule), "with all that a template needs");
	buffer_finish(&packed);
}

int main(void)
{
	struct arena arena;
	struct buffer to;

	arena_init(&arena, 16 << 20);
	buffer_init(&to, NOTICE_LIMIT);
	check_checks(&to);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], &arena, &to);
	check_requests(&arena, &to);
	buffer_finish(&to);
	arena_finish(&arena);
	return TEST_END();
}
