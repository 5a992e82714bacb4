/* SPDX-License-Identifier: Apache-2.0 */
/* TLS between a connection's socket and its client. Bytes are counted as sent once TLS has taken them. */
#include "relay/connection_parts.h"

#include "base/idn.h"

#include <errno.h>
#include <sys/socket.h>

enum { PLAIN = 8192 };

/* ---- whom we believe ---- */

static unsigned how(const struct connection *connection)
{
	if (connection->hop.is_socket)
		return TARGET_TLS_NONE;
	return connection->hop.backend ? connection->hop.backend->settings.tls.is : TARGET_TLS_MAY;
}

/* RFC 7672 2.2: TLSA records count only where all that led to them was signed. Of a target of ours they were promised. */
static bool wants_records(const struct connection *connection)
{
	if (how(connection) == TARGET_TLS_DANE)
		return true;
	return connection->hop.backend == NULL && connection->hop.is_signed && connection->office->settings.dane.on;
}

void securing_set_up(struct connection *connection)
{
	bool plain = destination_hop_goes_plain(connection->destination, &connection->hop);

	connection->client.needs_tls = how(connection) >= TARGET_TLS_REQUIRED;
	connection->client.plain_for_once = plain && !connection->client.needs_tls;
	connection->client.wants_tls = how(connection) != TARGET_TLS_NONE && (connection->client.needs_tls || !plain);
}

static struct slice name_of(const struct connection *connection)
{
	const struct backend *backend = connection->hop.backend;
	struct target target;

	if (backend && backend->settings.tls.is != TARGET_TLS_DANE && backend->settings.tls_name.is.len)
		return backend->settings.tls_name.is;
	return target_parse(slice_of(connection->hop.name), &target) == OK ? target.host : SLICE("");
}

/* ---- TLSA records ---- */

/* Found: nothing goes without TLS from here on. A target of ours must have some that verify it. */
static void records_came(void *own, const struct dns_reply *reply)
{
	struct connection *connection = own;
	enum result end = dane_read(&connection->dane, reply);
	bool must = how(connection) == TARGET_TLS_DANE;

	if (end == LATER) {
		connection_fail(connection, "451 4.4.3", "could not be looked up: the DNS did not answer about its TLSA records");
		return;
	}
	if (must && (end == REFUSED || connection->dane.count == 0)) {
		connection_fail(connection, "451 4.7.5", "has no signed TLSA records that can be used");
		return;
	}
	if (end == OK)
		connection->client.wants_tls = connection->client.needs_tls = true;
	connecting_go(connection);
}

bool securing_asks_first(struct connection *connection)
{
	char text[DNS_NAME + 1];
	struct slice name;

	if (!wants_records(connection))
		return false;
	if (!connection->hop.is_signed || dane_name(name_of(connection), connection->hop.port, text, &name) != OK) {
		connection_fail(connection, "451 4.7.5", "has no address that is signed in the DNS");
		return true;
	}
	connection->question.answered = records_came;
	connection->question.owner = connection;
	resolve_ask(&connection->office->resolve, DNS_TLSA, name, &connection->question);
	connection_start_timer(connection);
	return true;
}

/* ---- the handshake ---- */

static void failed(struct connection *connection, const char *why)
{
	struct log_line line;

	log_begin(&line, connection->office->log, LOG_LEVEL_NOTICE, SLICE(""), "tls-failed");
	log_text(&line, "hop", slice_of(connection->hop.name));
	log_text(&line, "reason", slice_of(why));
	log_end(&line);
	connection_fail(connection, "451 4.7.5", "TLS: %s", why);
}

static void go_on(struct connection *connection)
{
	enum result end = tls_go_on(&connection->tls);

	if (end == OK)
		client_secured(&connection->client);
	if (end != AGAIN && end != OK)
		failed(connection, tls_why(&connection->tls));
	else
		connection_act(connection);
}

/* RFC 7672 2.2: records of which none can be used (dane_read() knows only their lengths) want TLS with any certificate. */
static enum result begin(struct connection *connection, struct tls_peer *peer)
{
	enum result end = tls_connect(&connection->tls, connection->office->tls, peer);

	if (end != REFUSED || peer->tlsa_count == 0 || how(connection) == TARGET_TLS_DANE)
		return end;
	connection->dane.count = peer->tlsa_count = 0;
	return tls_connect(&connection->tls, connection->office->tls, peer);
}

void securing_begin(struct connection *connection)
{
	struct idn room;
	struct tls_peer peer = { .name = idn_ascii(name_of(connection), &room), .also = slice_of(connection->destination->domain),
	                         .tlsa = connection->dane.records, .tlsa_count = connection->dane.count };

	if (how(connection) == TARGET_TLS_VERIFIED) {
		peer.trust = authorities_find(&connection->office->authorities, &connection->hop.backend->settings);
		if (peer.trust == NULL) {
			failed(connection, "the file with authorities was not read at the start");
			return;
		}
	}
	if (begin(connection, &peer) != OK)
		failed(connection, "it could not be begun");
	else
		go_on(connection);
}

/* ---- bytes ---- */

bool securing_is_on(const struct connection *connection)
{
	return connection->tls.phase != TLS_OFF;
}

struct slice securing_words(const struct connection *connection, struct arena *memory)
{
	struct slice words = SLICE("");
	char text[128];
	int length;

	if (!connection->client.secure)
		return words;
	length = snprintf(text, sizeof(text), "%s %s %s", tls_version(&connection->tls), tls_cipher(&connection->tls),
	                  connection->dane.count ? "dane" : how(connection) == TARGET_TLS_VERIFIED ? "verified" : "unverified");
	if (length < 0 || (size_t)length >= sizeof(text))
		length = 0;
	return arena_keep(memory, (struct slice){ text, (size_t)length }, &words) == OK ? words : SLICE("");
}

enum result securing_flush(struct connection *connection)
{
	struct buffer *out = &connection->tls.out;

	while (buffer_length(out)) {
		ssize_t sent = send(connection->fd, buffer_slice(out).at, buffer_length(out), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? AGAIN : LATER;
		buffer_eat(out, (size_t)sent);
	}
	buffer_relax(out);
	return OK;
}

enum result securing_send(struct connection *connection, struct slice bytes, size_t *ret_sent)
{
	TRY(securing_flush(connection));
	if (tls_say(&connection->tls, bytes, ret_sent) == REFUSED)
		return LATER;
	return OK;
}

/* What was said, to the client. REFUSED: there is nobody any more. */
static enum result hear(struct connection *connection)
{
	struct buffer plain;
	enum result end;

	buffer_init(&plain, PLAIN);
	do {
		buffer_clear(&plain);
		end = tls_take(&connection->tls, &plain);
		if (buffer_length(&plain))
			client_bytes(&connection->client, buffer_slice(&plain));
	} while (end == OK && connection->client.stage != AT_END);
	buffer_finish(&plain);
	return end;
}

enum result securing_read(struct connection *connection)
{
	struct buffer *in = &connection->tls.in;
	char *room;
	ssize_t got;

	if (buffer_room(in) == 0 || buffer_reserve(in, buffer_room(in), &room) != OK)
		return REFUSED;
	got = recv(connection->fd, room, buffer_room(in), MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		return REFUSED;
	if (got > 0)
		buffer_grew(in, (size_t)got);
	if (connection->tls.phase == TLS_SHAKING) {
		go_on(connection);
		return AGAIN;
	}
	return hear(connection) == REFUSED && connection->client.stage != AT_END ? REFUSED : OK;
}
