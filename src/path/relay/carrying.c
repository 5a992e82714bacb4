/* SPDX-License-Identifier: Apache-2.0 */
/* A connection at rest takes a letter, carries it, waits until the queue has noted its results, and rests again. */
#include "relay/connection_parts.h"

void carrying_leave_idle(struct connection *connection)
{
	struct connection **at = &connection->destination->idle;

	while (*at && *at != connection)
		at = &(*at)->next_idle;
	if (*at)
		*at = connection->next_idle;
	connection->idle = false;
}

/* Once for each letter. What was refused in order is no trouble; a connection that breaks is. */
void carrying_is_over(struct connection *connection, bool in_order)
{
	struct destination *destination = connection->destination;

	if (!connection->carries)
		return;
	connection->carries = false;
	if (connection->hop.backend)
		connection->hop.backend->carrying--;
	if (in_order)
		window_good(&destination->window, connection->office->settings.connections.n);
	else if (!connection->stopping && !connection->client.handed_back)
		window_trouble(&destination->window);
}

/* --- letters ---------------------------------------------------------------------------------------- */

static void settled(void *own, size_t which, enum relay_outcome outcome, struct slice reply)
{
	struct connection *connection = own;

	if (connection->stopping && connection->client.stage != AT_DOT && outcome == RELAY_DEFERRED)
		return;
	jobs_settle(&connection->office->jobs, connection->letter->lent, connection->addressees[which], outcome,
	            slice_of(connection->hop.name), reply);
}

static bool tells(const struct connection *connection, unsigned how)
{
	return connection->hop.backend && connection->hop.backend->settings.client.is == how;
}

void carrying_set_up(struct connection *connection)
{
	struct client *client = &connection->client;

	client_init(client, connection->hop.lmtp, connection->office->hostname, settled, connection);
	client->only_helo = connection->hop.only_helo;
	securing_set_up(connection);
	client->tells = tells(connection, TARGET_CLIENT_XFORWARD) ? TELLS_BY_XFORWARD :
	                tells(connection, TARGET_CLIENT_XCLIENT) ? TELLS_BY_XCLIENT : TELLS_NOBODY;
	if (tells(connection, TARGET_CLIENT_PROXY))
		connection->bound = destination_next(connection->destination);
}

static void count_letter(struct connection *connection)
{
	struct backend *backend = connection->hop.backend;

	connection->carries = true;
	if (backend == NULL)
		return;
	backend->carrying++;
	backend_took_letter(backend, loop_ticks(connection->office->loop));
}

static void begin_letter(struct connection *connection, struct letter *letter)
{
	struct lent *lent = letter->lent;
	const struct transmit_plan plan = { .head = lent->trace, .edits = &lent->edits, .length = lent->length };
	struct client_letter *spoken = &connection->spoken;

	connection->letter = letter;
	letter->carrier = connection;
	letter->tls = securing_words(connection, &lent->memory);
	connection->letters++;
	count_letter(connection);
	*spoken = (struct client_letter){ .sender = lent->sender, .size = transmit_size(&plan),
		                          .eight_bit = lent->flags & DELIVER_EIGHT_BIT, .utf8 = lent->flags & DELIVER_UTF8,
		                          .recipients = connection->recipients, .envelope_id = lent->envelope_id,
		                          .ret_full = lent->flags & DELIVER_RET_FULL,
		                          .ret_headers = lent->flags & DELIVER_RET_HEADERS, .origin = lent->origin };
	for (struct addressee *addressee = letter->first; addressee && spoken->count < CLIENT_RECIPIENTS;
	     addressee = addressee->next) {
		connection->addressees[spoken->count] = addressee;
		connection->recipients[spoken->count++] = (struct client_recipient){
			.address = addressee->address, .notify = addressee->notify, .original = addressee->original };
	}
	connection->steps = NULL;
	if (looking_is_needed(connection))
		looking_begin(connection);
	else
		client_begin(&connection->client, spoken);
}

void connection_carry(struct connection *connection, struct letter *letter)
{
	carrying_leave_idle(connection);
	begin_letter(connection, letter);
	connection_act(connection);
}

/* What a server was told of one client does not hold for the next. */
static bool is_used_up(const struct connection *connection)
{
	if (connection->letters > 0 && (tells(connection, TARGET_CLIENT_PROXY) || tells(connection, TARGET_CLIENT_XCLIENT)))
		return true;
	return connection->letters >= connection->office->settings.messages_per_connection.n ||
	       tells(connection, TARGET_CLIENT_PROXY);
}

static void is_ready(struct connection *connection)
{
	connection->ready = true;
	connection->destination->connecting--;
	destination_hop_up(connection->destination, &connection->hop);
}

static void go_idle(struct connection *connection)
{
	struct destination *destination = connection->destination;

	connection->idle = true;
	connection->next_idle = destination->idle;
	destination->idle = connection;
	connection_start_timer(connection);
	destination_pump(destination);
}

/* At rest, and nothing of the last letter is waited for. */
void carrying_rest(struct connection *connection)
{
	struct letter *bound = connection->bound;

	if (!connection->ready)
		is_ready(connection);
	carrying_is_over(connection, true);
	if (connection->letter || connection->idle)
		return;
	connection->bound = NULL;
	if (bound) {
		begin_letter(connection, bound);
		connection_act(connection);
	} else if (connection->stopping || is_used_up(connection)) {
		client_quit(&connection->client);
		connection_act(connection);
	} else {
		go_idle(connection);
	}
}

void connection_noted(struct connection *connection)
{
	connection->letter = NULL;
	if (!connection->ended && connection->client.stage == AT_REST)
		connection_act(connection);
}
