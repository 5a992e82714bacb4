/* SPDX-License-Identifier: Apache-2.0 */
/* Address lists as people type them, and heads as programs write them. */
#include "base/test.h"
#include "cli/letter.h"

static const struct list_row {
	const char *about;
	struct slice value, addresses;      /* separated by | ; "!": refused */
} lists[] = {
	{ "one address",                   LIT(" a@b"),                         LIT("a@b") },
	{ "two addresses",                 LIT(" a@b, c@d"),                    LIT("a@b|c@d") },
	{ "a name and an address",         LIT(" A Person <a@b>"),              LIT("a@b") },
	{ "a name in quotes with a comma", LIT(" \"P, A\" <a@b>, c@d"),         LIT("a@b|c@d") },
	{ "a comment with a comma",        LIT(" a@b (first, of two), c@d"),    LIT("a@b|c@d") },
	{ "a comment in a comment",        LIT(" (a (b) \\) c) a@b"),           LIT("a@b") },
	{ "a group",                       LIT("friends: a@b, c@d;, e@f"),      LIT("a@b|c@d|e@f") },
	{ "an empty group is nobody",      LIT("undisclosed-recipients:;"),     LIT("") },
	{ "a source route is dropped",     LIT("<@x,@y:a@b>"),                  LIT("a@b") },
	{ "a folded list",                 LIT(" a@b,\r\n c@d\r\n"),            LIT("a@b|c@d") },
	{ "a quoted local part",           LIT("\"a b\"@c"),                    LIT("\"a b\"@c") },
	{ "spaces around the at",          LIT("a @ b"),                        LIT("a@b") },
	{ "empty places between commas",   LIT(", ,a@b,,"),                     LIT("a@b") },
	{ "a bare name is kept",           LIT("root"),                         LIT("root") },
	{ "two words are no address",      LIT("a b"),                          LIT("!") },
	{ "an open quote is no list",      LIT("\"a@b"),                        LIT("!") },
	{ "an open comment is no list",    LIT("a@b (x"),                       LIT("!") },
	{ "an open angle is no list",      LIT("<a@b"),                         LIT("!") },
	{ "a control byte is refused",     LIT("a\001@b"),                      LIT("!") },
	{ "text behind the angle",         LIT("<a@b> c"),                      LIT("!") },
};

static bool list_is(const struct list_row *row)
{
	static struct recipients got;
	struct arena arena;
	struct slice wanted = row->addresses;
	bool same = true;

	got.count = 0;
	arena_init(&arena, 100000);
	if (letter_addresses(row->value, &arena, &got) != OK) {
		arena_finish(&arena);
		return slice_same(wanted, SLICE("!"));
	}
	for (size_t i = 0; i < got.count; i++)
		same = same && slice_same(slice_cut(&wanted, '|'), got.list[i]);
	arena_finish(&arena);
	return same && wanted.len == 0;
}

static const struct head_row {
	const char *about;
	struct slice message, head, body;
	bool from, date, id;
} heads[] = {
	{ "head and body", LIT("From: a@b\nDate: x\nMessage-Id: y\n\ntext\n"),
	  LIT("From: a@b\nDate: x\nMessage-Id: y\n"), LIT("\ntext\n"), true, true, true },
	{ "Bcc is taken out, folded too", LIT("To: a@b\r\nBcc: c@d,\r\n e@f\r\nSubject: s\r\n\r\ntext"),
	  LIT("To: a@b\r\nSubject: s\r\n"), LIT("\r\ntext"), false, false, false },
	{ "text without a head", LIT("hello there\nyou\n"), LIT(""), LIT("hello there\nyou\n"), false, false, false },
	{ "a head alone", LIT("To: a@b"), LIT("To: a@b"), LIT(""), false, false, false },
	{ "nothing at all", LIT(""), LIT(""), LIT(""), false, false, false },
	{ "a line without colon ends the head", LIT("To: a@b\nhello: you there\nno head\n"),
	  LIT("To: a@b\nhello: you there\n"), LIT("no head\n"), false, false, false },
};

static bool head_is(const struct head_row *row)
{
	struct letter letter = letter_look(row->message);
	struct buffer head;
	bool same;

	buffer_init(&head, 10000);
	same = letter_head(&letter, &head) == OK && slice_same(buffer_slice(&head), row->head)
	       && slice_same(letter.body, row->body) && letter.has_from == row->from
	       && letter.has_date == row->date && letter.has_id == row->id;
	buffer_finish(&head);
	return same;
}

static void test_recipients(void)
{
	static struct recipients got;
	struct letter letter = letter_look(SLICE("To: a@b\nSubject: x@y\ncc : c@d\nBCC: e@f\n\nTo: g@h\n"));
	struct arena arena;

	arena_init(&arena, 100000);
	CHECK(letter_recipients(&letter, &arena, &got) == OK && got.count == 3, "To, Cc and Bcc of the head, no more");
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		CHECK(list_is(&lists[i]), lists[i].about);
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		CHECK(head_is(&heads[i]), heads[i].about);
	test_recipients();
	return TEST_END();
}
