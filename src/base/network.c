/* SPDX-License-Identifier: Apache-2.0 */
/* inet_pton() reads; IPv4 is kept as IPv4-mapped IPv6, so that one comparison does for both. */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_BITS = 96 };

static bool to_text(struct slice from, char *text, size_t size)
{
	if (from.len == 0 || from.len >= size || slice_has(from, '\0'))
		return false;
	memcpy(text, from.at, from.len);
	text[from.len] = '\0';
	return true;
}

static struct in6_addr mapped(struct in_addr ipv4)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&address.s6_addr[12], &ipv4, sizeof(ipv4));
	return address;
}

enum result network_plain(struct slice text, struct in6_addr *ret_address, bool *ret_ipv6)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (!to_text(text, copy, sizeof(copy)))
		return REFUSED;
	if (inet_pton(AF_INET, copy, &ipv4) == 1) {
		*ret_address = mapped(ipv4);
		*ret_ipv6 = false;
		return OK;
	}
	if (inet_pton(AF_INET6, copy, &ipv6) != 1)
		return REFUSED;
	*ret_address = ipv6;
	*ret_ipv6 = true;
	return OK;
}

/* [2001:db8::1] without its brackets; REFUSED when there are none. */
static enum result unbracketed(struct slice text, struct slice *ret_inside)
{
	if (text.len < 2 || text.at[0] != '[' || text.at[text.len - 1] != ']')
		return REFUSED;
	*ret_inside = (struct slice){ text.at + 1, text.len - 2 };
	return OK;
}

enum result network_address(struct slice text, struct in6_addr *ret_address)
{
	struct slice inside;
	struct in6_addr address;
	bool ipv6;

	if (unbracketed(text, &inside) == OK) {
		TRY(network_plain(inside, &address, &ipv6));
		if (!ipv6)
			return REFUSED;
	} else {
		TRY(network_plain(text, &address, &ipv6));
	}
	*ret_address = address;
	return OK;
}

static bool bit_of(const struct in6_addr *address, unsigned bit)
{
	return address->s6_addr[bit / 8] >> (7 - bit % 8) & 1;
}

enum result network_parse(struct slice text, struct network *ret_network)
{
	struct slice rest = text, head = slice_cut(&rest, '/');
	struct network network;
	uint64_t bits;
	bool ipv6;

	TRY(network_plain(head, &network.address, &ipv6));
	bits = ipv6 ? 128 : 32;
	if (head.len < text.len)
		TRY(slice_number(rest, bits, &bits));
	network.bits = (unsigned)bits + (ipv6 ? 0 : MAPPED_BITS);
	for (unsigned bit = network.bits; bit < 128; bit++)
		if (bit_of(&network.address, bit))
			return REFUSED;
	*ret_network = network;
	return OK;
}

bool network_has(const struct network *network, const struct in6_addr *address)
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	unsigned mask = 0xffu << (8 - rest) & 0xffu;

	if (memcmp(&network->address, address, whole) != 0)
		return false;
	return rest == 0 || ((network->address.s6_addr[whole] ^ address->s6_addr[whole]) & mask) == 0;
}

void network_reversed(const struct in6_addr *address, char ret_text[NETWORK_REVERSED])
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		(void)snprintf(ret_text, NETWORK_REVERSED, "%u.%u.%u.%u", byte[15], byte[14], byte[13], byte[12]);
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		ret_text[4 * i] = digits[byte[15 - i] & 15];
		ret_text[4 * i + 2] = digits[byte[15 - i] >> 4];
		ret_text[4 * i + 1] = ret_text[4 * i + 3] = '.';
	}
	ret_text[NETWORK_REVERSED - 1] = '\0';
}
