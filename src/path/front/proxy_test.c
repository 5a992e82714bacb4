/* SPDX-License-Identifier: Apache-2.0 */
/* Headers as rows; each is read at every cut as well: AGAIN until it is whole. */
#include "front/proxy.h"

#include "base/test.h"

#include <arpa/inet.h>

#define SIGNED "\r\n\r\n\0\r\nQUIT\n"
#define FOUR   "\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x34\x00\x19"
#define SIX    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" "\x12\x34\x00\x19"

static const struct row {
	const char *about;
	struct slice bytes;
	enum result end;
	const char *address;              /* "": the balancer's own */
	size_t more;                      /* bytes behind the header */
} rows[] = {
	{ "version 1, IPv4", LIT("PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\nEHLO"), OK, "::ffff:192.0.2.1", 4 },
	{ "version 1, IPv6", LIT("PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\n"), OK, "2001:db8::1", 0 },
	{ "version 1, unknown", LIT("PROXY UNKNOWN\r\n"), OK, "", 0 },
	{ "version 1, unknown with more", LIT("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), OK, "", 0 },
	{ "version 1, a bare LF", LIT("PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\n"), REFUSED, "", 0 },
	{ "version 1, the other family", LIT("PROXY TCP4 2001:db8::1 192.0.2.2 4711 25\r\n"), REFUSED, "", 0 },
	{ "version 1, a port too large", LIT("PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n"), REFUSED, "", 0 },
	{ "version 1, a port is missing", LIT("PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n"), REFUSED, "", 0 },
	{ "version 1, a word too many", LIT("PROXY TCP4 192.0.2.1 192.0.2.2 4711 25 x\r\n"), REFUSED, "", 0 },
	{ "version 1, two spaces", LIT("PROXY TCP4  192.0.2.1 192.0.2.2 4711 25\r\n"), REFUSED, "", 0 },
	{ "version 1, NUL in an address", LIT("PROXY TCP4 192.0.2.1\0 192.0.2.2 4711 25\r\n"), REFUSED, "", 0 },
	{ "version 1, UNIX", LIT("PROXY UNIX /a /b\r\n"), REFUSED, "", 0 },
	{ "version 1, too long", LIT("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789"
	                             "0123456789012345678901234567890123456789\r\n"), REFUSED, "", 0 },
	{ "small letters", LIT("proxy TCP4 192.0.2.1 192.0.2.2 4711 25\r\n"), REFUSED, "", 0 },
	{ "no header at all", LIT("EHLO x\r\n"), REFUSED, "", 0 },
	{ "version 2, IPv4", LIT(SIGNED "\x21\x11\x00\x0c" FOUR "EHLO"), OK, "::ffff:192.0.2.1", 4 },
	{ "version 2, IPv6", LIT(SIGNED "\x21\x21\x00\x24" SIX), OK, "2001:db8::1", 0 },
	{ "version 2, with more to pass over", LIT(SIGNED "\x21\x11\x00\x0f" FOUR "\x04\x00\x00"), OK, "::ffff:192.0.2.1", 0 },
	{ "version 2, local", LIT(SIGNED "\x20\x00\x00\x00"), OK, "", 0 },
	{ "version 2, local with addresses", LIT(SIGNED "\x20\x11\x00\x0c" FOUR), OK, "", 0 },
	{ "version 2, UNIX", LIT(SIGNED "\x21\x31\x00\x00"), REFUSED, "", 0 },
	{ "version 2, UNSPEC", LIT(SIGNED "\x21\x00\x00\x00"), REFUSED, "", 0 },
	{ "version 2, UDP", LIT(SIGNED "\x21\x12\x00\x0c" FOUR), REFUSED, "", 0 },
	{ "version 2, too short for its family", LIT(SIGNED "\x21\x11\x00\x0b" FOUR), REFUSED, "", 0 },
	{ "version 2, longer than we read", LIT(SIGNED "\x21\x11\xff\xff" FOUR), REFUSED, "", 0 },
	{ "version 3", LIT(SIGNED "\x31\x11\x00\x0c" FOUR), REFUSED, "", 0 },
	{ "version 2, another command", LIT(SIGNED "\x22\x11\x00\x0c" FOUR), REFUSED, "", 0 },
};

static void check(const struct row *row)
{
	struct proxy_header header = { 0 };
	struct in6_addr wanted = { 0 };
	enum result end = proxy_read(row->bytes, &header);

	CHECK(end == row->end, row->about);
	if (end != OK || row->end != OK)
		return;
	CHECK(header.length == row->bytes.len - row->more && header.own == (row->address[0] == '\0'), row->about);
	CHECK(header.own || (inet_pton(AF_INET6, row->address, &wanted) == 1 &&
	                     memcmp(&wanted, &header.address, sizeof(wanted)) == 0), row->about);
	for (size_t cut = 0; cut < header.length; cut++) {
		struct proxy_header part;

		CHECK(proxy_read((struct slice){ row->bytes.at, cut }, &part) == AGAIN, row->about);
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(&rows[i]);
	return TEST_END();
}
