/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a field, and the names and addresses that SpamAssassin's reader finds in them: "name|address" for each. */
#include "mail/rules/view_address.h"

#include "base/buffer.h"
#include "base/test.h"

static const struct { const char *about; struct slice value; const char *found; } rows[] = {
	{ "an address", LIT("ann@example.org"), "|ann@example.org" },
	{ "…and its comment", LIT("ann@example.org (Ann Other)"), "Ann Other|ann@example.org" },
	{ "a name", LIT("Ann Other <ann@example.org>"), "Ann Other |ann@example.org" },
	{ "a quoted name", LIT("\"Other, Ann\" <ann@example.org>"), "Other, Ann |ann@example.org" },
	{ "…that holds an address", LIT("\"ann@example.org\" <eve@example.com>"), "ann@example.org |eve@example.com" },
	{ "…with a quote within", LIT("\"a\\\"b\" <c@d.example>"), "a\"b |c@d.example" },
	{ "several, apart by commas and semicolons", LIT("Ann <a@b.example>, c@d.example; <e@f.example>"),
	  "Ann |a@b.example, |c@d.example, |e@f.example" },
	{ "…without blanks", LIT("<a@b.example>,<c@d.example>"), "|a@b.example, |c@d.example" },
	{ "a group", LIT("Friends: a@b.example, c@d.example;"), "|a@b.example, |c@d.example" },
	{ "a group of nobody", LIT("undisclosed-recipients:;"), "" },
	{ "a name alone", LIT("Ann Other"), "Ann Other|" },
	{ "a comma in a bare name", LIT("Other, Ann <ann@example.org>"), "Other|, Ann |ann@example.org" },
	{ "a name before a bare address", LIT("Ann ann@example.org"), "Ann ann@example.org|" },
	{ "a host without a point", LIT("ann@localhost"), "|ann@localhost" },
	{ "a bracket that does not close", LIT("<ann@example.org"), "" },
	{ "one that does not open", LIT("ann@example.org>"), "ann@example.org>|" },
	{ "brackets in brackets", LIT("<<ann@example.org>>"), "" },
	{ "a second address behind the first", LIT("<a@b.example> <c@d.example>"), "|a@b.example" },
	{ "a second at sign", LIT("a@b@c.example"), "|a@b" },
	{ "a blank within", LIT("\"Ann\" <ann @example.org>"), "Ann |" },
	{ "a route", LIT("<@route:ann@example.org>"), "" },
	{ "no blank before the bracket", LIT("Ann<ann@example.org>"), "Ann|ann@example.org" },
	{ "an empty name", LIT("\"\" <a@b.example>"), " |a@b.example" },
	{ "a quoted local part", LIT("\"ann o\"@example.org"), "|\"ann o\"@example.org" },
	{ "an address of numbers", LIT("ann@[192.0.2.1]"), "|ann@[192.0.2.1]" },
	{ "no address in the brackets", LIT("Mail Delivery <MAILER-DAEMON>"), "Mail Delivery |" },
	{ "a comment in the name", LIT("Ann (x) <a@b.example>"), "Ann  |a@b.example" },
	{ "two quoted strings", LIT("\"A\" \"B\" <a@b.example>"), "A B |a@b.example" },
	{ "a quote that does not end", LIT("\"Ann <a@b.example>"), "|a@b.example" },
	{ "a blank before the bracket closes", LIT("Ann <ann@example.org >"), "Ann |ann@example.org" },
	{ "a bracket within brackets", LIT("\"Ann \xc3\xaf\"<123<ann@example.org>"), "Ann \xc3\xaf|" },
	{ "nothing", LIT(""), "" },
	{ "nothing in brackets", LIT("<>"), "" },
};

int main(void)
{
	struct buffer out;

	buffer_init(&out, 65536);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct view_addresses found = { 0 };
		struct arena arena;

		arena_init(&arena, 1 << 20);
		buffer_clear(&out);
		CHECK(view_addresses_read(rows[i].value, &arena, &found) == OK, rows[i].about);
		for (size_t j = 0; j < found.count; j++)
			(void)!buffer_format(&out, "%s%.*s|%.*s", j ? ", " : "", SHOW(found.list[j].name), SHOW(found.list[j].address));
		CHECK(slice_same(buffer_slice(&out), slice_of(rows[i].found)), rows[i].about);
		if (!slice_same(buffer_slice(&out), slice_of(rows[i].found)))
			printf("    it is \"%.*s\"\n", SHOW(buffer_slice(&out)));
		arena_finish(&arena);
	}
	buffer_finish(&out);
	return TEST_END();
}
