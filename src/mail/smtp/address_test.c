/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as clients write them, as rows: what is an address, what it is, and what is none. */
#include "mail/smtp/address.h"

#include "base/test.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define LABEL63 X60 "xxx"

static const struct path_row {
	const char *about;
	struct slice text;
	enum result end;
	const char *whole, *local, *domain, *left;
} paths[] = {
	{ "a plain address", LIT("<a@example.org>"), OK, "a@example.org", "a", "example.org", "" },
	{ "parameters are left", LIT("<a@b.c> SIZE=1"), OK, "a@b.c", "a", "b.c", " SIZE=1" },
	{ "the null sender", LIT("<>"), OK, "", "", "", "" },
	{ "postmaster needs no domain", LIT("<PostMaster>"), OK, "PostMaster", "PostMaster", "", "" },
	{ "nobody else goes without a domain", LIT("<root>"), REFUSED, 0, 0, 0, 0 },
	{ "a route is dropped", LIT("<@x,@y.z:u@d>"), OK, "u@d", "u", "d", "" },
	{ "a route by address literal is dropped", LIT("<@[192.0.2.1]:u@d>"), OK, "u@d", "u", "d", "" },
	{ "a route needs its colon", LIT("<@x u@d>"), REFUSED, 0, 0, 0, 0 },
	{ "a route to nobody", LIT("<@x:>"), REFUSED, 0, 0, 0, 0 },
	{ "quotes", LIT("<\"a b\"@d>"), OK, "\"a b\"@d", "\"a b\"", "d", "" },
	{ "an at sign in quotes", LIT("<\"u@x\"@d>"), OK, "\"u@x\"@d", "\"u@x\"", "d", "" },
	{ "a quoted quote", LIT("<\"a\\\"b\"@d>"), OK, "\"a\\\"b\"@d", "\"a\\\"b\"", "d", "" },
	{ "quotes that do not end", LIT("<\"a@d>"), REFUSED, 0, 0, 0, 0 },
	{ "quotes that end in a backslash", LIT("<\"a\\"), REFUSED, 0, 0, 0, 0 },
	{ "quotes without a domain", LIT("<\"u@d\">"), REFUSED, 0, 0, 0, 0 },
	{ "an address literal", LIT("<a@[192.0.2.1]>"), OK, "a@[192.0.2.1]", "a", "[192.0.2.1]", "" },
	{ "an IPv6 literal", LIT("<a@[IPv6:::1]>"), OK, "a@[IPv6:::1]", "a", "[IPv6:::1]", "" },
	{ "a literal in hex", LIT("<a@[0x7f.1]>"), REFUSED, 0, 0, 0, 0 },
	{ "a literal of nothing", LIT("<a@[]>"), REFUSED, 0, 0, 0, 0 },
	{ "a literal that does not end", LIT("<a@[192.0.2.1>"), REFUSED, 0, 0, 0, 0 },
	{ "two at signs", LIT("<u@D@N>"), REFUSED, 0, 0, 0, 0 },
	{ "two at signs with a literal", LIT("<u@D@[192.0.2.1]>"), REFUSED, 0, 0, 0, 0 },
	{ "a dot at the end of the domain", LIT("<u@d.>"), REFUSED, 0, 0, 0, 0 },
	{ "a dot at the start of the domain", LIT("<u@.d>"), REFUSED, 0, 0, 0, 0 },
	{ "two dots in the domain", LIT("<u@d..e>"), REFUSED, 0, 0, 0, 0 },
	{ "two dots in the local part", LIT("<a..b@d>"), REFUSED, 0, 0, 0, 0 },
	{ "a dot before the local part", LIT("<.a@d>"), REFUSED, 0, 0, 0, 0 },
	{ "a dot after the local part", LIT("<a.@d>"), REFUSED, 0, 0, 0, 0 },
	{ "nothing before the at sign", LIT("<@d>"), REFUSED, 0, 0, 0, 0 },
	{ "nothing after the at sign", LIT("<u@>"), REFUSED, 0, 0, 0, 0 },
	{ "two addresses", LIT("<u@d,v@e>"), REFUSED, 0, 0, 0, 0 },
	{ "a semicolon", LIT("<u@d;x@e>"), REFUSED, 0, 0, 0, 0 },
	{ "comments are for headers", LIT("<u(c)@d(c)>"), REFUSED, 0, 0, 0, 0 },
	{ "a space", LIT("<u @d>"), REFUSED, 0, 0, 0, 0 },
	{ "a tab", LIT("<u\t@d>"), REFUSED, 0, 0, 0, 0 },
	{ "NUL in the local part", LIT("<u\0x@d>"), REFUSED, 0, 0, 0, 0 },
	{ "NUL in the domain", LIT("<u@d\0.e>"), REFUSED, 0, 0, 0, 0 },
	{ "NUL in quotes", LIT("<\"u\0\"@d>"), REFUSED, 0, 0, 0, 0 },
	{ "line ends in quotes", LIT("<\"a\r\nDATA\"@d>"), REFUSED, 0, 0, 0, 0 },
	{ "a shell's program", LIT("<;for i in 0 1;do read r;done;sh;exit 0;>"), REFUSED, 0, 0, 0, 0 },
	{ "a program in braces", LIT("<${run{/bin/sh -c id}}@localhost>"), REFUSED, 0, 0, 0, 0 },
	{ "an include", LIT("<:include:/etc/passwd>"), REFUSED, 0, 0, 0, 0 },
	{ "no brackets", LIT("u@d"), REFUSED, 0, 0, 0, 0 },
	{ "no end", LIT("<u@d"), REFUSED, 0, 0, 0, 0 },
	{ "nothing", LIT(""), REFUSED, 0, 0, 0, 0 },
	{ "local part of 64", LIT("<" X60 "xxxx@d>"), OK, X60 "xxxx@d", X60 "xxxx", "d", "" },
	{ "local part of 65", LIT("<" X60 "xxxxx@d>"), REFUSED, 0, 0, 0, 0 },
	{ "label of 63", LIT("<a@" LABEL63 ">"), OK, "a@" LABEL63, "a", LABEL63, "" },
	{ "label of 64", LIT("<a@" LABEL63 "x>"), REFUSED, 0, 0, 0, 0 },
	{ "path of 257", LIT("<a@" LABEL63 "." LABEL63 "." LABEL63 "." X60 "x>"), REFUSED, 0, 0, 0, 0 },
	{ "a full-width at sign", LIT("<u\xef\xbc\xa0local>"), REFUSED, 0, 0, 0, 0 },
	{ "bytes over 127", LIT("<\xc3\xbc@d>"), REFUSED, 0, 0, 0, 0 },
	{ "an encoded word is letters", LIT("<=?utf-8?q?u=40D?=@d>"), OK, "=?utf-8?q?u=40D?=@d", "=?utf-8?q?u=40D?=",
	  "d", "" },
};

static bool is(struct slice found, const char *wanted)
{
	return slice_same(found, slice_of(wanted));
}

static void check_paths(void)
{
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const struct path_row *row = &paths[i];
		struct slice rest = row->text;
		struct address address = { 0 };

		CHECK(address_path(&rest, false, &address) == row->end, row->about);
		if (row->end == OK)
			CHECK(is(address.whole, row->whole) && is(address.local, row->local) &&
			      is(address.domain, row->domain) && is(rest, row->left), row->about);
		else
			CHECK(rest.at == row->text.at && rest.len == row->text.len, row->about);
	}
}

static const struct utf8_row {
	const char *about;
	const char *text;
	enum result end;
} utf8s[] = {
	{ "umlaut in both parts", "<\xc3\xbc@\xc3\xbc.example>", OK },
	{ "an overlong letter", "<\xc0\x80@d>", REFUSED },
	{ "a lone byte", "<\xbc@d>", REFUSED },
	{ "a cut letter", "<\xc3@d>", REFUSED },
	{ "a surrogate", "<\xed\xa0\x80@d>", REFUSED },
	{ "above the last", "<\xf4\x90\x80\x80@d>", REFUSED },
	{ "four bytes", "<\xf0\x9f\x98\x80@d>", OK },
};

static const struct route_row {
	const char *text;
	bool routed;
} routes[] = {
	{ "u@d", false }, { "u%x@d", true }, { "x!u@d", true }, { "\"u@x\"@d", true }, { "\"x:u\"@d", true },
	{ "u+x@d", false },
};

int main(void)
{
	struct address address;

	check_paths();
	for (size_t i = 0; i < COUNT_OF(utf8s); i++) {
		struct slice rest = slice_of(utf8s[i].text);

		CHECK(address_path(&rest, true, &address) == utf8s[i].end, utf8s[i].about);
		CHECK(utf8s[i].end != OK || address.utf8, utf8s[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		CHECK(address_bare(slice_of(routes[i].text), false, &address) == OK, routes[i].text);
		CHECK(address_has_route_in_local(&address) == routes[i].routed, routes[i].text);
	}
	CHECK(address_bare(SLICE("postmaster"), false, &address) == REFUSED, "a bare address has a domain");
	CHECK(address_bare(SLICE("a@b> "), false, &address) == REFUSED, "nothing behind a bare address");
	CHECK(address_domain(SLICE("a_b.example"), false) == OK, "an underscore is found in names");
	CHECK(address_domain(SLICE("-a.example"), false) == REFUSED, "no hyphen at the start");
	CHECK(address_domain(SLICE("[192.0.2.1]"), false) == REFUSED, "a literal is no name");
	CHECK(address_domain(SLICE(""), false) == REFUSED, "nothing is no name");
	return TEST_END();
}
