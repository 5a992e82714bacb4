/* SPDX-License-Identifier: Apache-2.0 */
/* Every event ends in act(), which looks at the client's stage and does the next thing: write, fill, wait, rest or
 * end. */
#include "relay/connection.h"

#include "relay/connection_parts.h"

#include "base/fd.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 8192, CONNECTIONS_MOST = 2000, QUIT_MS = 2000 };

void connections_init(struct office *office)
{
	pool_init(&office->connections, sizeof(struct connection), CONNECTIONS_MOST);
}

/* --- the end -------------------------------------------------------------------------------------- */

const struct hop *connection_hop(const struct connection *connection)
{
	return &connection->hop;
}

struct connection *connection_next_idle(const struct connection *connection)
{
	return connection->next_idle;
}

void connection_take_down(struct connection *connection)
{
	struct destination *destination = connection->destination;
	struct connection **at = &destination->connections;

	while (*at && *at != connection)
		at = &(*at)->next;
	if (*at)
		*at = connection->next;
	carrying_leave_idle(connection);
	watch_end(&connection->watch);
	timer_end(&connection->timer);
	fd_close(&connection->fd);
	client_finish(&connection->client);
	tls_finish(&connection->tls);
	resolve_forget(&connection->office->resolve, &connection->question);
	dane_finish(&connection->dane);
	arena_finish(&connection->memory);
	if (connection->letter)
		connection->letter->carrier = NULL;
	pool_give(&connection->office->connections, connection);
	counter_set(connection->office->counters, RELAY_COUNT_connections, connection->office->connections.used);
}

/* The hop went while its letter was being read for it. That is an attempt: the letter waits as after any other, or a hop
 * that always goes would be tried without end. */
static void give_up_looking(struct connection *connection, struct slice reason)
{
	jobs_settle_letter(&connection->office->jobs, connection->letter, RELAY_DEFERRED, slice_of(connection->hop.name),
	                   reason.len ? reason : SLICE("451 4.4.2 the connection ended before the message"));
}

/* What the destination learns of it: a hop that is down, a letter that goes another way, a free place. */
static void tell_destination(struct connection *connection)
{
	struct destination *destination = connection->destination;
	struct slice reason = { connection->client.ending, connection->client.ending_length };

	destination->going--;
	if (connection->hop.backend)
		connection->hop.backend->connections--;
	carrying_is_over(connection, false);
	if (!connection->ready) {
		destination->connecting--;
		if (connection->drops_tls)
			destination_hop_drops_tls(destination, &connection->hop);
		else if (connection->drops_ehlo)
			destination_hop_drops_ehlo(destination, &connection->hop);
		else if (!connection->stopping)
			destination_hop_down(destination, &connection->hop, reason);
	}
	if (connection->bound) {
		destination_put_back(destination, connection->bound);
		connection->bound = NULL;
	}
	if (connection->letter && !connection->stopping && connection->client.handed_back) {
		destination_put_back(destination, connection->letter);
		connection->letter = NULL;
	} else if (connection->letter && !connection->stopping && connection->looking) {
		give_up_looking(connection, reason);
	}
}

static void finish(struct connection *connection)
{
	struct destination *destination = connection->destination;

	if (!connection->ended) {
		connection->ended = true;
		carrying_leave_idle(connection);
		watch_end(&connection->watch);
		timer_stop(&connection->timer);
		fd_close(&connection->fd);
		tell_destination(connection);
	}
	if (!connection->filling)
		connection_take_down(connection);
	destination_pump(destination);
}

void connection_fail(struct connection *connection, const char *code, const char *format, ...)
{
	char why[160], text[RELAY_REPLY];
	va_list list;
	int length;

	va_start(list, format);
	(void)vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	connection->drops_tls = connection->client.stage == AT_SHAKING && !connection->client.needs_tls;
	length = snprintf(text, sizeof(text), "%s %s %s", code, connection->hop.name, why);
	client_gone(&connection->client, (struct slice){ text, (size_t)length });
	finish(connection);
}

/* --- time-outs -------------------------------------------------------------------------------------- */

static uint64_t patience(const struct connection *connection)
{
	const struct relay_settings *settings = &connection->office->settings;

	switch (connection->client.stage) {
	case AT_GREETING:
		return connection->connecting ? settings->connect_timeout.n : settings->greeting_timeout.n;
	case AT_SHAKING:
		return settings->handshake_timeout.n;
	case AT_REST:
		return settings->idle.n;
	case AT_CONTENT:
		return settings->data_timeout.n;
	case AT_DOT:
	case AT_LONE_DOT:
		return settings->final_timeout.n;
	case AT_EHLO:
	case AT_HELO:
	case AT_STARTTLS:
	case AT_XFORWARD:
	case AT_XCLIENT:
	case AT_MAIL:
	case AT_RCPT:
	case AT_DATA:
	case AT_RSET:
	case AT_QUIT:
	case AT_END:
	case CLIENT_STAGES:
		break;
	}
	return settings->command_timeout.n;
}

void connection_start_timer(struct connection *connection)
{
	uint64_t ms = connection->client.stage == AT_QUIT ? QUIT_MS : patience(connection) * 1000;

	connection->timed = connection->client.stage;
	connection->answered = connection->client.answered;
	(void)!timer_start(&connection->timer, ms);
}

/* A server that drips bytes does not get more time: only a reply that is whole does. */
static void renew_timer(struct connection *connection)
{
	if (connection->timed != connection->client.stage || connection->answered != connection->client.answered)
		connection_start_timer(connection);
}

static void too_late(void *own)
{
	struct connection *connection = own;

	if (connection->idle) {
		carrying_leave_idle(connection);
		client_quit(&connection->client);
		connection_act(connection);
		return;
	}
	if (connection->client.stage == AT_REST) {     /* waits to be noted */
		connection_start_timer(connection);
		return;
	}
	connection_fail(connection, "451 4.4.2", "%s",
	     connection->connecting ? "did not accept the connection in time" : "took too long");
}

/* --- the socket ------------------------------------------------------------------------------------------ */

static void lost(struct connection *connection)
{
	connection->drops_ehlo = connection->client.stage == AT_EHLO && !connection->ready && !connection->hop.lmtp;
	connection_fail(connection, "451 4.4.2", "closed the connection%s",
	     connection->client.stage == AT_DOT ? " after the final dot, without a word" : "");
}

void connection_act(struct connection *connection)
{
	enum result sent;

	if (connection->client.stage == AT_END) {
		finish(connection);
		return;
	}
	if (content_is_due(connection))
		content_begin(connection);
	sent = content_send_commands(connection);
	if (sent == OK)
		sent = content_send(connection);
	if (sent == OK && securing_is_on(connection))
		sent = securing_flush(connection);
	if (sent == LATER) {
		lost(connection);
		return;
	}
	if (sent == OK && connection->client.stage == AT_SHAKING && !securing_is_on(connection)) {
		securing_begin(connection);
		return;
	}
	renew_timer(connection);
	if (watch_for(&connection->watch, LOOP_READ | (sent == AGAIN ? LOOP_WRITE : 0)) != OK)
		lost(connection);
	else if (connection->client.stage == AT_REST && !connection->looking)
		carrying_rest(connection);
}

static void read_secured(struct connection *connection)
{
	enum result end = securing_read(connection);

	if (end == AGAIN)
		return;
	if (end == REFUSED) {
		lost(connection);
		return;
	}
	if (connection->idle && connection->client.stage != AT_REST)
		carrying_leave_idle(connection);
	connection_act(connection);
}

static void read_some(struct connection *connection)
{
	char bytes[READ_SIZE];
	ssize_t got = recv(connection->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got > 0) {
		client_bytes(&connection->client, (struct slice){ bytes, (size_t)got });
		if (connection->idle && connection->client.stage != AT_REST)
			carrying_leave_idle(connection);
		connection_act(connection);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		lost(connection);
	} else {
		connection_act(connection);
	}
}

static void ready(void *own, unsigned what)
{
	struct connection *connection = own;

	if (connection->connecting)
		connecting_done(connection);
	else if (what & LOOP_READ && securing_is_on(connection))
		read_secured(connection);
	else if (what & LOOP_READ)
		read_some(connection);
	else
		connection_act(connection);
}

static int family_of(const struct hop *hop)
{
	if (hop->is_socket)
		return AF_UNIX;
	return IN6_IS_ADDR_V4MAPPED(&hop->address) ? AF_INET : AF_INET6;
}

static void join(struct connection *connection)
{
	struct destination *destination = connection->destination;

	connection->next = destination->connections;
	destination->connections = connection;
	destination->going++;
	destination->connecting++;
	if (connection->hop.backend)
		connection->hop.backend->connections++;
	counter_add(connection->office->counters, RELAY_COUNT_connects, 1);
	counter_set(connection->office->counters, RELAY_COUNT_connections, connection->office->connections.used);
}

enum result connection_open(struct destination *destination, const struct hop *hop)
{
	struct office *office = destination->office;
	closing int fd = socket(family_of(hop), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct connection *connection = fd < 0 ? NULL : pool_take(&office->connections);

	if (connection == NULL)
		return LATER;
	connection->destination = destination;
	connection->office = office;
	connection->hop = *hop;
	connection->fd = fd_keep(&fd);
	connection->connecting = true;
	carrying_set_up(connection);
	watch_init(&connection->watch, office->loop, connection->fd, ready, connection);
	timer_init(&connection->timer, office->loop, too_late, connection);
	join(connection);
	connecting_begin(connection);
	return OK;
}

/* --- all of a destination's ---------------------------------------------------------------------------- */

static void stop_one(struct connection *connection)
{
	connection->stopping = true;
	if (connection->ended || connection->client.stage == AT_DOT || connection->client.stage == AT_QUIT)
		return;
	client_quit(&connection->client);
	connection_act(connection);
}

void connections_stop(struct destination *destination)
{
	struct connection *next;

	for (struct connection *connection = destination->connections; connection; connection = next) {
		next = connection->next;
		stop_one(connection);
	}
}

void connections_drop(struct destination *destination)
{
	while (destination->connections) {
		destination->connections->filling = false;
		connection_take_down(destination->connections);
	}
}
