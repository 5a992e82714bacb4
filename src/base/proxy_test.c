/* SPDX-License-Identifier: Apache-2.0 */
/* The heads byte for byte, as the protocol's description has them. */
#include "base/proxy.h"

#include "base/network.h"
#include "base/test.h"

#define BEGIN "\r\n\r\n\0\r\nQUIT\n"

static const struct row { const char *about; struct slice client, to, head; } rows[] = {
	{ "IPv4 on both sides", LIT("192.0.2.7"), LIT("198.51.100.1"),
	  LIT(BEGIN "\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\0\0\0\x19") },
	{ "IPv6 on both sides", LIT("2001:db8::7"), LIT("2001:db8::1"),
	  LIT(BEGIN "\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
	      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x19") },
	{ "two families: the client's, and nothing of ours", LIT("192.0.2.7"), LIT("2001:db8::1"),
	  LIT(BEGIN "\x21\x11\0\x0c\xc0\0\x02\x07\0\0\0\0\0\0\0\x19") },
	{ "nobody to tell of", LIT(""), LIT("198.51.100.1"), LIT(BEGIN "\x20\0\0\0") },
	{ "no address: nothing is made up", LIT("local"), LIT("198.51.100.1"), LIT(BEGIN "\x20\0\0\0") },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char head[PROXY_HEAD];
		struct in6_addr to;

		CHECK(network_address(rows[i].to, &to) == OK, "an address");
		CHECK(slice_same((struct slice){ head, proxy_head(rows[i].client, &to, 25, head) }, rows[i].head),
		      rows[i].about);
	}
	return TEST_END();
}
