/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is written is read as address and port, and put together anew: nothing else reaches the library. */
#include "resolver/servers.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static enum result put_together(struct slice host, struct slice port, char text[SERVER_TEXT])
{
	char name[INET6_ADDRSTRLEN + 1] = "";
	uint64_t number = 53;

	if (host.len == 0 || host.len >= sizeof(name) || slice_has(host, '\0'))
		return REFUSED;
	memcpy(name, host.at, host.len);
	if (port.len)
		TRY(slice_number(port, 65535, &number));
	if (!is_address(name) || number == 0)
		return REFUSED;
	(void)snprintf(text, SERVER_TEXT, "%s@%u", name, (unsigned)number);
	return OK;
}

enum result server_text(struct slice written, char ret_text[SERVER_TEXT])
{
	struct slice port = written, host = slice_cut(&port, '@');

	if (host.len < written.len && port.len == 0)
		return REFUSED;
	return put_together(host, port, ret_text);
}

/* After the zone: IP, IP:PORT, [IPv6]:PORT, or IP@PORT. */
enum result stub_text(struct slice written, char ret_zone[ZONE_TEXT], char ret_server[SERVER_TEXT])
{
	struct slice server = written, zone = slice_cut(&server, '@'), port, host;

	if (zone.len == 0 || zone.len >= ZONE_TEXT || slice_has(zone, '\0') || slice_has(zone, ' '))
		return REFUSED;
	memcpy(ret_zone, zone.at, zone.len);
	ret_zone[zone.len] = '\0';
	if (slice_has(server, '@') || !slice_has(server, ':'))
		return server_text(server, ret_server);
	port = server;
	host = slice_cut(&port, server.at[0] == '[' ? ']' : ':');
	if (server.at[0] != '[')
		return slice_has(port, ':') ? put_together(server, SLICE(""), ret_server)
					    : put_together(host, port, ret_server);
	if (host.len == server.len || (port.len && port.at[0] != ':') || slice_same(port, SLICE(":")))
		return REFUSED;
	return put_together(slice_drop(host, 1), slice_drop(port, slice_begins(port, SLICE(":")) ? 1 : 0), ret_server);
}
