/* SPDX-License-Identifier: Apache-2.0 */
/* Twelve bytes that no other protocol begins with, a command, a family, a length, and the addresses. */
#include "base/proxy.h"

#include "base/network.h"

enum { VERSION_LOCAL = 0x20, VERSION_PROXY = 0x21, STREAM_FOUR = 0x11, STREAM_SIX = 0x21, START = 16 };
static const char signature[12] = { '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

static void put_port(char *at, uint16_t port)
{
	at[0] = (char)(port >> 8);
	at[1] = (char)(port & 0xff);
}

/* An address of the other family cannot stand beside the client's: nothing is said of it. */
static size_t put_addresses(const struct in6_addr *from, const struct in6_addr *to, uint16_t port, char *head)
{
	bool four = IN6_IS_ADDR_V4MAPPED(from);
	size_t size = four ? 4 : 16, skip = 16 - size;

	head[13] = four ? STREAM_FOUR : STREAM_SIX;
	memcpy(head + START, from->s6_addr + skip, size);
	if ((bool)IN6_IS_ADDR_V4MAPPED(to) == four)
		memcpy(head + START + size, to->s6_addr + skip, size);
	put_port(head + START + 2 * size + 2, port);
	return 2 * size + 4;
}

size_t proxy_head(struct slice client, const struct in6_addr *to, uint16_t port, char head[PROXY_HEAD])
{
	struct in6_addr from;
	size_t length = 0;

	memset(head, 0, PROXY_HEAD);
	memcpy(head, signature, sizeof(signature));
	head[12] = VERSION_LOCAL;
	if (network_address(client, &from) == OK) {
		head[12] = VERSION_PROXY;
		length = put_addresses(&from, to, port, head);
	}
	put_port(head + 14, (uint16_t)length);
	return START + length;
}
