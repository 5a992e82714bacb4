/* SPDX-License-Identifier: Apache-2.0 */
/* The socket is looked at, never read. */
#include "front/presence.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { LOOK_EACH_MS = 1000 };

/* Bytes that wait hide an end, and are not looked at twice. */
bool presence_ended(struct client *client)
{
	char byte;
	ssize_t got = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	client->spoke = got > 0;
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool is_closed(const struct client *client)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE);
}

bool presence_lost(struct client *client)
{
	uint64_t now = loop_ticks(&client->shared->process->loop);

	if (now - client->looked < LOOK_EACH_MS)
		return false;
	client->looked = now;
	return presence_ended(client) || is_closed(client);
}
