/* SPDX-License-Identifier: Apache-2.0 */
/* Replies as servers send them, as rows of lines. */
#include "mail/smtp/reply.h"

#include "base/test.h"

static const struct talk {
	const char *about;
	struct slice lines[4];
	enum result end;            /* of the last line; those before must be AGAIN */
	unsigned code;
	const char *text;
} talks[] = {
	{ "one line", { LIT("250 2.0.0 fine") }, OK, 250, "250 2.0.0 fine" },
	{ "a bare code", { LIT("250") }, OK, 250, "250" },
	{ "a code and a space", { LIT("354 ") }, OK, 354, "354" },
	{ "three lines", { LIT("250-a"), LIT("250-b"), LIT("250 c") }, OK, 250, "250 a b c" },
	{ "a code that changes", { LIT("250-a"), LIT("550 b") }, REFUSED, 250, "250 a" },
	{ "two digits", { LIT("25") }, REFUSED, 0, "" },
	{ "letters", { LIT("HTTP/1.1 200 OK") }, REFUSED, 0, "" },
	{ "below 200", { LIT("199 x") }, REFUSED, 0, "" },
	{ "above 599", { LIT("600 x") }, REFUSED, 0, "" },
	{ "four digits", { LIT("2500 x") }, REFUSED, 0, "" },
	{ "a sign", { LIT("+50 x") }, REFUSED, 0, "" },
	{ "nothing", { LIT("") }, REFUSED, 0, "" },
	{ "control bytes become question marks", { LIT("550 a\0b\x1b\xff") }, OK, 550, "550 a?b??" },
};

static void check_limits(void)
{
	static char wide[2 * REPLY_TEXT];
	struct reply reply;

	for (size_t i = 0; i < sizeof(wide); i++)
		wide[i] = "250-"[i < 4 ? i : 3];
	reply_init(&reply);
	CHECK(reply_line(&reply, (struct slice){ wide, sizeof(wide) }) == AGAIN, "a wide line is cut");
	CHECK(reply_slice(&reply).len == REPLY_TEXT, "at its limit");
	for (size_t i = 1; i < REPLY_LINES; i++)
		CHECK(reply_line(&reply, SLICE("250-more")) == AGAIN, "many lines");
	CHECK(reply_line(&reply, SLICE("250 end")) == REFUSED, "too many lines");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		struct reply reply;
		size_t last = 0;

		while (last < 3 && talks[i].lines[last + 1].at)
			last++;
		reply_init(&reply);
		for (size_t line = 0; line < last; line++)
			CHECK(reply_line(&reply, talks[i].lines[line]) == AGAIN, talks[i].about);
		CHECK(reply_line(&reply, talks[i].lines[last]) == talks[i].end, talks[i].about);
		CHECK(reply.code == talks[i].code && slice_same(reply_slice(&reply), slice_of(talks[i].text)),
		      talks[i].about);
	}
	check_limits();
	return TEST_END();
}
