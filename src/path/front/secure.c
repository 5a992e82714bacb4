/* SPDX-License-Identifier: Apache-2.0 */
/* A handshake's success is one event more in a session's life: all that was said before it is forgotten. */
#include "front/secure.h"

#include "front/allowance.h"
#include "front/crowd.h"
#include "front/deadline.h"
#include "front/record.h"

bool secure_is_on(const struct client *client)
{
	return client->tls.phase != TLS_OFF;
}

bool secure_is_shaking(const struct client *client)
{
	return client->tls.phase == TLS_SHAKING;
}

bool secure_wants(const struct client *client)
{
	return !secure_is_on(client) || (buffer_room(&client->tls.in) && !client->tls.asked);
}

static void failed(struct client *client)
{
	record_insecure(client, tls_why(&client->tls));
	session_gone(&client->session);
	buffer_clear(&client->out);
}

void secure_begin(struct client *client)
{
	struct shared *shared = client->shared;

	if (!shared->certificates.ready ||
	    tls_accept(&client->tls, shared->certificates.server, &shared->signatures.signer) != OK) {
		record_insecure(client, "there is no certificate that can be used");
		session_gone(&client->session);
		return;
	}
	client->state = CLIENT_SECURING;
	if (buffer_add(&client->tls.out, buffer_slice(&client->out)) != OK)
		session_gone(&client->session);
	buffer_clear(&client->out);
	deadline_arm(client);
}

void secure_begin_unasked(struct client *client)
{
	if (allowance_handshake(client) == OK) {
		secure_begin(client);
		return;
	}
	record_insecure(client, "too many handshakes of its address or network in this minute");
	session_gone(&client->session);
}

static void done(struct client *client)
{
	bool implicit = client->door->rules.tls == SESSION_TLS_IMPLICIT;

	client->state = CLIENT_TALKING;
	crowd_ended_message(client);
	session_secured(&client->session, tls_version(&client->tls), tls_cipher(&client->tls));
	record_secure(client);
	if (implicit && session_greet(&client->session) != OK)
		session_gone(&client->session);
	deadline_arm(client);
}

void secure_go_on(struct client *client)
{
	switch (tls_go_on(&client->tls)) {
	case OK:
		done(client);
		return;
	case AGAIN:
		return;
	case REFUSED:
	case LATER:
	case BROKEN:
		break;
	}
	failed(client);
}

bool secure_take(struct client *client)
{
	size_t before = buffer_length(&client->in);

	if (client->tls.phase != TLS_TALKING || client->state != CLIENT_TALKING || client->starved ||
	    client->session.stage >= STAGE_VERDICT || buffer_room(&client->in) == 0)
		return false;
	if (tls_take(&client->tls, &client->in) == REFUSED && client->tls.phase == TLS_FAILED)
		failed(client);
	return buffer_length(&client->in) > before;
}

struct buffer *secure_outgoing(struct client *client)
{
	return secure_is_on(client) ? &client->tls.out : &client->out;
}

void secure_put(struct client *client)
{
	if (!secure_is_on(client) || secure_is_shaking(client))
		return;
	if (client->tls.phase != TLS_TALKING)
		buffer_clear(&client->out);
	else if (tls_put(&client->tls, &client->out) == REFUSED)
		failed(client);
}

void secure_goodbye(struct client *client)
{
	if (client->tls.phase == TLS_TALKING || client->tls.phase == TLS_CLOSED)
		tls_goodbye(&client->tls);
}

size_t secure_unsent(const struct client *client)
{
	return buffer_length(&client->out) + buffer_length(&client->tls.out);
}
