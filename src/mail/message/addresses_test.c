/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a field, and its addresses: "address (name)", "also" before what another reader finds. */
#include "mail/message/addresses.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"

enum { DIFFERENT = ADDRESS_BROKEN | ADDRESS_DIFFERS };

static const struct row { const char *about; struct slice value; const char *found; unsigned faults; } rows[] = {
	{ "an address alone", LIT("a@example.org"), "a@example.org;", 0 },
	{ "a name and an address", LIT("Ann Lee <a@example.org>"), "a@example.org (Ann Lee);", 0 },
	{ "a name in quotes", LIT("\"Lee, Ann\" <a@example.org>"), "a@example.org (Lee, Ann);", 0 },
	{ "a quote within quotes", LIT("\"Ann \\\"A\\\" Lee\" <a@b>"), "a@b (Ann \"A\" Lee);", 0 },
	{ "a name with a dot, which is obsolete", LIT("Ann B. Lee <a@b>"), "a@b (Ann B. Lee);", 0 },
	{ "a name as a comment", LIT("a@b (Ann Lee)"), "a@b (Ann Lee);", 0 },
	{ "comments in comments", LIT("a@b (Ann (not <c@d) Lee)"), "a@b (Ann (not <c@d) Lee);", 0 },
	{ "a name that is encoded", LIT("=?utf-8?q?Andr=C3=A9?= <a@b>"), "a@b (Andr\xc3\xa9);", 0 },
	{ "a name that is encoded within quotes", LIT("\"=?utf-8?q?Andr=C3=A9?=\" <a@b>"), "a@b (Andr\xc3\xa9);", 0 },
	{ "a comma that should have been encoded cuts the name", LIT("=?utf-8?q?Lee,_Ann?= <a@b>"), "a@b (_Ann?=);", 0 },
	{ "folded", LIT("Ann\r\n Lee\r\n\t<a@b>"), "a@b (Ann Lee);", 0 },
	{ "two addresses", LIT("a@b, Ann <c@d>"), "a@b;c@d (Ann);", 0 },
	{ "a group", LIT("Team: a@b, Ann <c@d>;"), "a@b;c@d (Ann);", 0 },
	{ "a group of nobody", LIT("undisclosed-recipients:;"), "", 0 },
	{ "empty places in a list", LIT(", a@b,, c@d,"), "a@b;c@d;", 0 },
	{ "semicolons, as some write them", LIT("a@b; c@d"), "a@b;c@d;", 0 },
	{ "blanks around dots and @, which is obsolete", LIT("a . b @ c . d"), "a.b@c.d;", 0 },
	{ "blanks within brackets", LIT("< a@b >"), "a@b;", 0 },
	{ "the domain in lower case, the rest as it is", LIT("Ann@EXAMPLE.Org"), "Ann@example.org;", 0 },
	{ "quotes that are needed", LIT("\"a b\"@c"), "\"a b\"@c;", 0 },
	{ "quotes that are not", LIT("\"a.b\"@c"), "a.b@c;", 0 },
	{ "an @ within quotes", LIT("<\"a@x\"@c>"), "\"a@x\"@c;", 0 },
	{ "a domain in brackets", LIT("a@[IPv6:2001:db8::1]"), "a@[ipv6:2001:db8::1];", 0 },
	{ "UTF-8", LIT("J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbc.example>"), "j\xc3\xb6rg@b\xc3\xbc.example (J\xc3\xb6rg);", 0 },
	{ "IDN in ASCII", LIT("J <j@XN--BCHER-KVA.example>"), "j@xn--bcher-kva.example (J);", 0 },
	{ "IDN, both ways to write one domain", LIT("j@b\xc3\xbc.example, j@xn--b-xga.example"), "j@b\xc3\xbc.example;j@xn--b-xga.example;", 0 },
	{ "IDN in a group", LIT("T\xc3\xa4m: j@b\xc3\xbc.example;"), "j@b\xc3\xbc.example;", 0 },
	{ "IDN behind a route", LIT("<@r\xc3\xbc.example:j@b\xc3\xbc.example>"), "j@b\xc3\xbc.example;", DIFFERENT },
	{ "IDN and a comment", LIT("j@b\xc3\xbc.example (K\xc3\xbcrzel)"), "j@b\xc3\xbc.example (K\xc3\xbcrzel);", 0 },
	{ "IDN as an encoded word, which no grammar allows", LIT("J <j@=?utf-8?q?b=C3=BC?=.example>"),
	  "j@=?utf-8?q?b=c3=bc?=.example (J);also j@b\xc3\xbc.example (J);", ADDRESS_DIFFERS },
	{ "a comment in a group", LIT("Team (all of it): a@b (Ann), (Lee) c@d; (end)"), "a@b (Ann);c@d (Lee);", 0 },
	{ "a group in a group, which there is not", LIT("A: B: a@b;;"), "a@b;", 0 },
	{ "a route of several, with blanks", LIT("Ann <@x , @y : a@b>"), "a@b (Ann);", DIFFERENT },
	{ "Latin letters as they are", LIT("J\xf6rg <a@b>"), "a@b (J\xc3\xb6rg);", 0 },
	{ "a word alone is no address", LIT("root"), "", 0 },
	{ "nothing", LIT(""), "", 0 },
	{ "nothing in brackets", LIT("Ann <>"), "", 0 },
	{ "the address itself as its name", LIT("a@b.example <a@b.example>"), "a@b.example (a@b.example);", ADDRESS_BROKEN },
	{ "another address in a name with quotes, without brackets", LIT("\"x@y.example\" <a@b>"), "a@b (x@y.example);", 0 },
	{ "a name with an @", LIT("Sales @ Example <a@b>"), "a@b (Sales @ Example);", 0 },

	{ "two pairs of brackets", LIT("<a@b> <c@d>"), "a@b;also c@d;", ADDRESS_DIFFERS },
	{ "brackets behind an address", LIT("a@b.example<c@d>"), "c@d (a@b.example);also a@b.example (a@b.example);", DIFFERENT },
	{ "an address behind brackets", LIT("<a@b>c@d.example"), "a@b (c@d.example);also c@d.example (c@d.example);", DIFFERENT },
	{ "brackets within quotes", LIT("\"Ann <x@y>\" <a@b>"), "a@b (Ann <x@y>);also x@y (Ann <x@y>);", ADDRESS_DIFFERS },
	{ "brackets within quotes, the same address", LIT("\"Ann <a@b>\" <a@b>"), "a@b (Ann <a@b>);", 0 },
	{ "brackets within a comment", LIT("a@b (Ann <x@y>)"), "a@b (Ann <x@y>);also x@y (Ann <x@y>);", ADDRESS_DIFFERS },
	{ "brackets in an encoded name", LIT("=?utf-8?q?Ann_=3Cx=40y=3E?= <a@b>"), "a@b (Ann <x@y>);also x@y (Ann <x@y>);",
	  ADDRESS_DIFFERS },
	{ "an encoded word as an address", LIT("<=?utf-8?q?x=40y?=@b>"), "=?utf-8?q?x=40y?=@b;also x@y@b;", DIFFERENT },
	{ "all is encoded", LIT("=?utf-8?q?Ann_=3Cx=40y=3E?="), "x@y;", DIFFERENT },
	{ "a route", LIT("<@x,@y:a@b>"), "a@b;", DIFFERENT },
	{ "a comment within brackets", LIT("<a@b(.x.example)>"), "a@b;", ADDRESS_DIFFERS },
	{ "two in one pair of brackets", LIT("<a@b, c@d>"), "a@b;", DIFFERENT },
	{ "two @", LIT("<a@b@c>"), "a@b@c;", DIFFERENT },
	{ "two words that are addresses", LIT("a@b c@d"), "a@b;also c@d;", DIFFERENT },
	{ "a dot joins what blanks part", LIT("Ann. a@b"), "Ann.a@b;also a@b;", DIFFERENT },
	{ "brackets that nobody closes", LIT("Ann <a@b"), "a@b;", ADDRESS_BROKEN },
	{ "a bracket too many", LIT("<<a@b>"), "a@b;", ADDRESS_BROKEN },
	{ "a quote that nobody closes", LIT("\"Ann <a@b>"), "a@b (Ann);", ADDRESS_BROKEN },
	{ "a comment that nobody closes", LIT("(Ann <a@b>"), "a@b (Ann);", ADDRESS_BROKEN },
	{ "a name without brackets", LIT("Ann a@b"), "a@b;", ADDRESS_BROKEN },
	{ "a comma in a name without quotes", LIT("Lee, Ann <a@b>"), "a@b (Ann);", 0 },
	{ "blanks within an address", LIT("<a b@c>"), "ab@c;", ADDRESS_BROKEN },
	{ "a control character", LIT("<a\x01@b>"), "a\x01@b;", ADDRESS_BROKEN },
	{ "nothing before the @", LIT("<@b>"), "", 0 },
	{ "nothing before two @, behind a bracket", LIT("<<@a@b>"), "", 0 },
	{ "nothing behind it", LIT("<a@>"), "", 0 },
};

static void describe(const struct addresses *found, struct buffer *to)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct mail_address *one = &found->list[i];

		CHECK(buffer_format(to, "%s%.*s", one->other ? "also " : "", SHOW(one->address)) == OK, "room");
		CHECK(one->name.len == 0 || buffer_format(to, " (%.*s)", SHOW(one->name)) == OK, "room");
		CHECK(buffer_add_byte(to, ';') == OK, "room");
	}
}

static void check_row(const struct row *row)
{
	struct addresses found = { 0 };
	struct buffer seen;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	bool good;

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(addresses_read(&reader, row->value, &found) == OK, row->about);
	describe(&found, &seen);
	good = slice_same(buffer_slice(&seen), slice_of(row->found)) && found.faults == row->faults;
	CHECK(good, row->about);
	if (!good)
		printf("  it is %.*s, %u\n", SHOW(buffer_slice(&seen)), found.faults);
	buffer_finish(&seen);
	arena_finish(&arena);
}

static const struct { const char *about; size_t limit, count; unsigned faults; } ceilings[] = {
	{ "one fewer than the limit", 4, 3, 0 },
	{ "as many as the limit", 3, 3, 0 },
	{ "one more than the limit", 2, 2, ADDRESS_MORE },
};

static void check_ceiling(size_t row)
{
	const struct message_limits limits = { .addresses = ceilings[row].limit };
	struct addresses found = { 0 };
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	arena_init(&arena, 1 << 20);
	CHECK(addresses_read(&reader, SLICE("a@b, c@d, e@f"), &found) == OK, ceilings[row].about);
	CHECK(found.count == ceilings[row].count && found.faults == ceilings[row].faults, ceilings[row].about);
	arena_finish(&arena);
}

/* Brackets of one kind without end: were each looked for anew, this would not end today. */
static const char *const walls[] = { "(", "<", "\"", "[", "\\", "<(", "<\"", "@", "(\"", "=?", "a@b ", ",", "<a@b>" };

static void check_wall(const char *unit)
{
	const struct message_limits limits = { .addresses = 100 };
	struct addresses found = { 0 };
	struct buffer wall;
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	arena_init(&arena, 32 << 20);
	buffer_init(&wall, 1 << 20);
	while (buffer_length(&wall) < 1 << 16)
		CHECK(buffer_add(&wall, slice_of(unit)) == OK, "room");
	CHECK(addresses_read(&reader, buffer_slice(&wall), &found) == OK, unit);
	CHECK(found.count <= limits.addresses, unit);
	buffer_finish(&wall);
	arena_finish(&arena);
}

static enum result short_of_memory(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct addresses found;

	return addresses_read(&reader, SLICE("=?utf-8?q?Ann_=3Cx=40y=3E?=\r\n <a@b>, J\xf6rg j@k, l . m@n"), &found);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(ceilings); i++)
		check_ceiling(i);
	for (size_t i = 0; i < COUNT_OF(walls); i++)
		check_wall(walls[i]);
	torture(&(struct torture){ "addresses", short_of_memory, LATER });
	return TEST_END();
}
