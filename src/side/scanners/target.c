/* SPDX-License-Identifier: Apache-2.0 */
/* The port is what follows the last colon; an IPv6 address stands in brackets. */
#include "scanners/target.h"

#include <arpa/inet.h>

enum result target_from_path(struct slice path, struct target *ret_target)
{
	struct target target = { .length = sizeof(target.at.local) };

	target.at.local.sun_family = AF_UNIX;
	if (path.len == 0 || path.len >= sizeof(target.at.local.sun_path) || slice_has(path, '\0'))
		return REFUSED;
	memcpy(target.at.local.sun_path, path.at, path.len);
	*ret_target = target;
	return OK;
}

static size_t last_colon(struct slice text)
{
	size_t place = text.len;

	while (place > 0 && text.at[place - 1] != ':')
		place--;
	return place;
}

enum result target_from_address(struct slice address, struct target *ret_target)
{
	struct target target = { 0 };
	size_t port_at = last_colon(address);
	char text[INET6_ADDRSTRLEN + 1] = "";
	bool six = address.len > 0 && address.at[0] == '[';
	uint64_t port;
	struct slice host;

	if (port_at == 0)
		return REFUSED;
	TRY(slice_number(slice_drop(address, port_at), 65535, &port));
	host = (struct slice){ address.at, port_at - 1 };
	if (six && (host.len < 2 || host.at[host.len - 1] != ']'))
		return REFUSED;
	if (six)
		host = (struct slice){ host.at + 1, host.len - 2 };
	if (host.len == 0 || host.len >= sizeof(text) || slice_has(host, '\0') || port == 0)
		return REFUSED;
	memcpy(text, host.at, host.len);
	target.at.any.sa_family = six ? AF_INET6 : AF_INET;
	target.length = six ? sizeof(target.at.six) : sizeof(target.at.four);
	target.at.four.sin_port = htons((uint16_t)port);      /* at the same place in both */
	*ret_target = target;
	if (six)
		return inet_pton(AF_INET6, text, &ret_target->at.six.sin6_addr) == 1 ? OK : REFUSED;
	return inet_pton(AF_INET, text, &ret_target->at.four.sin_addr) == 1 ? OK : REFUSED;
}
