/* SPDX-License-Identifier: Apache-2.0 */
/* A conversation begins, carries letters and ends; what the server answers in between is client_replies.c's. */
#include "relay/client_parts.h"

/* --- outcomes ----------------------------------------------------------------------------- */

void client_settle(struct client *client, size_t which, enum relay_outcome outcome, struct slice reply)
{
	struct client_recipient *recipient = &client->letter->recipients[which];

	if (recipient->state == SETTLED)
		return;
	recipient->state = SETTLED;
	client->settled(client->owner, which, outcome, reply);
}

void client_settle_rest(struct client *client, enum relay_outcome outcome, struct slice reply)
{
	if (client->letter == NULL)
		return;
	for (size_t i = 0; i < client->letter->count; i++)
		client_settle(client, i, outcome, reply);
	client->letter = NULL;
}

/* RFC 3461 5.2.2: a hop that offers DSN answers for the notices from now on. LMTP's is the mailbox itself. */
enum relay_outcome client_outcome(const struct client *client, unsigned code)
{
	if (code >= 400)
		return code >= 500 ? RELAY_FAILED : RELAY_DEFERRED;
	if (client->features & CLIENT_DSN)
		return RELAY_PASSED_ON;
	return client->lmtp ? RELAY_DELIVERED : RELAY_RELAYED;
}

/* A letter that had not begun on a connection used before is nobody's failure: it goes another way. */
void client_end(struct client *client, struct slice reply)
{
	bool begins = client->stage == AT_MAIL || client->stage == AT_XFORWARD || client->stage == AT_XCLIENT;

	if (begins && client->answered < client->asked && client->letters > 1 && client->letter != NULL) {
		client->handed_back = true;
		client->letter = NULL;
	}
	client_settle_rest(client, RELAY_DEFERRED, reply);
	client->ending_length = reply.len < RELAY_REPLY ? reply.len : RELAY_REPLY;
	memcpy(client->ending, reply.at, client->ending_length);
	client->stage = AT_END;
	buffer_clear(&client->out);
}

static const char *const stage_names[CLIENT_STAGES] = {
	[AT_GREETING] = "its greeting", [AT_EHLO] = "reply to EHLO", [AT_HELO] = "reply to HELO",
	[AT_STARTTLS] = "reply to STARTTLS", [AT_SHAKING] = "its TLS handshake", [AT_REST] = "silence",
	[AT_XFORWARD] = "reply to XFORWARD", [AT_XCLIENT] = "reply to XCLIENT",
	[AT_MAIL] = "reply to MAIL", [AT_RCPT] = "reply to RCPT", [AT_DATA] = "reply to DATA",
	[AT_CONTENT] = "waiting for the content", [AT_DOT] = "reply to the final dot",
	[AT_LONE_DOT] = "reply to the final dot", [AT_RSET] = "reply to RSET", [AT_QUIT] = "reply to QUIT",
	[AT_END] = "its end",
};

void client_end_in_disorder(struct client *client)
{
	static const char start[] = "451 4.5.0 the next hop broke the protocol in ";
	char text[128];
	int length = snprintf(text, sizeof(text), "%s%s", start, stage_names[client->stage]);

	client_end(client, (struct slice){ text, (size_t)length });
}

/* --- letters ---------------------------------------------------------------------------------- */

size_t client_next_in_state(const struct client_letter *letter, size_t from, enum recipient_state state)
{
	while (from < letter->count && letter->recipients[from].state != state)
		from++;
	return from;
}

void client_begin(struct client *client, struct client_letter *letter)
{
	client->letter = letter;
	client->handed_back = false;
	client->accepted = 0;
	client->chunks_due = 0;
	client_refuse_unspeakable(client);
	client->send_at = client_next_in_state(letter, 0, TO_ASK);
	if (client->send_at == letter->count) {
		client->letter = NULL;
		return;
	}
	client->letters++;
	client_introduce(client);
}

bool client_wants_chunks(const struct client *client)
{
	return client->features & CLIENT_CHUNKING;
}

bool client_takes_chunk(const struct client *client)
{
	return client->chunks_due == 0 || (client->features & CLIENT_PIPELINING);
}

void client_chunk_sent(struct client *client)
{
	if (client->stage != AT_CONTENT)
		return;
	client->asked++;
	client->chunks_due++;
}

void client_content_sent(struct client *client)
{
	if (client->stage != AT_CONTENT)
		return;
	client->stage = AT_DOT;
	client->answer_at = 0;
	client->asked += client->lmtp ? client->accepted : 1;
}

void client_content_failed(struct client *client, enum relay_outcome outcome, struct slice reply)
{
	client_settle_rest(client, outcome, reply);
	client_end(client, reply);
}

void client_quit(struct client *client)
{
	if (client->stage != AT_REST) {
		client_end(client, SLICE("451 4.3.2 we are stopping"));
		return;
	}
	client->stage = AT_QUIT;
	client_say_plain(client, "QUIT");
}

void client_gone(struct client *client, struct slice reply)
{
	if (client->stage != AT_END)
		client_end(client, reply);
}

bool client_offers(const struct client *client, enum client_feature feature)
{
	return client->features & (unsigned)feature;
}

void client_init(struct client *client, bool lmtp, struct slice name,
                 void (*settled)(void *, size_t, enum relay_outcome, struct slice), void *owner)
{
	*client = (struct client){ .lmtp = lmtp, .name = name, .settled = settled, .owner = owner,
	                           .stage = AT_GREETING, .asked = 1 };
	reply_init(&client->reply);
	buffer_init(&client->out, CLIENT_COMMANDS);
}

void client_finish(struct client *client)
{
	buffer_finish(&client->out);
}
