/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs stand in verbs.c; here is what comes before and after them: the greeting, the body's end, the verdict, the
 * last line. */
#include "front/recipients.h"
#include "front/verbs.h"

#include <stdio.h>
#include <string.h>

enum { RECIPIENT_MEMORY = 512, EXPANSION_MEMORY = 512 * 1000, MESSAGE_MEMORY = 32768, REPLY_MOST = 512 };

enum result session_answer(struct session *session, const char *reply)
{
	if (buffer_format(session->replies, "%s\r\n", reply) != OK)
		return BROKEN;
	return reply[0] < '4' ? OK : reply[0] == '4' ? LATER : REFUSED;
}

enum result session_hang_up(struct session *session, const char *reply)
{
	session->stage = STAGE_GOODBYE;
	return session_answer(session, reply);
}

void session_forget(struct session *session)
{
	arena_reset(&session->message);
	session->sender = (struct slice){ 0 };
	session->first = session->last = NULL;
	session->first_noted = session->last_noted = NULL;
	session->recipients = session->noted = 0;
	session->size = session->most = 0;
	session->asked = (struct envelope_recipient){ 0 };
	session->eight_bit = session->utf8 = session->ret_full = session->ret_headers = session->chunked = false;
	session->envelope_id = (struct slice){ 0 };
	session->message_from.there = false;
	if (session->stage != STAGE_HELLO)
		session->stage = STAGE_SENDER;
}

bool session_is_stranger(const struct session *session)
{
	return !(session->client & SESSION_TRUSTED);
}

bool session_is_text(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < ' ' || line.at[i] > '~')
			return false;
	return true;
}

/* A client that makes mistake after mistake is shown the door. */
static enum result count_error(struct session *session, enum result end)
{
	if (end != REFUSED || session->stage == STAGE_GOODBYE)
		return end;
	if (++session->errors >= session->rules->errors)
		return session_hang_up(session, "421 4.7.0 too many mistakes, goodbye");
	return end;
}

enum result session_line(struct session *session, struct slice line)
{
	return count_error(session, verbs_obey(session, line));
}

enum result session_asked(struct session *session, enum result end, const struct slice *addresses, size_t count)
{
	if (session->stage != STAGE_ASKING)
		return BROKEN;
	session->stage = STAGE_RECIPIENTS;
	switch (end) {
	case OK:
		return recipients_answered(session, addresses, count);
	case REFUSED:
		return count_error(session, session_answer(session, "550 5.1.1 there is no such recipient here"));
	case AGAIN:
	case LATER:
	case BROKEN:
		break;
	}
	return session_answer(session, "451 4.4.3 the recipient could not be looked up, try later");
}

enum result session_no_tls(struct session *session)
{
	session->begins_tls = false;
	return session_answer(session, "454 4.7.0 too many TLS handshakes in this minute, try later");
}

enum result session_bad_line(struct session *session, struct slice line, enum session_bad_line what)
{
	static const char *const replies[] = {
		[LINE_TOO_LONG] = "500 5.5.2 line too long",
		[LINE_WITHOUT_CR] = "500 5.5.2 lines end with CR LF",
	};

	/* It may have been a BDAT, or a recipient: what follows is not what it would have been. */
	session_forget(session);
	if (session->chunk.unmeasured)
		return verbs_after_unmeasured(session);
	session->chunk.unmeasured = verbs_look_like_chunk(line);
	session->untidy = what == LINE_WITHOUT_CR;
	return count_error(session, session_answer(session, replies[what]));
}

enum result session_greet(struct session *session)
{
	if (buffer_format(session->replies, "220 %.*s %.*s\r\n", SHOW(session->rules->hostname),
	                  SHOW(session->rules->greeting)) != OK)
		return BROKEN;
	return OK;
}

/* The message's answer: once, or for each recipient that was noted. The message is forgotten. */
static enum result answer_all(struct session *session, const char *reply)
{
	uint32_t times = session->rules->lmtp && session->noted ? session->noted : 1;
	enum result end = OK;

	session_forget(session);
	while (times-- > 0 && end != BROKEN)
		end = session_answer(session, reply);
	return end;
}

static enum result refuse_body(struct session *session, enum session_body end)
{
	static const char *const replies[] = {
		[BODY_FAULTY] = "550 5.6.0 the message has a bare CR, a bare LF or NUL",
		[BODY_TOO_LARGE] = "552 5.3.4 larger than our limit",
		[BODY_TOO_LARGE_FOR_ONE] = "552 5.3.4 larger than a recipient's limit",
		[BODY_LOOPS] = "554 5.4.6 too many hops: this message is in a loop",
		[BODY_NO_ROOM] = "452 4.3.1 too little room, try later",
	};

	return answer_all(session, replies[end]);
}

enum result session_body(struct session *session, enum session_body end)
{
	if (session->stage != STAGE_BODY)
		return BROKEN;
	if (end != BODY_FINE)
		return refuse_body(session, end);
	session->stage = STAGE_VERDICT;
	return AGAIN;
}

enum result session_chunk(struct session *session, enum session_body how)
{
	if (session->stage != STAGE_CHUNK || session->chunk.left)
		return BROKEN;
	session->stage = session->chunk.after;
	if (session->chunk.refused)
		return count_error(session, session_answer(session, session->chunk.refused));
	if (how != BODY_FINE) {
		session->noted = session->chunk.last ? session->noted : 0;      /* only the last is answered for each */
		return refuse_body(session, how);
	}
	if (!session->chunk.last)
		return session_answer(session, "250 2.0.0 chunk noted");
	session->stage = STAGE_VERDICT;
	return AGAIN;
}

/* One printable line of the right class, or nothing. */
static bool is_reply(struct slice reply, char class)
{
	return reply.len >= 4 && reply.len <= REPLY_MOST && reply.at[0] == class && byte_is_digit(reply.at[1]) &&
	       byte_is_digit(reply.at[2]) && reply.at[3] == ' ' && session_is_text(reply);
}

static enum result pass_on(struct session *session, struct slice reply, char class, const char *instead)
{
	char text[REPLY_MOST + 1];

	if (!is_reply(reply, class))
		return answer_all(session, instead);
	memcpy(text, reply.at, reply.len);
	text[reply.len] = '\0';
	return answer_all(session, text);
}

enum result session_refused(struct session *session, uint32_t place, struct slice reply)
{
	struct session_recipient *one = session->first;

	if (session->stage != STAGE_VERDICT || !session->rules->lmtp)
		return LATER;
	for (; place > 0 && one; place--)
		one = one->next;
	if (one == NULL)
		return LATER;
	return arena_keep(&session->message, is_reply(reply, '5') ? reply : SLICE("550 5.7.1 this message was refused"),
	                  &one->refused);
}

/* Who was refused: all that this RCPT brought; of a list that some get it is enough. */
static struct slice refusal_of(const struct session_noted *noted)
{
	const struct session_recipient *one = noted->first;

	for (uint32_t i = 1; i < noted->count && one->refused.len; i++)
		one = one->next;
	return one->refused;
}

/* LMTP: in the order of the RCPTs (RFC 2033 4.2). */
static enum result accept_each(struct session *session, const char *accepted)
{
	enum result end = OK;

	for (const struct session_noted *noted = session->first_noted; noted && end != BROKEN; noted = noted->next) {
		struct slice refused = refusal_of(noted);

		end = refused.len ? buffer_format(session->replies, "%.*s\r\n", SHOW(refused)) : session_answer(session, accepted);
		if (refused.len && end != OK)
			end = BROKEN;
	}
	session_forget(session);
	return end;
}

enum result session_verdict(struct session *session, enum result verdict, struct slice reply)
{
	char text[REPLY_MOST + 1];

	if (session->stage != STAGE_VERDICT)
		return BROKEN;
	switch (verdict) {
	case OK:
		(void)snprintf(text, sizeof(text), "250 2.0.0 accepted as %.*s", SHOW(reply));
		return session->rules->lmtp ? accept_each(session, text) : answer_all(session, text);
	case REFUSED:
		return pass_on(session, reply, '5', "550 5.7.1 this message was refused");
	case AGAIN:
	case LATER:
	case BROKEN:
		break;
	}
	return pass_on(session, reply, '4', "451 4.3.0 try later");
}

enum result session_end(struct session *session, enum session_end why)
{
	static const char *const replies[] = {
		[END_TALKED_EARLY] = "554 5.5.0 you spoke before it was your turn",
		[END_TIME] = "421 4.4.2 time is up, goodbye",
		[END_SLOW] = "421 4.4.2 too slow, goodbye",
		[END_STOP] = "421 4.3.2 closing down, try later",
		[END_BUSY] = "421 4.3.2 too many connections, try later",
		[END_CROWDED] = "421 4.4.2 too slow, and others wait for your place",
		[END_STARVED] = "421 4.3.1 no room for the message for too long, try later",
		[END_PER_CLIENT] = "421 4.7.0 too many connections from your address or network, try later",
	};

	return session_hang_up(session, replies[why]);
}

void session_secured(struct session *session, const char *version, const char *cipher)
{
	session->stage = STAGE_HELLO;
	session_forget(session);
	session->helo_length = session->client_is.helo.length = 0;
	session->extended = session->begins_tls = false;
	session->tls_version = version;
	session->tls_cipher = cipher;
}

void session_gone(struct session *session)
{
	session->stage = STAGE_GOODBYE;
}

struct slice session_first_recipient(const struct session *session)
{
	return session->first ? session->first->recipient.address : (struct slice){ "", 0 };
}

/* The nearest to the client says it. */
static struct slice helo_of(const struct session *session)
{
	if (session->message_from.there)
		return claim_slice(&session->message_from.helo);
	if (session->client_is.helo.length)
		return claim_slice(&session->client_is.helo);
	return (struct slice){ session->helo, session->helo_length };
}

static enum result describe_tls(struct session *session, struct slice *ret_text)
{
	char text[128];
	int length;

	if (session->tls_version == NULL)
		return OK;
	length = snprintf(text, sizeof(text), "%s %s", session->tls_version, session->tls_cipher);
	if (length < 0 || (size_t)length >= sizeof(text))
		length = 0;
	return arena_keep(&session->message, (struct slice){ text, (size_t)length }, ret_text);
}

/* RFC 3848, RFC 6531 4.3 */
static struct slice protocol_of(const struct session *session)
{
	static const struct slice extended[2][2][2] = {                /* LMTP, UTF-8, TLS */
		{ { LIT("ESMTP"), LIT("ESMTPS") }, { LIT("UTF8SMTP"), LIT("UTF8SMTPS") } },
		{ { LIT("LMTP"), LIT("LMTPS") }, { LIT("UTF8LMTP"), LIT("UTF8LMTPS") } },
	};

	if (!session->extended)
		return SLICE("SMTP");
	return extended[session->rules->lmtp][session->utf8][session->tls_version != NULL];
}

enum result session_envelope(struct session *session, struct envelope *ret_envelope)
{
	struct envelope_recipient *list =
		arena_array(&session->message, struct envelope_recipient, session->recipients + 1);
	struct slice tls = { 0 };
	uint32_t count = 0;

	if (list == NULL || describe_tls(session, &tls) != OK)
		return LATER;
	for (const struct session_recipient *one = session->first; one; one = one->next)
		list[count++] = one->recipient;
	*ret_envelope = (struct envelope){
		.flags = (session_is_stranger(session) ? 0u : (unsigned)ENVELOPE_TRUSTED) |
		         (session->client & SESSION_LOCAL ? (unsigned)ENVELOPE_LOCAL : 0u) |
		         (session->eight_bit ? (unsigned)ENVELOPE_EIGHT_BIT : 0u) |
		         (session->utf8 ? (unsigned)ENVELOPE_UTF8 : 0u) |
		         (session->ret_full ? (unsigned)ENVELOPE_RET_FULL : 0u) |
		         (session->ret_headers ? (unsigned)ENVELOPE_RET_HEADERS : 0u),
		.protocol = protocol_of(session),
		.tls = tls,
		.envelope_id = session->envelope_id,
		.helo = helo_of(session),
		.client_name = session->message_from.there ? claim_slice(&session->message_from.name)
		                                           : claim_slice(&session->client_is.name),
		.sender = session->sender,
		.recipients = list,
		.recipient_count = count,
	};
	return OK;
}

void session_init(struct session *session, const struct session_rules *rules, struct buffer *replies, unsigned client)
{
	*session = (struct session){ .rules = rules, .replies = replies, .client = client };
	arena_init(&session->message, MESSAGE_MEMORY + RECIPIENT_MEMORY * (size_t)rules->recipients +
	                                  (rules->asked_count ? EXPANSION_MEMORY : 0));
}

void session_finish(struct session *session)
{
	arena_finish(&session->message);
}
