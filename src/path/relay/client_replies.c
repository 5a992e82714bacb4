/* SPDX-License-Identifier: Apache-2.0 */
/* Each stage is a row: which class of reply lets us go on, and what to do then, or when it is a refusal. */
#include "relay/client_parts.h"

static void reset(struct client *client)
{
	client->letter = NULL;
	client->stage = AT_RSET;
	client_say_plain(client, "RSET");
}

/* --- what a reply means, by stage -------------------------------------------------------------- */

static void greeted(struct client *client)
{
	client_say_hello(client, client->only_helo ? AT_HELO : AT_EHLO);
}

static void turned_away(struct client *client)
{
	client_end(client, reply_slice(&client->reply));
}

static void at_rest(struct client *client)
{
	client->letter = NULL;
	client->stage = AT_REST;
}

/* What the hop can take may have changed with what it was told: it is looked at here, at the last moment. */
static void begin_mail(struct client *client)
{
	struct slice reason = client_why_not(client, client->letter);

	if (reason.len > 0) {
		client_settle_rest(client, RELAY_FAILED, reason);
		at_rest(client);
		return;
	}
	client->stage = client->to_send = AT_MAIL;
	client_say_more(client);
}

void client_introduce(struct client *client)
{
	if (client->tells == TELLS_BY_XFORWARD && client->attributes)
		client_say_origin(client, AT_XFORWARD);
	else if (client->tells == TELLS_BY_XCLIENT && client->attributes)
		client_say_origin(client, AT_XCLIENT);
	else
		begin_mail(client);
}

/* After XCLIENT the conversation has begun anew, and the letter waits. */
static void hello_done(struct client *client)
{
	bool offered = client->stage == AT_EHLO && client->features & CLIENT_STARTTLS;

	if (!client->secure && client->wants_tls && offered) {
		client->stage = AT_STARTTLS;
		client_say_plain(client, "STARTTLS");
		return;
	}
	if (!client->secure && client->needs_tls) {
		client_end(client, SLICE("451 4.7.4 TLS is needed, and the next hop does not offer it"));
		return;
	}
	if (client->letter)
		begin_mail(client);
	else
		at_rest(client);
}

static void shake(struct client *client)
{
	client->stage = AT_SHAKING;
}

static void starttls_refused(struct client *client)
{
	if (client->needs_tls)
		client_end(client, SLICE("451 4.7.4 TLS is needed, and the next hop refused it"));
	else if (client->letter)
		begin_mail(client);
	else
		at_rest(client);
}

void client_secured(struct client *client)
{
	client->secure = true;
	client_say_hello(client, AT_EHLO);
}

static void ehlo_refused(struct client *client)
{
	if (client->lmtp || client->reply.code < 500)
		turned_away(client);
	else
		client_say_hello(client, AT_HELO);
}

static void mail_accepted(struct client *client)
{
	client->stage = AT_RCPT;
	client->answer_at = 0;
	if (client->to_send == AT_RCPT)
		client_say_more(client);
}

/* With PIPELINING replies to the commands behind it are still to come: they are heard, and mean nothing. Where TLS failed
 * just now, "530 must issue STARTTLS" is no word about the mail: it waits, and the next connection tries TLS again. */
static void mail_refused(struct client *client)
{
	bool all_sent = client->to_send == AT_CONTENT;

	if (client->plain_for_once && client->reply.code >= 500) {
		client_settle_rest(client, RELAY_DEFERRED, reply_slice(&client->reply));
		client_end(client, reply_slice(&client->reply));
		return;
	}
	for (size_t i = 0; i < client->letter->count; i++)
		client_settle(client, i, client_outcome(client, client->reply.code), reply_slice(&client->reply));
	if (!all_sent) {
		reset(client);
		return;
	}
	client->stage = AT_RCPT;
	client->answer_at = 0;
}

static void all_rcpt_answered(struct client *client)
{
	if (client->accepted == 0)
		reset(client);
	else
		client->stage = AT_CONTENT;
}

/* The stage after a reply to RCPT, once it is noted. */
static void after_rcpt(struct client *client)
{
	unsigned long due = client->asked - client->answered;
	bool chunks = client->features & CLIENT_CHUNKING;

	if (client->to_send == AT_CONTENT && chunks) {
		if (due == 0)
			all_rcpt_answered(client);
		return;
	}
	if (client->to_send == AT_CONTENT) {
		client->stage = due > 1 ? AT_RCPT : AT_DATA;
		return;
	}
	if (client->to_send == AT_DATA && client->accepted == 0) {
		reset(client);
		return;
	}
	if (client->to_send == AT_DATA)
		client->stage = AT_DATA;
	client_say_more(client);
}

static void rcpt_accepted(struct client *client)
{
	client->answer_at = client_next_in_state(client->letter, client->answer_at, ASKED);
	if (client->answer_at < client->letter->count) {
		client->letter->recipients[client->answer_at++].state = ACCEPTED;
		client->accepted++;
	}
	after_rcpt(client);
}

/* RFC 5321 4.5.3.1.10: a 552 here is an old way to say 452, too many recipients. */
static void rcpt_refused(struct client *client)
{
	unsigned code = client->reply.code == 552 ? 452 : client->reply.code;

	client->answer_at = client_next_in_state(client->letter, client->answer_at, ASKED);
	if (client->answer_at < client->letter->count)
		client_settle(client, client->answer_at++, client_outcome(client, code), reply_slice(&client->reply));
	after_rcpt(client);
}

/* RFC 2920 3.1: nobody was accepted and DATA was: a lone dot ends it. In LMTP nobody would answer that dot. */
static void data_accepted(struct client *client)
{
	if (client->accepted > 0) {
		client->stage = AT_CONTENT;
		return;
	}
	if (client->lmtp) {
		client_end_in_disorder(client);
		return;
	}
	client->letter = NULL;
	client->stage = AT_LONE_DOT;
	client_say_plain(client, ".");
}

static void data_refused(struct client *client)
{
	client_settle_rest(client, client_outcome(client, client->reply.code), reply_slice(&client->reply));
	reset(client);
}

/* A chunk was taken, and more follow (RFC 3030 2). */
static void chunk_kept(struct client *client)
{
	client->chunks_due--;
}

static void content_refused(struct client *client)
{
	client_content_failed(client, client_outcome(client, client->reply.code), reply_slice(&client->reply));
}

static void dot_answered(struct client *client)
{
	enum relay_outcome outcome = client_outcome(client, client->reply.code);

	if (client->lmtp) {
		client->answer_at = client_next_in_state(client->letter, client->answer_at, ACCEPTED);
		if (client->answer_at < client->letter->count)
			client_settle(client, client->answer_at, outcome, reply_slice(&client->reply));
	} else {
		client_settle_rest(client, outcome, reply_slice(&client->reply));
	}
	if (client->asked == client->answered)
		at_rest(client);
}

static void said_goodbye(struct client *client)
{
	client->stage = AT_END;
}

static const struct stage {
	unsigned good;                                  /* class of the reply that lets us go on */
	void (*yes)(struct client *);
	void (*no)(struct client *);                    /* 4xx, 5xx */
} stages[CLIENT_STAGES] = {
	[AT_GREETING] = { 2, greeted,       turned_away  },
	[AT_EHLO]     = { 2, hello_done,    ehlo_refused },
	[AT_HELO]     = { 2, hello_done,    turned_away  },
	[AT_STARTTLS] = { 2, shake,         starttls_refused },
	[AT_SHAKING]  = { 0, NULL,          NULL         },
	[AT_REST]     = { 0, NULL,          NULL         },
	[AT_XFORWARD] = { 2, begin_mail,    begin_mail   },
	[AT_XCLIENT]  = { 2, greeted,       turned_away  },
	[AT_MAIL]     = { 2, mail_accepted, mail_refused },
	[AT_RCPT]     = { 2, rcpt_accepted, rcpt_refused },
	[AT_DATA]     = { 3, data_accepted, data_refused },
	[AT_CONTENT]  = { 2, chunk_kept,    content_refused },
	[AT_DOT]      = { 2, dot_answered,  dot_answered },
	[AT_LONE_DOT] = { 2, at_rest,       at_rest      },
	[AT_RSET]     = { 2, at_rest,       turned_away  },
	[AT_QUIT]     = { 2, said_goodbye,  said_goodbye },
	[AT_END]      = { 0, NULL,          NULL         },
};

/* Nothing was asked: a goodbye, a refusal in the middle of the content, or disorder. */
static void unasked(struct client *client)
{
	unsigned code = client->reply.code;

	if (code == 421)
		client_end(client, reply_slice(&client->reply));
	else if (client->stage == AT_CONTENT && code >= 400)
		client_content_failed(client, client_outcome(client, code), reply_slice(&client->reply));
	else
		client_end_in_disorder(client);
}

/* After the last chunk the replies to those before it come first. */
static const struct stage *stage_of(const struct client *client)
{
	return &stages[client->chunks_due > 0 ? AT_CONTENT : client->stage];
}

/* In LMTP after the dot it may also be the reply for one recipient, and others follow. */
static bool is_goodbye(const struct client *client)
{
	bool for_one = client->lmtp && client->stage == AT_DOT && client->chunks_due == 0;

	return client->reply.code == 421 && client->stage != AT_QUIT && !for_one;
}

void client_reply(struct client *client, unsigned long due_until)
{
	const struct stage *stage = stage_of(client);
	unsigned code = client->reply.code;

	if (client->answered >= due_until) {
		unasked(client);
		return;
	}
	if (is_goodbye(client)) {
		client_end(client, reply_slice(&client->reply));
		return;
	}
	client->answered++;
	if (code / 100 == stage->good && stage->yes != NULL)
		stage->yes(client);
	else if (code >= 400 && stage->no != NULL)
		stage->no(client);
	else
		client_end_in_disorder(client);
}
