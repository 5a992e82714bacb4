/* SPDX-License-Identifier: Apache-2.0 */
/* Networks with an address inside and one outside; addresses with the form in which they are kept. */
#include "base/network.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <string.h>

static const struct { const char *about, *text; bool good; unsigned bits; const char *inside, *outside; } networks[] = {
	{ "an IPv4 network", "10.20.0.0/16", true, 112, "10.20.255.1", "10.21.0.1" },
	{ "a single address", "192.0.2.1", true, 128, "192.0.2.1", "192.0.2.2" },
	{ "everybody with IPv4", "0.0.0.0/0", true, 96, "203.0.113.9", "2001:db8::1" },
	{ "an IPv6 network", "2001:db8::/33", true, 33, "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ "everybody", "::/0", true, 0, "10.0.0.1", NULL },
	{ "ourselves", "::1", true, 128, "::1", "::2" },
	{ "bits behind the length are a mistake", "10.20.0.1/16", false, 0, NULL, NULL },
	{ "a length too long", "10.0.0.0/33", false, 0, NULL, NULL },
	{ "a length too long for IPv6", "::/129", false, 0, NULL, NULL },
	{ "no length behind the slash", "10.0.0.0/", false, 0, NULL, NULL },
	{ "a negative length", "10.0.0.0/-1", false, 0, NULL, NULL },
	{ "three numbers", "10.0.0", false, 0, NULL, NULL },
	{ "leading zeros are read differently by others", "010.0.0.1", false, 0, NULL, NULL },
	{ "a name", "localhost", false, 0, NULL, NULL },
	{ "nothing", "", false, 0, NULL, NULL },
	{ "brackets do not belong to networks", "[::1]", false, 0, NULL, NULL },
	{ "a zone", "fe80::1%eth0", false, 0, NULL, NULL },
	{ "something very long", "1111111111111111111111111111111111111111111111111111111111111111", false, 0, NULL,
	  NULL },
};

static bool has(const struct network *network, const char *text)
{
	struct in6_addr address;

	return network_address(slice_of(text), &address) == OK && network_has(network, &address);
}

static void test_networks(void)
{
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		struct network network = { 0 };
		bool good = network_parse(slice_of(networks[i].text), &network) == OK;

		CHECK(good == networks[i].good, networks[i].about);
		CHECK(!good || network.bits == networks[i].bits, networks[i].about);
		CHECK(networks[i].inside == NULL || has(&network, networks[i].inside), networks[i].about);
		CHECK(networks[i].outside == NULL || !has(&network, networks[i].outside), networks[i].about);
	}
}

static const struct { const char *about, *text, *meant; } addresses[] = {
	{ "IPv4 is kept as a mapped one", "192.0.2.1", "::ffff:192.0.2.1" },
	{ "IPv6", "2001:DB8::1", "2001:db8::1" },
	{ "in brackets", "[2001:db8::1]", "2001:db8::1" },
	{ "IPv4 in brackets", "[192.0.2.1]", NULL },
	{ "half a bracket", "[::1", NULL },
	{ "empty brackets", "[]", NULL },
	{ "a name", "example.org", NULL },
};

static void test_addresses(void)
{
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct in6_addr address;
		char text[INET6_ADDRSTRLEN] = "";
		bool good = network_address(slice_of(addresses[i].text), &address) == OK;

		CHECK(good == (addresses[i].meant != NULL), addresses[i].about);
		CHECK(!good || addresses[i].meant == NULL ||
			  (inet_ntop(AF_INET6, &address, text, sizeof(text)) && strcmp(text, addresses[i].meant) == 0),
		      addresses[i].about);
	}
}

static const struct { const char *about, *text, *reversed; } turned[] = {
	{ "IPv4", "192.0.2.1", "1.2.0.192" },
	{ "the longest of IPv4", "255.255.255.255", "255.255.255.255" },
	{ "IPv6", "2001:db8::cafe",
	  "e.f.a.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2" },
};

static void test_reversed(void)
{
	for (size_t i = 0; i < COUNT_OF(turned); i++) {
		struct in6_addr address;
		char text[NETWORK_REVERSED];

		CHECK(network_address(slice_of(turned[i].text), &address) == OK, turned[i].about);
		network_reversed(&address, text);
		CHECK(strcmp(text, turned[i].reversed) == 0, turned[i].about);
	}
}

int main(void)
{
	test_reversed();
	test_networks();
	test_addresses();
	return TEST_END();
}
