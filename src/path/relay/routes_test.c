/* SPDX-License-Identifier: Apache-2.0 */
/* Domains and the way their mail goes; lists of MX records and what is left of them. */
#include "relay/routes.h"
#include "base/test.h"

#include <arpa/inet.h>

static struct target mailboxes[] = { { TARGET_LMTP, LIT("mbox1"), 24, LIT(""), LIT("") },
                                     { TARGET_LMTP, LIT("mbox2"), 24, LIT(""), LIT("") } };
static struct target folder[] = { { TARGET_MAILDIR, LIT(""), 0, LIT("/var/mail"), LIT("") } };
static struct target smart_host[] = { { TARGET_SMTP, LIT("smart"), 25, LIT(""), LIT("") } };
static struct domain_route table[] = {
	{ LIT("example.org"), { .kind = ROUTE_TARGETS, .key = LIT("mboxes"), .targets = mailboxes, .count = 2 } },
	{ LIT("local.test"),  { .kind = ROUTE_MAILDIR, .key = LIT("folder"), .targets = folder, .count = 1 } },
	{ LIT("mx.test"),     { .kind = ROUTE_TARGETS } },
};

static const struct find_row {
	const char *about;
	struct slice domain;
	bool smart;
	enum route_kind kind;
	struct slice key;
} finds[] = {
	{ "a domain of ours",                        LIT("example.org"),         false, ROUTE_TARGETS, LIT("mboxes") },
	{ "however it is written",                   LIT("EXAMPLE.Org"),         false, ROUTE_TARGETS, LIT("mboxes") },
	{ "a folder",                                LIT("local.test"),          true,  ROUTE_MAILDIR, LIT("folder") },
	{ "ours without targets: MX",                LIT("mx.test"),             true,  ROUTE_MX,      LIT("mx.test") },
	{ "postmaster goes the first domain's way",  LIT(""),                    false, ROUTE_TARGETS, LIT("mboxes") },
	{ "the world by MX",                         LIT("example.net"),         false, ROUTE_MX,      LIT("example.net") },
	{ "a domain below ours is not ours",         LIT("sub.example.org"),     false, ROUTE_MX,
	       LIT("sub.example.org") },
	{ "the world by the relay host",             LIT("example.net"),         true,  ROUTE_TARGETS, LIT("smart") },
	{ "a literal",                               LIT("[192.0.2.1]"),         true,  ROUTE_MX,      LIT("[192.0.2.1]") },
	{ "an IPv6 literal",                         LIT("[IPv6:2001:db8::1]"),  false, ROUTE_MX,
	       LIT("[IPv6:2001:db8::1]") },
	{ "this machine as a literal",               LIT("[127.0.0.1]"),         false, ROUTE_NOWHERE, LIT("") },
	{ "this machine as an IPv6 literal",         LIT("[IPv6:::1]"),          false, ROUTE_NOWHERE, LIT("") },
	{ "this machine, mapped",                    LIT("[IPv6:::ffff:127.0.0.1]"), false, ROUTE_NOWHERE, LIT("") },
	{ "no literal at all",                       LIT("[here]"),              false, ROUTE_NOWHERE, LIT("") },
};

static void try_finds(void)
{
	for (size_t i = 0; i < COUNT_OF(finds); i++) {
		struct routes routes = { .list = table, .count = COUNT_OF(table) };

		if (finds[i].smart)
			routes.smart = (struct route){ .kind = ROUTE_TARGETS, .key = SLICE("smart"), .targets = smart_host, .count = 1 };
		struct route route = routes_find(&routes, finds[i].domain);
		CHECK(route.kind == finds[i].kind && slice_same(route.key, finds[i].key), finds[i].about);
		CHECK((route.kind == ROUTE_NOWHERE) == (route.reply != NULL), finds[i].about);
	}
}

static struct address_route addresses[] = {
	{ LIT("anna@example.org"), { .kind = ROUTE_TARGETS, .key = LIT("one"), .count = 1, .pattern = LIT("anna@example.org") } },
	{ LIT("a*z@example.org"), { .kind = ROUTE_TARGETS, .key = LIT("two"), .count = 1, .pattern = LIT("a*z@example.org") } },
	{ LIT("*a*b*@example.org"), { .kind = ROUTE_TARGETS, .key = LIT("three"), .count = 1,
	                              .pattern = LIT("*a*b*@example.org") } },
};

static const struct { const char *about; struct slice address, domain, key; } addressed[] = {
	{ "an address", LIT("anna@example.org"), LIT("example.org"), LIT("one") },
	{ "however it is written", LIT("Anna@Example.org"), LIT("Example.org"), LIT("one") },
	{ "a star", LIT("aliz@example.org"), LIT("example.org"), LIT("two") },
	{ "for nothing", LIT("az@example.org"), LIT("example.org"), LIT("two") },
	{ "many stars", LIT("xaxabxaab@example.org"), LIT("example.org"), LIT("three") },
	{ "no more than that", LIT("ba@example.org"), LIT("example.org"), LIT("mboxes") },
	{ "another domain's", LIT("anna@example.net"), LIT("example.net"), LIT("example.net") },
	{ "postmaster has no address", LIT("postmaster"), LIT(""), LIT("mboxes") },
};

static void try_addresses(void)
{
	struct routes routes = { .list = table, .count = COUNT_OF(table), .addresses = addresses,
	                         .address_count = COUNT_OF(addresses) };

	for (size_t i = 0; i < COUNT_OF(addressed); i++)
		CHECK(slice_same(routes_for(&routes, addressed[i].address, addressed[i].domain).key, addressed[i].key),
		      addressed[i].about);
	CHECK(routes_again(&routes, SLICE("b@example.org"), SLICE("example.org")).kind == ROUTE_NOWHERE, "one that is gone");
}

static const struct mx_row {
	const char *about;
	struct mx list[4];
	size_t count;
	enum mx_meaning meaning;
	const char *left;             /* hosts' first letters, in order; equals in [] order by alphabet */
} mxs[] = {
	{ "sorted by preference", { { 20, LIT("b") }, { 10, LIT("a") }, { 30, LIT("c") } }, 3, MX_USE, "abc" },
	{ "null MX",              { { 0, LIT("") } }, 1, MX_NULL, NULL },
	{ "null among others is passed over later", { { 0, LIT("") }, { 10, LIT("a") } }, 2, MX_USE, NULL },
	{ "only we",              { { 10, LIT("US.example") } }, 1, MX_OURSELVES, NULL },
	{ "we are the best",      { { 10, LIT("us.example") }, { 20, LIT("b") } }, 2, MX_OURSELVES, NULL },
	{ "we are a backup: only better ones are tried", { { 20, LIT("us.example") }, { 10, LIT("a") }, { 20, LIT("b") } },
	  3, MX_USE, "a" },
	{ "localhost is nobody",  { { 10, LIT("localhost") } }, 1, MX_LOCALHOST, NULL },
	{ "localhost is left out", { { 10, LIT("localhost") }, { 20, LIT("a") } }, 2, MX_USE, "a" },
};

static void try_mxs(void)
{
	for (size_t i = 0; i < COUNT_OF(mxs); i++) {
		struct mx list[4];
		size_t count = mxs[i].count;

		memcpy(list, mxs[i].list, sizeof(list));
		CHECK(mx_arrange(list, &count, SLICE("us.example"), i) == mxs[i].meaning, mxs[i].about);
		for (size_t host = 0; mxs[i].left && mxs[i].left[host]; host++)
			CHECK(host < count && list[host].host.at[0] == mxs[i].left[host], mxs[i].about);
	}
}

/* Equals take turns, and never leave their place among others. */
static void try_shuffle(void)
{
	bool first[2] = { false, false };

	for (uint64_t seed = 0; seed < 64; seed++) {
		struct mx list[] = { { 20, LIT("c") }, { 10, LIT("a") }, { 10, LIT("b") } };
		size_t count = 3;

		CHECK(mx_arrange(list, &count, SLICE("us"), seed * 7919) == MX_USE && count == 3, "all are kept");
		CHECK(list[2].preference == 20, "the worse one is last");
		first[list[0].host.at[0] == 'b'] = true;
	}
	CHECK(first[0] && first[1], "each of two equals is first at times");
}

static const struct nowhere_row { const char *address; bool nowhere; } nowheres[] = {
	{ "::ffff:127.0.0.1", true }, { "::ffff:127.8.8.8", true }, { "::ffff:0.0.0.0", true }, { "::1", true },
	        { "::", true },
	{ "ff02::1", true }, { "::ffff:224.0.0.1", true }, { "::ffff:255.255.255.255", true },
	{ "::ffff:10.0.0.1", false }, { "2001:db8::1", false }, { "::ffff:192.0.2.1", false },
};

/* A list in the settings becomes targets, and stands after the settings are gone. */
static void try_load(void)
{
	struct settings settings;
	struct routes routes;

	settings_init(&settings);
	CHECK(routes_load(&routes, &settings, SLICE("smtp://smart.example:2525")) == OK, "no domain at all is a table");
	settings_finish(&settings);
	struct route route = routes_find(&routes, SLICE("example.net"));
	CHECK(route.kind == ROUTE_TARGETS && route.count == 1 && route.targets[0].port == 2525, "the relay host is read");
	CHECK(routes_first_domain(&routes).len == 0, "and there is no first domain");
	CHECK(routes_find(&routes, SLICE("")).kind == ROUTE_NOWHERE, "so postmaster has no way");
	routes_finish(&routes);
}

static void try_archives(void)
{
	static struct route kept[] = { { .kind = ROUTE_MAILDIR, .key = LIT("maildir:/archive"), .targets = folder, .count = 1 } };
	const struct routes routes = { .list = table, .count = COUNT_OF(table), .archives = kept, .archive_count = COUNT_OF(kept) };
	struct route other = routes_target(&routes, SLICE("maildir:/elsewhere"));

	CHECK(routes_target(&routes, SLICE("maildir:/archive")).kind == ROUTE_MAILDIR, "a folder that rules archive to");
	CHECK(other.kind == ROUTE_NOWHERE && other.reply[0] == '4', "any other waits until somebody knows it");
	CHECK(routes_target(&routes, SLICE("smtp://example.net")).kind == ROUTE_NOWHERE, "a host is no archive");
}

int main(void)
{
	try_archives();
	try_finds();
	try_addresses();
	try_mxs();
	try_shuffle();
	for (size_t i = 0; i < COUNT_OF(nowheres); i++) {
		struct in6_addr address;

		CHECK(inet_pton(AF_INET6, nowheres[i].address, &address) == 1, nowheres[i].address);
		CHECK(address_leads_nowhere(&address) == nowheres[i].nowhere, nowheres[i].address);
	}
	try_load();
	return TEST_END();
}
