/* SPDX-License-Identifier: Apache-2.0 */
/* The first twelve bytes tell the versions apart; each prefix of a header is AGAIN, every other byte is REFUSED. */
#include "front/proxy.h"

#include <arpa/inet.h>
#include <string.h>

enum { LINE_MOST = 107, HEAD = 16, SIGNATURE = 12, PORT_MOST = 65535 };

static const struct slice signature = LIT("\r\n\r\n\0\r\nQUIT\n");
static const struct slice word = LIT("PROXY ");

static struct in6_addr mapped(const void *ipv4)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&address.s6_addr[12], ipv4, 4);
	return address;
}

/* ---- version 1: PROXY TCP4 192.0.2.1 192.0.2.2 4711 25 CR LF ---- */

static enum result read_address(struct slice text, bool six, struct in6_addr *ret_address)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (text.len == 0 || text.len >= sizeof(copy) || slice_has(text, '\0'))
		return REFUSED;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, copy, bytes) != 1)
		return REFUSED;
	if (six)
		memcpy(ret_address, bytes, sizeof(*ret_address));
	else
		*ret_address = mapped(bytes);
	return OK;
}

static enum result read_addresses(struct slice rest, bool six, struct proxy_header *header)
{
	struct slice from = slice_cut(&rest, ' '), to = slice_cut(&rest, ' '), port = slice_cut(&rest, ' ');
	struct in6_addr ignored;
	uint64_t number;

	TRY(read_address(from, six, &header->address));
	TRY(read_address(to, six, &ignored));
	TRY(slice_number(port, PORT_MOST, &number));
	return slice_number(rest, PORT_MOST, &number);
}

static enum result read_words(struct slice line, struct proxy_header *header)
{
	struct slice rest = slice_drop(line, word.len), family = slice_cut(&rest, ' ');

	header->own = slice_same(family, SLICE("UNKNOWN"));
	if (header->own)
		return OK;
	if (slice_same(family, SLICE("TCP4")))
		return read_addresses(rest, false, header);
	return slice_same(family, SLICE("TCP6")) ? read_addresses(rest, true, header) : REFUSED;
}

static enum result read_text(struct slice bytes, struct proxy_header *header)
{
	struct slice rest = bytes, line;

	if (!slice_has(bytes, '\n'))
		return bytes.len < LINE_MOST ? AGAIN : REFUSED;
	line = slice_cut(&rest, '\n');
	if (line.len >= LINE_MOST || line.len == 0 || line.at[line.len - 1] != '\r')
		return REFUSED;
	header->length = line.len + 1;
	return read_words((struct slice){ line.at, line.len - 1 }, header);
}

/* ---- version 2: signature, version and command, family, length, addresses, more that is passed over ---- */

enum { VERSION_2_LOCAL = 0x20, VERSION_2_PROXY = 0x21, TCP_IPV4 = 0x11, TCP_IPV6 = 0x21 };

static enum result read_binary(struct slice bytes, struct proxy_header *header)
{
	const unsigned char *at = (const unsigned char *)bytes.at;
	size_t more;

	if (bytes.len > SIGNATURE && at[SIGNATURE] != VERSION_2_LOCAL && at[SIGNATURE] != VERSION_2_PROXY)
		return REFUSED;
	if (bytes.len < HEAD)
		return AGAIN;
	more = (size_t)at[14] << 8 | at[15];
	header->length = HEAD + more;
	header->own = at[SIGNATURE] == VERSION_2_LOCAL;
	if (header->length > PROXY_MOST)
		return REFUSED;
	/* UNIX and UNSPEC name nobody whom a limit or a list could mean. */
	if (!header->own && !(at[13] == TCP_IPV4 && more >= 12) && !(at[13] == TCP_IPV6 && more >= 36))
		return REFUSED;
	if (bytes.len < header->length)
		return AGAIN;
	if (!header->own && at[13] == TCP_IPV4)
		header->address = mapped(at + HEAD);
	else if (!header->own)
		memcpy(&header->address, at + HEAD, sizeof(header->address));
	return OK;
}

static bool agrees(struct slice bytes, struct slice begin)
{
	size_t len = bytes.len < begin.len ? bytes.len : begin.len;

	return len && memcmp(bytes.at, begin.at, len) == 0;
}

enum result proxy_read(struct slice bytes, struct proxy_header *ret_header)
{
	struct proxy_header header = { 0 };
	bool text = agrees(bytes, word);

	if (bytes.len == 0)
		return AGAIN;
	if (!text && !agrees(bytes, signature))
		return REFUSED;
	if (bytes.len < (text ? word.len : signature.len))
		return AGAIN;
	TRY(text ? read_text(bytes, &header) : read_binary(bytes, &header));
	*ret_header = header;
	return OK;
}
