/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for each of the grammars, and for what the sections' checks say. */
#include "wire/gateway.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <string.h>

static const struct {
	const char *about, *text;
	bool good;
	enum target_kind kind;
	const char *host;
	uint16_t port;
	const char *path;
} targets[] = {
	{ "SMTP to a name", "smtp://mx.example.org", true, TARGET_SMTP, "mx.example.org", 25, "" },
	{ "with a port", "smtp://mx.example.org:2525", true, TARGET_SMTP, "mx.example.org", 2525, "" },
	{ "LMTP to a name", "LMTP://mbox1", true, TARGET_LMTP, "mbox1", 24, "" },
	{ "an IPv4 address", "lmtp://127.0.0.1:24", true, TARGET_LMTP, "127.0.0.1", 24, "" },
	{ "an IPv6 address", "smtp://[2001:db8::1]:26", true, TARGET_SMTP, "2001:db8::1", 26, "" },
	{ "an IPv6 address alone", "smtp://[::1]", true, TARGET_SMTP, "::1", 25, "" },
	{ "an LMTP socket", "lmtp:///var/run/dovecot/lmtp", true, TARGET_LMTP, "", 24, "/var/run/dovecot/lmtp" },
	{ "a folder of Maildirs", "maildir:/srv/mail", true, TARGET_MAILDIR, "", 0, "/srv/mail" },
	{ "a relative folder", "maildir:mail", false, TARGET_SMTP, NULL, 0, NULL },
	{ "the root itself", "maildir:/", false, TARGET_SMTP, NULL, 0, NULL },
	{ "SMTP has no socket", "smtp:///var/run/smtp", false, TARGET_SMTP, NULL, 0, NULL },
	{ "an unknown scheme", "smpt://mx", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a name alone", "mx.example.org", false, TARGET_SMTP, NULL, 0, NULL },
	{ "no host", "smtp://", false, TARGET_SMTP, NULL, 0, NULL },
	{ "no host but a port", "smtp://:25", false, TARGET_SMTP, NULL, 0, NULL },
	{ "no port behind the colon", "smtp://mx:", false, TARGET_SMTP, NULL, 0, NULL },
	{ "port 0", "smtp://mx:0", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a port too large", "smtp://mx:65536", false, TARGET_SMTP, NULL, 0, NULL },
	{ "IPv6 without brackets", "smtp://::1", false, TARGET_SMTP, NULL, 0, NULL },
	{ "IPv4 in brackets", "smtp://[127.0.0.1]", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a bracket too few", "smtp://[::1:25", false, TARGET_SMTP, NULL, 0, NULL },
	{ "something behind the bracket", "smtp://[::1]x", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a path behind the host", "smtp://mx/x", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a space", "smtp://m x", false, TARGET_SMTP, NULL, 0, NULL },
	{ "a dot at the end", "smtp://mx.", false, TARGET_SMTP, NULL, 0, NULL },
	{ "two dots", "smtp://mx..org", false, TARGET_SMTP, NULL, 0, NULL },
};

static void test_targets(void)
{
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct target target;
		bool good = target_parse(slice_of(targets[i].text), &target) == OK;

		CHECK(good == targets[i].good, targets[i].about);
		if (!good || !targets[i].good)
			continue;
		CHECK(target.kind == targets[i].kind && target.port == targets[i].port, targets[i].about);
		CHECK(slice_same(target.host, slice_of(targets[i].host)), targets[i].about);
		CHECK(slice_same(target.path, slice_of(targets[i].path)), targets[i].about);
	}
}

static const struct { const char *about, *text; bool good, ipv6; uint16_t port; } listens[] = {
	{ "every IPv4 address", "0.0.0.0:25", true, false, 25 },
	{ "every IPv6 address", "[::]:25", true, true, 25 },
	{ "one of them", "[::1]:2525", true, true, 2525 },
	{ "no port", "0.0.0.0", false, false, 0 },
	{ "port 0", "0.0.0.0:0", false, false, 0 },
	{ "a name", "localhost:25", false, false, 0 },
	{ "IPv6 without brackets", "::1:25", false, false, 0 },
	{ "IPv4 in brackets", "[127.0.0.1]:25", false, false, 0 },
	{ "a port alone", ":25", false, false, 0 },
	{ "a star", "*:25", false, false, 0 },
};

static void test_listens(void)
{
	for (size_t i = 0; i < COUNT_OF(listens); i++) {
		struct in6_addr address;
		uint16_t port;
		bool ipv6, good = listen_parse(slice_of(listens[i].text), &address, &port, &ipv6) == OK;

		CHECK(good == listens[i].good, listens[i].about);
		CHECK(!good || (port == listens[i].port && ipv6 == listens[i].ipv6), listens[i].about);
	}
}

static const struct {
	const char *about;
	const struct settings_section *section;
	const char *name, *value;
	bool good;
} checks[] = {
	{ "a host name", &gateway_settings_section, "hostname", "mx1.example.org", true },
	{ "no host name", &gateway_settings_section, "hostname", "mx 1", false },
	{ "a trusted network", &gateway_settings_section, "trusted", "10.0.0.0/8", true },
	{ "a trusted mistake", &gateway_settings_section, "trusted", "10.0.0.1/8", false },
	{ "a postmaster", &gateway_settings_section, "postmaster", "anna@example.org", true },
	{ "a postmaster of two lines", &gateway_settings_section, "postmaster", "a\nb", false },
	{ "a folder is any", &gateway_settings_section, "spool", "/any thing", true },
	{ "a title", &listen_settings_section, "", "smtp-1", true },
	{ "a title with a space", &listen_settings_section, "", "smtp 1", false },
	{ "the local socket's name", &listen_settings_section, "", "submit", false },
	{ "an address", &listen_settings_section, "address", "[::]:25", true },
	{ "an address without port", &listen_settings_section, "address", "[::]", false },
	{ "a domain", &domain_settings_section, "", "example.org", true },
	{ "a domain with a dot", &domain_settings_section, "", "example.org.", false },
	{ "a target", &domain_settings_section, "deliver", "maildir:/srv/mail", true },
	{ "no target", &domain_settings_section, "deliver", "mail:/srv/mail", false },
};

static void test_sections(void)
{
	struct settings settings;
	struct gateway_settings gateway;

	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct buffer complaint;

		buffer_init(&complaint, 1024);
		CHECK((checks[i].section->check(checks[i].name, slice_of(checks[i].value), &complaint) == OK) ==
			  checks[i].good,
		      checks[i].about);
		CHECK((buffer_length(&complaint) == 0) == checks[i].good, checks[i].about);
		buffer_finish(&complaint);
	}
	settings_init(&settings);
	CHECK(settings_fill(&settings, &gateway_settings_section, SLICE(""), &gateway) == OK,
	      "the defaults fit their rows");
	CHECK(gateway.jail.is == GATEWAY_JAIL_STRICT && gateway.notices.is == GATEWAY_NOTICES_VERIFIED,
	      "choices stand in the enum's order");
	CHECK(gateway.trusted.count == 2, "two networks by default");
	for (size_t i = 0; i < gateway.trusted.count; i++)
		CHECK(network_parse(gateway.trusted.items[i], &(struct network){ 0 }) == OK, "which can be understood");
	settings_finish(&settings);
}

int main(void)
{
	test_targets();
	test_listens();
	test_sections();
	return TEST_END();
}
