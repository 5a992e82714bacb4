/* SPDX-License-Identifier: Apache-2.0 */
/* The balancer's header is looked at before it is taken, so that what follows it stays in the socket. */
#include "front/identity.h"

#include "front/allowance.h"
#include "front/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

unsigned identity_bits(const struct door *door, const struct in6_addr *address)
{
	return (networks_have(&door->trusted, address) ? (unsigned)SESSION_TRUSTED : 0u) |
	       (networks_have(&door->xclient_from, address) ? (unsigned)SESSION_XCLIENT : 0u) |
	       (networks_have(&door->xforward_from, address) ? (unsigned)SESSION_XFORWARD : 0u);
}

bool identity_text(const struct in6_addr *address, char text[CLIENT_ADDRESS])
{
	bool four = IN6_IS_ADDR_V4MAPPED(address);

	return inet_ntop(four ? AF_INET : AF_INET6, four ? &address->s6_addr[12] : &address->s6_addr[0], text,
	                 CLIENT_ADDRESS) != NULL;
}

void identity_write(struct client *client)
{
	if (client->session.client & SESSION_LOCAL || !identity_text(&client->address, client->address_text))
		client->address_text[0] = '\0';
}

enum result identity_take(struct client *client, const struct in6_addr *address)
{
	struct admission *admission = &client->shared->admission;
	unsigned bits = identity_bits(client->door, address);

	if (client->counted)
		admission_leave(admission, &client->address);
	client->counted = false;
	client->address = *address;
	client->session.client = bits;
	identity_write(client);
	if (bits & SESSION_TRUSTED)
		return OK;
	TRY(allowance_connect(client->shared, client->door, address));
	client->counted = true;
	return OK;
}

void identity_lose(struct client *client)
{
	client->session.client = 0;
	client->address_text[0] = '\0';
}

/* What was peeked at and belongs to the header. */
static enum result take(struct client *client, size_t bytes)
{
	char room[PROXY_MOST];

	return recv(client->fd, room, bytes, MSG_DONTWAIT) == (ssize_t)bytes ? OK : REFUSED;
}

enum result identity_header(struct client *client)
{
	size_t had = buffer_length(&client->in);
	struct proxy_header header;
	char room[PROXY_MOST];
	ssize_t got = recv(client->fd, room, sizeof(room) - had, MSG_PEEK | MSG_DONTWAIT);
	enum result end;

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR) ? AGAIN : REFUSED;
	if (buffer_add(&client->in, (struct slice){ room, (size_t)got }) != OK)
		return REFUSED;
	end = proxy_read(buffer_slice(&client->in), &header);
	if (end == AGAIN)
		return take(client, (size_t)got) == OK ? AGAIN : REFUSED;
	TRY(end);
	buffer_clear(&client->in);
	TRY(take(client, header.length - had));
	return identity_take(client, header.own ? &client->address : &header.address);
}
