/* SPDX-License-Identifier: Apache-2.0 */
/* One text holds the names: the domain is a part of the pair. */
#include "mail/smtp/sender.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { IPV6_BYTES = 8, IPV6_WIDE = 6, IPV4_AT = 12, IPV4_BYTES = 3 };

static enum result network_of(const struct envelope *envelope, size_t bytes, char text[SENDER_NETWORK])
{
	char plain[INET6_ADDRSTRLEN];
	struct in6_addr address;
	bool ipv6;

	if (envelope->client_address.len == 0 && envelope->flags & ENVELOPE_LOCAL) {
		(void)snprintf(text, SENDER_NETWORK, "local");
		return OK;
	}
	TRY(network_address(envelope->client_address, &address));
	ipv6 = !IN6_IS_ADDR_V4MAPPED(&address);
	if (ipv6)
		memset(address.s6_addr + bytes, 0, sizeof(address.s6_addr) - bytes);
	else
		address.s6_addr[IPV4_AT + IPV4_BYTES] = 0;
	if (inet_ntop(ipv6 ? AF_INET6 : AF_INET, ipv6 ? address.s6_addr : address.s6_addr + IPV4_AT, plain, sizeof(plain)) == NULL)
		return REFUSED;
	(void)snprintf(text, SENDER_NETWORK, "%s/%zu", plain, 8 * (ipv6 ? bytes : IPV4_BYTES));
	return OK;
}

static size_t domain_at(struct slice sender)
{
	size_t at = sender.len;

	while (at > 0 && sender.at[at - 1] != '@')
		at--;
	return at ? at : sender.len;
}

enum result sender_names(const struct envelope *envelope, struct sender_names *ret_names)
{
	struct slice sender = envelope->sender.len ? envelope->sender : SLICE("<>");
	size_t domain = domain_at(sender);
	char network[SENDER_NETWORK];
	int length;

	TRY(network_of(envelope, IPV6_BYTES, network));
	TRY(network_of(envelope, IPV6_WIDE, ret_names->wide));
	if (sender.len > SENDER_NAME - SENDER_NETWORK)
		return REFUSED;
	length = snprintf(ret_names->text, sizeof(ret_names->text), "%.*s %s", SHOW(sender), network);
	if (length < 0 || (size_t)length != sender.len + 1 + strlen(network))
		return REFUSED;
	for (size_t i = 0; i < sender.len; i++)
		ret_names->text[i] = byte_lower(ret_names->text[i]);
	ret_names->pair = (struct slice){ ret_names->text, (size_t)length };
	ret_names->domain = (struct slice){ ret_names->text + domain, sender.len - domain };
	ret_names->source = slice_of(ret_names->wide);
	return OK;
}
