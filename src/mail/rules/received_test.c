/* SPDX-License-Identifier: Apache-2.0 */
/* Received fields and what is read of them: "ip rdns helo by ident envfrom id auth", "-" for what is not told. */
#include "mail/rules/received.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/shapes.h"

enum { LIMIT = 16 << 20 };

#define DATE "; Mon, 2 Jan 2023 10:00:00 +0000"

static const struct { const char *about; struct slice line; const char *is; } rows[] = {
	{ "Postfix", LIT("from a.example (b.example [192.0.2.1]) by c.example (Postfix)\n\twith ESMTPS id ABC for <d@example.org>" DATE " (UTC)"),
	  "192.0.2.1 b.example a.example c.example - - ABC -" },
	{ "…that found no name", LIT("from a.example (unknown [192.0.2.1]) by c.example (Postfix) with SMTP id ABC" DATE),
	  "192.0.2.1 - a.example c.example - - ABC - no-rdns" },
	{ "…and IPv6", LIT("from a.example (b.example [IPv6:2001:db8::1]) by c.example (Postfix) with SMTP id ABC" DATE),
	  "2001:db8::1 b.example a.example c.example - - ABC -" },
	{ "…which is IPv4", LIT("from a.example (b.example [::ffff:192.0.2.1]) by c.example (Postfix) with SMTP id ABC" DATE),
	  "192.0.2.1 b.example a.example c.example - - ABC -" },
	{ "…and a password", LIT("from a.example (b.example [192.0.2.1]) (Authenticated sender: ann) by c.example (Postfix) with SMTP id ABC" DATE),
	  "192.0.2.1 b.example a.example c.example - - ABC Postfix" },
	{ "…of another name", LIT("from a.example (b.example [192.0.2.1]) (Authenticated sender: ann) by c.example (Mailer) with SMTP id ABC" DATE),
	  "192.0.2.1 b.example a.example c.example - - ABC Postfix!(Mailer)" },
	{ "a protocol with a password", LIT("from a.example (b.example [192.0.2.1]) by c.example (Postfix) with ESMTPSA id ABC" DATE),
	  "192.0.2.1 b.example a.example c.example - - ABC ESMTPSA" },
	{ "Sendmail", LIT("from a.example (b.example [192.0.2.1] (may be forged)) by c.example (8.14.4/8.14.4) with ESMTP id x12" DATE),
	  "192.0.2.1 b.example a.example c.example - - x12 -" },
	{ "…with an ident", LIT("from a.example (IDENT:ann@b.example [192.0.2.1]) by c.example (8.14.4/8.14.4) with ESMTP id x12" DATE),
	  "192.0.2.1 b.example a.example c.example ann - x12 -" },
	{ "…without a name", LIT("from a.example ([192.0.2.1]) by c.example (8.14.4/8.14.4) with ESMTP id x12" DATE),
	  "192.0.2.1 - a.example c.example - - x12 - no-rdns" },
	{ "…and a password", LIT("from a.example (b.example [192.0.2.1]) (authenticated bits=0) by c.example (8.14.4/8.14.4) with ESMTP id x12" DATE),
	  "192.0.2.1 b.example a.example c.example - - x12 Sendmail" },
	{ "Exim", LIT("from b.example ([192.0.2.1] helo=a.example) by c.example with esmtps (Exim 4.92) (envelope-from <e@example.org>) id 1a-2" DATE),
	  "192.0.2.1 b.example a.example c.example - e@example.org 1a-2 -" },
	{ "…whose helo is the name", LIT("from b.example ([192.0.2.1]) by c.example with esmtps (Exim 4.92) id 1a-2" DATE),
	  "192.0.2.1 b.example b.example c.example - - 1a-2 -" },
	{ "…that found no name", LIT("from [192.0.2.1] (helo=a.example ident=ann) by c.example with esmtp (Exim 4.92) id 1a-2" DATE),
	  "192.0.2.1 - a.example c.example ann - 1a-2 -" },
	{ "…within one machine", LIT("from ann by c.example with local (Exim 4.92) id 1a-2" DATE), "ignored" },
	{ "…in pieces", LIT("from b.example (a.example) [192.0.2.1.2525] (mail) by c.example with esmtp (Exim 3.35 #1) id 1a-2" DATE),
	  "192.0.2.1 b.example a.example c.example - - 1a-2 -" },
	{ "qmail", LIT("from b.example (HELO a.example) (ann@192.0.2.1) by c.example with SMTP; 2 Jan 2023 10:00:00 -0000"),
	  "192.0.2.1 b.example a.example c.example ann - - -" },
	{ "…that found no name", LIT("from unknown (HELO a.example) (192.0.2.1) by c.example with SMTP; 2 Jan 2023 10:00:00 -0000"),
	  "192.0.2.1 - a.example c.example - - - -" },
	{ "…without a helo", LIT("from b.example (192.0.2.1) by c.example with SMTP; 2 Jan 2023 10:00:00 -0000"),
	  "192.0.2.1 b.example b.example c.example - - - -" },
	{ "…with the sender", LIT("from b.example (HELO a.example) (192.0.2.1) (envelope-sender <e@example.org>) by c.example (qmail-ldap-1.03) with SMTP"),
	  "192.0.2.1 b.example a.example c.example - e@example.org - -" },
	{ "…called by a scanner: the sender is the next line's", LIT("from 192.0.2.1 by c.example (envelope-from <e@example.org>, uid 502) with qmail-scanner-1.24"),
	  "ignored e@example.org" },
	{ "…the name being unknown in other letters: it was looked for", LIT("from Unknown (HELO a.example) (192.0.2.1) by c.example with SMTP"),
	  "192.0.2.1 - a.example c.example - - - - no-rdns" },
	{ "smap", LIT("from b.example(192.0.2.1), claiming to be \"a.example\" via SMTP by c.example, id smtpd1"),
	  "192.0.2.1 b.example a.example c.example - - smtpd1 -" },
	{ "…that found no name", LIT("from UNKNOWN(192.0.2.1) via SMTP by c.example, id smtpd1"), "192.0.2.1 - - c.example - - smtpd1 -" },
	{ "…or one that is so in other letters", LIT("from unknown(192.0.2.1) via SMTP by c.example, id smtpd1"),
	  "192.0.2.1 - - c.example - - smtpd1 - no-rdns" },
	{ "a protocol with a password, all of it in any case", LIT("from a.example (b.example [192.0.2.1]) by c.example (Mailer) WITH esmtpa id 1"),
	  "192.0.2.1 b.example a.example c.example - - - esmtpa" },
	{ "…by a page", LIT("from a.example (b.example [192.0.2.1]) by c.example (Mailer) with x id 1 (Via Http)"),
	  "192.0.2.1 b.example a.example c.example - - - Http" },
#define GOOGLE(id) "from a.example (b.example [192.0.2.1]) by mx.google.com with ESMTPS id " id " (version=TLSv1 cipher=AB)"
	{ "Google's own, by its number", LIT(GOOGLE("x9sm1234567abc.5.2023.01.02.03.04.05")),
	  "192.0.2.1 b.example a.example mx.google.com - - x9sm1234567abc.5.2023.01.02.03.04.05 GMail!-!transport=TLSv1!cipher=AB" },
	{ "…with a year of two digits", LIT(GOOGLE("x9sm1234567abc.5.23.01.02.03.04.05")),
	  "192.0.2.1 b.example a.example mx.google.com - - x9sm1234567abc.5.23.01.02.03.04.05 -" },
	{ "…a minute that there is not", LIT(GOOGLE("x9sm1234567abc.5.2023.01.02.03.04.75")),
	  "192.0.2.1 b.example a.example mx.google.com - - x9sm1234567abc.5.2023.01.02.03.04.75 -" },
	{ "…more before its number", LIT(GOOGLE("abcdesm1234567abc.5.2023.01.02.03.04.05")),
	  "192.0.2.1 b.example a.example mx.google.com - - abcdesm1234567abc.5.2023.01.02.03.04.05 -" },
	{ "…and two letters behind it", LIT(GOOGLE("x9sm1234567ab.5.2023.01.02.03.04.05")),
	  "192.0.2.1 b.example a.example mx.google.com - - x9sm1234567ab.5.2023.01.02.03.04.05 -" },
	{ "in capitals, a name that nobody verified", LIT("FROM a.example (unverified [192.0.2.1]) BY c.example ID 12"),
	  "192.0.2.1 - a.example c.example - - 12 - no-rdns" },
	{ "SMTPSVC", LIT("from a.example ([192.0.2.1]) by c.example with Microsoft SMTPSVC(6.0.3790.0)" DATE), "192.0.2.1 - a.example c.example - - - -" },
	{ "…a pickup", LIT("from mail pickup service by c.example with Microsoft SMTPSVC" DATE), "ignored" },
	{ "Exchange, with a zone", LIT("from a.example (fe80::1%4) by c.example (192.0.2.2) with mapi id 15.20.1943.023" DATE),
	  "fe80::1 - a.example c.example - - - -" },
	{ "…that tells its own number as an id", LIT("from a.example (192.0.2.1) by c.example (192.0.2.2) with Microsoft SMTP Server (TLS) 15.1.1.3 id abc" DATE),
	  "192.0.2.1 - a.example c.example - - - -" },
	{ "Domino", LIT("from a.example ([192.0.2.1]) by c.example (Lotus Domino Release 8.5) with ESMTP id ABC" DATE), "192.0.2.1 - a.example c.example - - ABC -" },
	{ "XMail", LIT("from a.example (192.0.2.1:2525) by c.example with [XMail 1.2 ESMTP Server] id <S1> for <d@example.org> from <e@example.org>" DATE),
	  "192.0.2.1 - a.example c.example - e@example.org S1 -" },
	{ "simta, in capitals", LIT("FROM a.example (b.example [192.0.2.1]) BY c.example ID 434B.139 ; 11 Oct 2005 01:41:34 -0400"),
	  "192.0.2.1 b.example a.example c.example - - 434B.139 -" },
	{ "a page to write mail on", LIT("from 192.0.2.1 (SquirrelMail authenticated user ann) by c.example with HTTP" DATE), "192.0.2.1 - - c.example - - - HTTP" },
	{ "a pair of names alone", LIT("from a.example by c.example ;" DATE), "ignored" },
	{ "…but not an address", LIT("from [192.0.2.1] by c.example" DATE), "192.0.2.1 - !192.0.2.1! c.example - - - -" },
	{ "nothing handed over", LIT("by c.example (Postfix, from userid 1000) id ABC" DATE), "ignored" },
	{ "fetched from a mailbox", LIT("from b.example [192.0.2.1] by localhost with POP3 (fetchmail-6.3) for ann@localhost" DATE),
	  "fetched" },
	{ "…by another", LIT("from b.example ... by localhost with IMAP (getmail)" DATE), "fetched" },
	{ "the machine itself", LIT("from localhost (ann@localhost) by c.example (8.14.4/8.14.4) with ESMTP id x12" DATE), "ignored" },
	{ "any form with an address in brackets", LIT("from x: y (z) [192.0.2.1] to by c.example thus"), "192.0.2.1 - x: c.example - - - -" },
	{ "a form that nobody knows", LIT("from x y z"), "unread" },
	{ "…without an address", LIT("from x y z by c.example"), "unread" },
	{ "a header with one more address", LIT("from X-Originating-IP: 192.0.2.1"), "192.0.2.1 - - - - - - -" },
	{ "brackets and blanks in a field", LIT("from a(b (c<d [192.0.2.1]) by e|f (Postfix) with SMTP id A<B"), "192.0.2.1 c!d a!b e!f - - - -" },
	{ "no date that can be taken for a name", LIT("from [192.0.2.1] by c.example" DATE " "), "192.0.2.1 - !192.0.2.1! c.example - - - -" },
	{ "a bracket that touches what follows", LIT("from a.example (b.example [192.0.2.1])by c.example (Postfix) with ESMTP id ABC" DATE),
	  "192.0.2.1 b.example a.example c.example - - ABC -" },
	{ "nothing", LIT(""), "ignored" },
};

static void add_word(struct buffer *out, struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		(void)!buffer_add_byte(out, word.at[i] == ' ' ? '!' : word.at[i]);
	(void)!buffer_add(out, word.len ? SLICE(" ") : SLICE("- "));
}

static struct slice tell(struct buffer *out, enum received_is is, const struct relay *relay)
{
	static const char *const names[] = {
		[RECEIVED_IGNORED] = "ignored ", [RECEIVED_FETCHED] = "fetched ", [RECEIVED_UNREAD] = "unread ", [RECEIVED_LIMIT] = "limit ",
	};
	const struct slice fields[] = { relay->ip, relay->rdns, relay->helo, relay->by, relay->ident, relay->envfrom, relay->id, relay->auth };

	buffer_clear(out);
	for (size_t i = 0; is == RECEIVED_RELAY && i < COUNT_OF(fields); i++)
		add_word(out, fields[i]);
	if (is != RECEIVED_RELAY)
		(void)!buffer_add(out, slice_of(names[is]));
	if (is == RECEIVED_IGNORED && relay->has_envfrom)
		add_word(out, relay->envfrom);
	if (is == RECEIVED_RELAY && relay->no_rdns)
		(void)!buffer_add(out, SLICE("no-rdns "));
	return slice_trim(buffer_slice(out));
}

/* Shapes that could be tried in very many ways on a long line, and are not. */
static void check_limit(void)
{
	static char line[8192];
	enum received_is is = RECEIVED_RELAY;
	struct relay relay;
	struct arena arena;

	memset(line, '[', sizeof(line));
	memcpy(line, "from ", 5);
	for (size_t i = 5; i < sizeof(line); i += 8)
		memcpy(line + i, "x ([1.2]", sizeof(line) - i < 8 ? sizeof(line) - i : 8);
	memcpy(line + 4000, ") authenticated (", 17);
	arena_init(&arena, LIMIT);
	CHECK(received_read((struct slice){ line, sizeof(line) }, &arena, &is, &relay) == OK, "a hostile line is read");
	CHECK(is == RECEIVED_LIMIT || is == RECEIVED_UNREAD, "…and is too much work, or of no form");
	arena_finish(&arena);
}

static const struct { const char *about, *shape, *line; bool matches; unsigned most; } shapes[] = {
	{ "a shape that is nothing matches anything", "^", "abc", true, 1 },
	{ "a word is taken back until the rest fits", "^%w[%o]%$", "a[b[192.0.2.1]", true, 100 },
	{ "an optional part is left out where it does not fit", "^%(ab%)%(abc%)%$", "abc", true, 20 },
	{ "anywhere", "b%#%$", "b1b2b3", true, 20 },
	{ "capitals count", "a%z%$", "AbC", false, 20 },
	{ "…or do not", "!^aB%zC%$", "AbxC", true, 20 },
	{ "a line end is no blank, and no character", "a%*c", "ab\nc", false, 20 },
	{ "steps are counted, and end it", "^%*%*%*%*%*%*x%$", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", false, 20000 },
};

static void check_shapes(void)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		struct shape_line line = { slice_of(shapes[i].line), shapes[i].most };
		struct shape_found found = { 0 };

		CHECK(shape_match(shapes[i].shape, &line, &found) == shapes[i].matches, shapes[i].about);
	}
}

/* Longer than a number of 16 bits. */
static void check_long(void)
{
	static char text[70001];
	struct shape_line line = { { text, sizeof(text) }, SHAPE_STEPS };
	struct shape_found found = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = ';';
	CHECK(shape_match("^{b%w}%$", &line, &found) && found.field[FIELD_BY].len == sizeof(text), "a long word is one");
	CHECK(shape_match("^%+;%$", &line, &found), "…and is taken back by one");
	line.steps = 100;
	CHECK(!shape_match("^%w%$", &line, &found) && line.steps == 0, "…for as much work as it is");
}

static enum result read_one(struct arena *arena)
{
	enum received_is is;
	struct relay relay;

	return received_read(rows[4].line, arena, &is, &relay);
}

static const struct torture short_of_memory = { "every allocation of a line fails once", read_one, LATER };

int main(void)
{
	struct buffer out;

	buffer_init(&out, 65536);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum received_is is = RECEIVED_LIMIT;
		struct relay relay = { 0 };
		struct slice told;
		struct arena arena;

		arena_init(&arena, LIMIT);
		CHECK(received_read(rows[i].line, &arena, &is, &relay) == OK, rows[i].about);
		told = tell(&out, is, &relay);
		CHECK(slice_same(told, slice_of(rows[i].is)), rows[i].about);
		if (!slice_same(told, slice_of(rows[i].is)))
			printf("    it is \"%.*s\"\n", SHOW(told));
		arena_finish(&arena);
	}
	check_shapes();
	check_limit();
	check_long();
	torture(&short_of_memory);
	buffer_finish(&out);
	return TEST_END();
}
