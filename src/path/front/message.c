/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be accepted any more is not kept any more: its bytes pass by until the final dot. */
#include "front/message.h"

#include "front/identity.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/sealed.h"
#include "front/hoard.h"
#include "front/trace.h"

#include <sys/random.h>
#include <unistd.h>

static void give_back(struct client *client)
{
	struct shared *shared = client->shared;

	fd_close(&client->memfd);
	if (client->hold.bytes == 0)
		return;
	flight_give(&shared->flight, &client->hold);
	counter_set(&shared->process->counters, FRONT_COUNT_bytes_in_flight, shared->flight.used);
	hoard_given(shared);
}

void message_drop(struct client *client)
{
	give_back(client);
	client->size = client->brought = client->waited = 0;
	client->eight_bit = client->too_large = client->no_room = client->starved = false;
	client->body = (struct body){ 0 };
	client->normal = (struct normal){ 0 };
	client->headers = (struct headers){ 0 };
	client->pace = (struct pace){ 0 };
}

void message_begin(struct client *client)
{
	uint64_t chance = 0;

	message_drop(client);
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		chance = client->shared->deposits.serial;
	message_id_make(clock_wall_ms(), chance, client->id);
	client->received = clock_wall();
}

/* Those we trust may be careless with line ends, strangers only where a length says what ends (decision 4). */
static bool is_normalised(const struct client *client)
{
	return client->session.client & SESSION_TRUSTED || client->session.chunked;
}

static bool is_faulty(const struct client *client)
{
	return client->body.faults && !is_normalised(client);
}

static bool is_lost(const struct client *client)
{
	return client->too_large || client->no_room || is_faulty(client);
}

/* Whoever is counted among the connections has a share with its network; a user of this machine has one alone. */
static enum result take(struct client *client, uint64_t bytes)
{
	bool local = client->session.client & SESSION_LOCAL;
	struct admission_key network = local ? admission_client(&client->address) : admission_network(&client->address);

	return flight_take(&client->shared->flight, &client->hold, client->counted ? &network : NULL, bytes);
}

enum result message_room(struct client *client, size_t more)
{
	struct shared *shared = client->shared;
	uint64_t need = client->size + (is_normalised(client) ? NORMAL_ROOM * more : more);

	if (is_lost(client) || need <= client->hold.bytes)
		return OK;
	if (take(client, need - client->hold.bytes) != OK) {
		hoard_wait(shared);
		return LATER;
	}
	counter_set(&shared->process->counters, FRONT_COUNT_bytes_in_flight, shared->flight.used);
	return OK;
}

static enum result open_memfd(struct client *client)
{
	if (client->memfd < 0)
		client->memfd = sealed_begin("message");
	return client->memfd < 0 ? LATER : OK;
}

static enum result keep(struct client *client, struct slice piece)
{
	TRY(open_memfd(client));
	return sealed_write(client->memfd, piece);
}

static bool is_too_large_for_one(const struct client *client)
{
	return client->session.most && client->size > client->session.most;
}

static void add(struct client *client, struct slice piece)
{
	headers_add(&client->headers, piece);
	client->eight_bit = client->eight_bit || slice_has_eight_bit(piece);
	client->size += piece.len;
	if (client->size > client->session.rules->message_limit || is_too_large_for_one(client))
		client->too_large = true;
	if (!is_lost(client) && keep(client, piece) != OK)
		client->no_room = true;
	if (is_lost(client))
		give_back(client);
}

/* How much at its front has its normal form: body.h has looked at what comes behind DATA. A CR at the end may be bare. */
static size_t as_it_should_be(const struct client *client, struct slice piece)
{
	if (!is_normalised(client))
		return piece.len;
	if (client->session.chunked || client->body.faults || client->normal.after_cr)
		return 0;
	return piece.len - (piece.at[piece.len - 1] == '\r');
}

void message_add(struct client *client, struct slice piece)
{
	char room[CLIENT_INPUT + NORMAL_ROOM];           /* so that a whole piece is one write */

	while (piece.len) {
		size_t good = as_it_should_be(client, piece);

		if (good)
			add(client, slice_take(&piece, good));
		else
			add(client, normal_next(&client->normal, &piece, room, sizeof(room)));
	}
}

static enum result seal(struct client *client)
{
	TRY(open_memfd(client));
	return sealed_end(client->memfd);
}

enum session_body message_so_far(const struct client *client)
{
	if (is_faulty(client))
		return BODY_FAULTY;
	if (client->too_large)
		return is_too_large_for_one(client) ? BODY_TOO_LARGE_FOR_ONE : BODY_TOO_LARGE;
	if (client->headers.hops > client->session.rules->hops)
		return BODY_LOOPS;
	return client->no_room ? BODY_NO_ROOM : BODY_FINE;
}

enum session_body message_end(struct client *client)
{
	enum session_body how = message_so_far(client);

	normal_end(&client->normal);
	if (how == BODY_FINE && seal(client) != OK)
		return BODY_NO_ROOM;
	return how;
}

static enum result add_trace(struct client *client, struct envelope *envelope, struct buffer *trace)
{
	char date[CLOCK_MAIL_SIZE];
	const struct trace facts = { .envelope = envelope, .hostname = client->session.rules->hostname, .date = date,
	                             .headers = client->headers.seen };

	clock_mail_text(client->received, client->shared->process->utc_offset, date);
	TRY(trace_write(&facts, trace));
	envelope->trace = buffer_slice(trace);
	return OK;
}

/* The client that a neighbour names. It is trusted only if it would be here too: no check is left out on its account. */
static void put_forwarded(struct client *client, struct envelope *envelope, char address[CLIENT_ADDRESS])
{
	const struct claim *claim = &client->session.message_from;
	bool known = claim->addressed && identity_text(&claim->address, address);

	envelope->client_address = known ? slice_of(address) : SLICE("");
	if (!known || !networks_have(&client->door->trusted, &claim->address))
		envelope->flags &= ~(uint32_t)ENVELOPE_TRUSTED;
}

static enum result deposit(struct client *client, struct buffer *trace)
{
	char address[CLIENT_ADDRESS];
	struct envelope envelope;

	TRY(session_envelope(&client->session, &envelope));
	envelope.id = (struct slice){ client->id, MESSAGE_ID_SIZE };
	envelope.received = client->received;
	envelope.uid = client->uid;
	if (client->normal.changed)
		envelope.flags |= ENVELOPE_NORMALISED;
	if (client->eight_bit)
		envelope.flags |= ENVELOPE_EIGHT_BIT;
	envelope.listener = slice_of(client->door->name);
	envelope.client_address = slice_of(client->address_text);
	if (client->session.message_from.there)
		put_forwarded(client, &envelope, address);
	TRY(add_trace(client, &envelope, trace));
	return deposits_send(&client->shared->deposits, &envelope, client->memfd, client, &client->exchange);
}

enum result message_deposit(struct client *client)
{
	struct buffer trace;
	enum result end;

	buffer_init(&trace, TRACE_LONGEST);
	end = deposit(client, &trace);
	buffer_finish(&trace);
	return end;
}
