/* SPDX-License-Identifier: Apache-2.0 */
/* Each stage is a row: which class of reply lets us go on, and what to do then, or when it is a refusal. */
#include "relay/client.h"

enum { PIPELINING = 1, SIZE_LIMIT = 2, EIGHT_BIT = 4, UTF8 = 8 };

/* --- outcomes ----------------------------------------------------------------------------- */

static void settle(struct client *client, size_t which, enum relay_outcome outcome, struct slice reply)
{
	struct client_recipient *recipient = &client->letter->recipients[which];

	if (recipient->state == SETTLED)
		return;
	recipient->state = SETTLED;
	client->settled(client->owner, which, outcome, reply);
}

static void settle_rest(struct client *client, enum relay_outcome outcome, struct slice reply)
{
	if (client->letter == NULL)
		return;
	for (size_t i = 0; i < client->letter->count; i++)
		settle(client, i, outcome, reply);
	client->letter = NULL;
}

static enum relay_outcome outcome_of(unsigned code)
{
	return code >= 500 ? RELAY_FAILED : code >= 400 ? RELAY_DEFERRED : RELAY_DELIVERED;
}

/* A letter that had not begun on a connection used before is nobody's failure: it goes another way. */
static void end(struct client *client, struct slice reply)
{
	if (client->stage == AT_MAIL && client->answered < client->asked && client->letters > 1 &&
	    client->letter != NULL) {
		client->handed_back = true;
		client->letter = NULL;
	}
	settle_rest(client, RELAY_DEFERRED, reply);
	client->ending_length = reply.len < RELAY_REPLY ? reply.len : RELAY_REPLY;
	memcpy(client->ending, reply.at, client->ending_length);
	client->stage = AT_END;
	buffer_clear(&client->out);
}

static const char *const stage_names[CLIENT_STAGES] = {
	[AT_GREETING] = "its greeting", [AT_EHLO] = "reply to EHLO", [AT_HELO] = "reply to HELO",
	[AT_REST] = "silence", [AT_MAIL] = "reply to MAIL", [AT_RCPT] = "reply to RCPT", [AT_DATA] = "reply to DATA",
	[AT_CONTENT] = "waiting for the content", [AT_DOT] = "reply to the final dot",
	[AT_LONE_DOT] = "reply to the final dot", [AT_RSET] = "reply to RSET", [AT_QUIT] = "reply to QUIT",
	[AT_END] = "its end",
};

static void end_in_disorder(struct client *client)
{
	static const char start[] = "451 4.5.0 the next hop broke the protocol in ";
	char text[128];
	int length = snprintf(text, sizeof(text), "%s%s", start, stage_names[client->stage]);

	end(client, (struct slice){ text, (size_t)length });
}

/* --- commands ------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(struct client *client, const char *format, ...)
{
	va_list list;
	enum result result;

	va_start(list, format);
	result = buffer_format_list(&client->out, format, list);
	va_end(list);
	if (result != OK)
		end(client, SLICE("451 4.3.0 our commands do not fit, trying later"));
	client->asked++;
}

static void say_mail(struct client *client)
{
	const struct client_letter *letter = client->letter;
	char size[32] = "";

	if (client->features & SIZE_LIMIT)
		snprintf(size, sizeof(size), " SIZE=%llu", (unsigned long long)letter->size);
	client->to_send = AT_RCPT;
	say(client, "MAIL FROM:<%.*s>%s%s%s\r\n", SHOW(letter->sender), size,
	    letter->eight_bit && (client->features & EIGHT_BIT) ? " BODY=8BITMIME" : "",
	    letter->utf8 ? " SMTPUTF8" : "");
}

static size_t next_in_state(const struct client_letter *letter, size_t from, enum recipient_state state)
{
	while (from < letter->count && letter->recipients[from].state != state)
		from++;
	return from;
}

static void say_rcpt(struct client *client)
{
	struct client_recipient *recipient = &client->letter->recipients[client->send_at];

	recipient->state = ASKED;
	client->send_at = next_in_state(client->letter, client->send_at, TO_ASK);
	if (client->send_at == client->letter->count)
		client->to_send = AT_DATA;
	say(client, "RCPT TO:<%.*s>\r\n", SHOW(recipient->address));
}

static void say_data(struct client *client)
{
	client->to_send = AT_CONTENT;
	say(client, "DATA\r\n");
}

static void say_next(struct client *client)
{
	if (client->to_send == AT_MAIL)
		say_mail(client);
	else if (client->to_send == AT_RCPT)
		say_rcpt(client);
	else if (client->to_send == AT_DATA)
		say_data(client);
}

/* One command, or with PIPELINING all of them. */
static void say_more(struct client *client)
{
	do {
		say_next(client);
	} while ((client->features & PIPELINING) && client->to_send != AT_CONTENT && client->stage != AT_END);
}

static void reset(struct client *client)
{
	client->letter = NULL;
	client->stage = AT_RSET;
	say(client, "RSET\r\n");
}

static void say_hello(struct client *client, enum client_stage stage, const char *verb)
{
	client->stage = stage;
	client->features = 0;
	say(client, "%s %.*s\r\n", verb, SHOW(client->name));
}

/* --- what a reply means, by stage -------------------------------------------------------------- */

static void greeted(struct client *client)
{
	say_hello(client, AT_EHLO, client->lmtp ? "LHLO" : "EHLO");
}

static void turned_away(struct client *client)
{
	end(client, reply_slice(&client->reply));
}

static void at_rest(struct client *client)
{
	client->letter = NULL;
	client->stage = AT_REST;
}

static void ehlo_refused(struct client *client)
{
	if (client->lmtp || client->reply.code < 500)
		turned_away(client);
	else
		say_hello(client, AT_HELO, "HELO");
}

static void mail_accepted(struct client *client)
{
	client->stage = AT_RCPT;
	client->answer_at = 0;
	if (client->to_send == AT_RCPT)
		say_more(client);
}

/* With PIPELINING replies to the commands behind it are still to come: they are heard, and mean nothing. */
static void mail_refused(struct client *client)
{
	bool all_sent = client->to_send == AT_CONTENT;

	for (size_t i = 0; i < client->letter->count; i++)
		settle(client, i, outcome_of(client->reply.code), reply_slice(&client->reply));
	if (!all_sent) {
		reset(client);
		return;
	}
	client->stage = AT_RCPT;
	client->answer_at = 0;
}

/* The stage after a reply to RCPT, once it is noted. */
static void after_rcpt(struct client *client)
{
	unsigned long due = client->asked - client->answered;

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
	say_more(client);
}

static void rcpt_accepted(struct client *client)
{
	client->answer_at = next_in_state(client->letter, client->answer_at, ASKED);
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

	client->answer_at = next_in_state(client->letter, client->answer_at, ASKED);
	if (client->answer_at < client->letter->count)
		settle(client, client->answer_at++, outcome_of(code), reply_slice(&client->reply));
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
		end_in_disorder(client);
		return;
	}
	client->letter = NULL;
	client->stage = AT_LONE_DOT;
	say(client, ".\r\n");
}

static void data_refused(struct client *client)
{
	settle_rest(client, outcome_of(client->reply.code), reply_slice(&client->reply));
	reset(client);
}

static void dot_answered(struct client *client)
{
	enum relay_outcome outcome = outcome_of(client->reply.code);

	if (client->lmtp) {
		client->answer_at = next_in_state(client->letter, client->answer_at, ACCEPTED);
		if (client->answer_at < client->letter->count)
			settle(client, client->answer_at, outcome, reply_slice(&client->reply));
	} else {
		settle_rest(client, outcome, reply_slice(&client->reply));
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
	[AT_EHLO]     = { 2, at_rest,       ehlo_refused },
	[AT_HELO]     = { 2, at_rest,       turned_away  },
	[AT_REST]     = { 0, NULL,          NULL         },
	[AT_MAIL]     = { 2, mail_accepted, mail_refused },
	[AT_RCPT]     = { 2, rcpt_accepted, rcpt_refused },
	[AT_DATA]     = { 3, data_accepted, data_refused },
	[AT_CONTENT]  = { 0, NULL,          NULL         },
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
		end(client, reply_slice(&client->reply));
	else if (client->stage == AT_CONTENT && code >= 400)
		client_content_failed(client, outcome_of(code), reply_slice(&client->reply));
	else
		end_in_disorder(client);
}

static void whole_reply(struct client *client, unsigned long due_until)
{
	const struct stage *stage = &stages[client->stage];
	unsigned code = client->reply.code;

	if (client->answered >= due_until) {
		unasked(client);
		return;
	}
	/* A goodbye. In LMTP after the dot it may also be the reply for one recipient, and others follow. */
	if (code == 421 && client->stage != AT_QUIT && !(client->lmtp && client->stage == AT_DOT)) {
		end(client, reply_slice(&client->reply));
		return;
	}
	client->answered++;
	if (code / 100 == stage->good && stage->yes != NULL)
		stage->yes(client);
	else if (code >= 400 && stage->no != NULL)
		stage->no(client);
	else
		end_in_disorder(client);
}

/* --- lines ---------------------------------------------------------------------------------- */

static const struct feature { struct slice name; unsigned bit; } features[] = {
	{ LIT("PIPELINING"), PIPELINING },
	{ LIT("SIZE"),       SIZE_LIMIT },
	{ LIT("8BITMIME"),   EIGHT_BIT },
	{ LIT("SMTPUTF8"),   UTF8 },
};

static void note_feature(struct client *client, struct slice line)
{
	struct slice rest = slice_drop(line, 4), word = slice_cut(&rest, ' ');
	uint64_t limit = 0;

	if (client->reply.lines == 0)          /* the first line is the server's name */
		return;
	for (size_t i = 0; i < COUNT_OF(features); i++)
		if (slice_same_nocase(word, features[i].name))
			client->features |= features[i].bit;
	if (slice_same_nocase(word, SLICE("SIZE")) && slice_number(slice_trim(rest), UINT64_MAX, &limit) == OK)
		client->size_limit = limit;
}

static void take_line(struct client *client, struct slice line, unsigned long due_until)
{
	if (client->stage == AT_EHLO)
		note_feature(client, line);
	switch (reply_line(&client->reply, line)) {
	case OK:
		whole_reply(client, due_until);
		reply_init(&client->reply);
		return;
	case AGAIN:
		return;
	case REFUSED:
	case LATER:
	case BROKEN:
		end_in_disorder(client);
	}
}

/* `due_until`: replies to commands that were asked before these bytes came; more than that is out of turn. */
void client_bytes(struct client *client, struct slice bytes)
{
	unsigned long due_until = client->asked;

	for (size_t i = 0; i < bytes.len && client->stage != AT_END; i++) {
		struct slice line;

		if (bytes.at[i] != '\n') {
			if (client->line_length == sizeof(client->line))
				end_in_disorder(client);
			else
				client->line[client->line_length++] = bytes.at[i];
			continue;
		}
		line = (struct slice){ client->line, client->line_length };
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		client->line_length = 0;
		take_line(client, line, due_until);
	}
}

/* --- letters ---------------------------------------------------------------------------------- */

static bool has_eighth_bit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return true;
	return false;
}

/* May stand between < and > in a command: whatever it says, it stays one command. */
static bool can_be_said(struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.at[i] < ' ' || address.at[i] == 127)
			return false;
	return address.len <= 512;
}

/* What this hop can't take at all, in words of ours; empty: it can. */
static struct slice why_not(const struct client *client, const struct client_letter *letter)
{
	if (letter->eight_bit && !(client->features & EIGHT_BIT))
		return SLICE("554 5.6.3 the next hop takes no 8-bit mail, and it is not converted");
	if ((letter->utf8 || has_eighth_bit(letter->sender)) && !(letter->utf8 && (client->features & UTF8)))
		return SLICE("554 5.6.7 the next hop takes no UTF-8 in addresses");
	if ((client->features & SIZE_LIMIT) && client->size_limit > 0 && letter->size > client->size_limit)
		return SLICE("552 5.3.4 the message is larger than the next hop takes");
	if (!can_be_said(letter->sender))
		return SLICE("553 5.1.7 the sender's address cannot be sent on");
	return (struct slice){ 0 };
}

static void refuse_unspeakable(struct client *client)
{
	struct client_letter *letter = client->letter;

	for (size_t i = 0; i < letter->count; i++) {
		struct slice address = letter->recipients[i].address;

		letter->recipients[i].state = TO_ASK;
		if (!can_be_said(address) || address.len == 0)
			settle(client, i, RELAY_FAILED, SLICE("553 5.1.3 the address cannot be sent on"));
		else if (has_eighth_bit(address) && !letter->utf8)
			settle(client, i, RELAY_FAILED, SLICE("553 5.6.7 the address has bytes that were not agreed"));
	}
}

void client_begin(struct client *client, struct client_letter *letter)
{
	struct slice reason = why_not(client, letter);

	client->letter = letter;
	client->handed_back = false;
	client->accepted = 0;
	refuse_unspeakable(client);
	client->send_at = next_in_state(letter, 0, TO_ASK);
	if (reason.len > 0 || client->send_at == letter->count) {
		settle_rest(client, RELAY_FAILED, reason);
		return;
	}
	client->letters++;
	client->stage = AT_MAIL;
	client->to_send = AT_MAIL;
	say_more(client);
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
	settle_rest(client, outcome, reply);
	end(client, reply);
}

void client_quit(struct client *client)
{
	if (client->stage != AT_REST) {
		end(client, SLICE("451 4.3.2 we are stopping"));
		return;
	}
	client->stage = AT_QUIT;
	say(client, "QUIT\r\n");
}

void client_gone(struct client *client, struct slice reply)
{
	if (client->stage != AT_END)
		end(client, reply);
}

bool client_offers_eight_bit(const struct client *client)
{
	return client->features & EIGHT_BIT;
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
