/* SPDX-License-Identifier: Apache-2.0 */
/* A socket of the hop's kind; whether it came to be is known when it can be written to. */
#include "relay/connection_parts.h"

#include "base/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static void connect_failed(struct connection *connection, int error)
{
	connection_fail(connection, "451 4.4.1", "%s",
	                error == ECONNREFUSED ? "refused the connection" : strerrordesc_np(error));
}

/* Before the greeting; without a letter it is only looked whether the hop is there. */
static void add_proxy_head(struct connection *connection)
{
	const struct hop *hop = &connection->hop;
	struct slice client = connection->bound ? connection->bound->lent->origin.address : SLICE("");
	char head[PROXY_HEAD];

	if (hop->backend == NULL || hop->backend->settings.client.is != TARGET_CLIENT_PROXY)
		return;
	(void)!buffer_add(&connection->client.out,
	                  (struct slice){ head, proxy_head(client, &hop->address, hop->port, head) });
}

void connecting_done(struct connection *connection)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		connect_failed(connection, error);
		return;
	}
	connection->connecting = false;
	add_proxy_head(connection);
	connection_start_timer(connection);
	connection_act(connection);
}

static int connect_socket(int fd, const struct hop *hop)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, hop->path, sizeof(to.sun_path));
	to.sun_path[sizeof(to.sun_path) - 1] = '\0';
	return connect(fd, (const struct sockaddr *)&to, sizeof(to));
}

/* The end of a message would else wait for the next hop's delayed acknowledgement of what went before, 40 ms. */
static void send_at_once(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int connect_address(int fd, const struct hop *hop)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(hop->port), .sin6_addr = hop->address };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(hop->port) };

	send_at_once(fd);
	if (!IN6_IS_ADDR_V4MAPPED(&hop->address))
		return connect(fd, (const struct sockaddr *)&to, sizeof(to));
	memcpy(&to4.sin_addr, hop->address.s6_addr + 12, 4);
	return connect(fd, (const struct sockaddr *)&to4, sizeof(to4));
}

void connecting_go(struct connection *connection)
{
	const struct hop *hop = &connection->hop;
	int failed = hop->is_socket ? connect_socket(connection->fd, hop) : connect_address(connection->fd, hop);
	int error = failed ? errno : 0;

	if ((error != 0 && error != EINPROGRESS && error != EAGAIN) || watch_for(&connection->watch, LOOP_WRITE) != OK)
		connect_failed(connection, error);
	else
		connection_start_timer(connection);
}

void connecting_begin(struct connection *connection)
{
	if (!securing_asks_first(connection))
		connecting_go(connection);
}
