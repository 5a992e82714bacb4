/* SPDX-License-Identifier: Apache-2.0 */
/* The first block is filled at once where the page cache has it, as it has for mail that was just kept. Else the crew
 * fills it, and all that come after, while the loop does other things; a block is sent before the next is filled. For
 * BDAT each block is a chunk, and its command is written into the room that is left in front of it. */
#include "relay/connection_parts.h"

#include <errno.h>
#include <sys/socket.h>

static void fill(struct job *job)
{
	struct connection *connection = (struct connection *)job;

	connection->filled = transmit_fill(&connection->transmit, connection->block + CHUNK_HEAD,
	                                   sizeof(connection->block) - CHUNK_HEAD, &connection->block_size);
}

static bool in_chunks(const struct connection *connection)
{
	return connection->transmit.plan.form == TRANSMIT_PLAIN;
}

static void write_chunk_head(struct connection *connection)
{
	char head[CHUNK_HEAD];
	int length = snprintf(head, sizeof(head), "BDAT %zu%s\r\n", connection->block_size,
	                      connection->filled_all ? " LAST" : "");

	memcpy(connection->block + CHUNK_HEAD - length, head, (size_t)length);
	connection->block_start -= (size_t)length;
	connection->block_size += (size_t)length;
}

static void fill_failed(struct connection *connection)
{
	if (connection->filled == REFUSED)
		client_content_failed(&connection->client, RELAY_FAILED,
		                      SLICE("554 5.6.0 the message has bytes that this next hop may not get"));
	else
		client_content_failed(&connection->client, RELAY_DEFERRED, SLICE("451 4.3.0 the message could not be read"));
}

static void begin_block(struct connection *connection)
{
	connection->block_start = CHUNK_HEAD;
	connection->block_size = connection->block_sent = 0;
}

static void take_block(struct connection *connection)
{
	connection->filled_all = connection->filled == OK;
	if (connection->filled != OK && connection->filled != AGAIN)
		fill_failed(connection);
	else if (in_chunks(connection))
		write_chunk_head(connection);
}

static void filled(struct job *job)
{
	struct connection *connection = (struct connection *)job;
	struct lent *lent = connection->transmit.plan.source;
	struct jobs *jobs = &connection->office->jobs;

	connection->filling = false;
	if (connection->ended) {
		connection_take_down(connection);
	} else {
		take_block(connection);
		connection_act(connection);
	}
	jobs_release(jobs, lent);
}

static void give_to_crew(struct connection *connection)
{
	connection->filling = true;
	begin_block(connection);
	connection->job = (struct job){ .work = fill, .done = filled };
	jobs_hold(connection->transmit.plan.source);
	crew_give(&connection->office->crew, &connection->job);
}

/* False: it is not all in memory (or cannot be sent), and the crew must begin anew. What is converted is much work for
 * the loop, and goes to the crew. */
static bool fill_at_once(struct connection *connection)
{
	if (connection->steps)
		return false;
	connection->transmit.plan.read = jobs_read_at_hand;
	begin_block(connection);
	fill(&connection->job);
	connection->transmit.plan.read = jobs_read;
	return connection->filled == OK || connection->filled == AGAIN;
}

void content_begin(struct connection *connection)
{
	struct lent *lent = connection->letter->lent;
	struct transmit_plan plan = {
		.form = client_wants_chunks(&connection->client) ? TRANSMIT_PLAIN : TRANSMIT_DOTTED,
		.seven_bit = !client_offers(&connection->client, CLIENT_EIGHT_BIT), .steps = connection->steps,
		.head = lent->trace, .edits = &lent->edits, .length = lent->length, .read = jobs_read, .source = lent };

	connection->filled_all = false;
	connection->filled = AGAIN;
	connection_start_timer(connection);
	transmit_init(&connection->transmit, &plan);
	if (fill_at_once(connection)) {
		take_block(connection);
		return;
	}
	transmit_init(&connection->transmit, &plan);
	give_to_crew(connection);
}

/* AGAIN: the socket takes no more now. LATER: it is gone. */
static enum result send_some(struct connection *connection, const char *bytes, size_t size, size_t *ret_sent)
{
	ssize_t sent;

	if (securing_is_on(connection)) {
		TRY(securing_send(connection, (struct slice){ bytes, size }, ret_sent));
		return *ret_sent ? OK : AGAIN;
	}
	sent = send(connection->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent >= 0) {
		*ret_sent = (size_t)sent;
		return OK;
	}
	return errno == EAGAIN || errno == EINTR ? AGAIN : LATER;
}

enum result content_send_commands(struct connection *connection)
{
	struct buffer *out = &connection->client.out;

	while (buffer_length(out) > 0) {
		size_t sent = 0;

		TRY(send_some(connection, buffer_slice(out).at, buffer_length(out), &sent));
		buffer_eat(out, sent);
	}
	buffer_relax(out);
	return OK;
}

static enum result send_block(struct connection *connection)
{
	while (connection->block_sent < connection->block_size) {
		size_t sent = 0;

		TRY(send_some(connection, connection->block + connection->block_start + connection->block_sent,
		              connection->block_size - connection->block_sent, &sent));
		connection->block_sent += sent;
		connection_start_timer(connection);
	}
	return OK;
}

/* A chunk that has gone is one reply more that is due, once. */
static void note_chunk(struct connection *connection)
{
	if (!in_chunks(connection) || connection->block_size == 0)
		return;
	connection->block_size = connection->block_sent = 0;
	client_chunk_sent(&connection->client);
}

/* OK: all has gone that there is. */
enum result content_send(struct connection *connection)
{
	if (connection->client.stage != AT_CONTENT || connection->filling)
		return OK;
	TRY(send_block(connection));
	if (connection->filled_all) {
		client_content_sent(&connection->client);
		return OK;
	}
	note_chunk(connection);
	if (!in_chunks(connection) || client_takes_chunk(&connection->client))
		give_to_crew(connection);
	return OK;
}

/* The first moment of the content; later moments come from filled() and from the socket. */
bool content_is_due(const struct connection *connection)
{
	return connection->client.stage == AT_CONTENT && !connection->filling && connection->timed != AT_CONTENT;
}
