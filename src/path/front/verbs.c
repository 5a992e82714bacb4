/* SPDX-License-Identifier: Apache-2.0 */
/* Each verb is a row: its name, the stages that permit it, the function that obeys it, and what to say when not. */
#include "front/verbs.h"

#include "base/idn.h"
#include "front/recipients.h"

#include <string.h>

#define IN(stage) (1u << (stage))
#define ANY_STAGE (IN(STAGE_HELLO) | IN(STAGE_SENDER) | IN(STAGE_RECIPIENTS) | IN(STAGE_CHUNKS))

enum { OFFERED = COMMAND_SIZE | COMMAND_BODY | COMMAND_UTF8 | COMMAND_DSN };

/* ---- hello ---- */

static bool may_begin_tls(const struct session *session)
{
	const struct session_rules *rules = session->rules;

	return rules->tls != SESSION_TLS_NONE && !(session->client & SESSION_LOCAL) && session->tls_version == NULL &&
	       rules->tls_ready && *rules->tls_ready;
}

static enum result keep_name(struct session *session, struct slice name, bool extended)
{
	if (command_helo(slice_trim(name)) != OK)
		return session_answer(session, "501 5.5.4 a host name or address is needed");
	name = slice_trim(name);
	session->stage = STAGE_SENDER;
	session_forget(session);
	memcpy(session->helo, name.at, name.len);
	session->helo_length = (uint8_t)name.len;
	session->extended = extended;
	return OK;
}

static enum result obey_helo(struct session *session, struct slice name)
{
	if (session->rules->lmtp)
		return session_answer(session, "500 5.5.1 this is LMTP: say LHLO");
	TRY(keep_name(session, name, false));
	return buffer_format(session->replies, "250 %.*s\r\n", SHOW(session->rules->hostname)) == OK ? OK : BROKEN;
}

/* EHLO and LHLO */
static enum result greet_back(struct session *session, struct slice name)
{
	TRY(keep_name(session, name, true));
	if (buffer_format(session->replies,
	                  "250-%.*s\r\n250-PIPELINING\r\n250-SIZE %llu\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n"
	                  "250-DSN\r\n%s%s%s250 ENHANCEDSTATUSCODES\r\n",
	                  SHOW(session->rules->hostname), (unsigned long long)session->rules->message_limit,
	                  may_begin_tls(session) ? "250-STARTTLS\r\n" : "",
	                  session->client & SESSION_XCLIENT ? "250-XCLIENT NAME ADDR PORT PROTO HELO\r\n" : "",
	                  session->client & SESSION_XFORWARD ? "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
	                                                     : "") != OK)
		return BROKEN;
	return OK;
}

static enum result obey_ehlo(struct session *session, struct slice name)
{
	if (session->rules->lmtp)
		return session_answer(session, "500 5.5.1 this is LMTP: say LHLO");
	return greet_back(session, name);
}

static enum result obey_lhlo(struct session *session, struct slice name)
{
	if (!session->rules->lmtp)
		return session_answer(session, "500 5.5.2 unknown command");
	return greet_back(session, name);
}

/* ---- the message ---- */

/* postmaster without a domain: the setting's address, or that name in our first domain. */
static enum result keep_postmaster(struct session *session, struct slice *ret_address)
{
	const struct session_rules *rules = session->rules;
	struct slice domain = rules->domain_count ? rules->domains[0] : rules->hostname;
	struct slice name = rules->postmaster.len ? rules->postmaster : SLICE("postmaster");
	char *text;

	if (slice_has(name, '@'))
		return arena_keep(&session->message, name, ret_address);
	text = arena_take(&session->message, name.len + 1 + domain.len);
	if (text == NULL)
		return LATER;
	memcpy(text, name.at, name.len);
	text[name.len] = '@';
	memcpy(text + name.len + 1, domain.at, domain.len);
	*ret_address = (struct slice){ text, name.len + 1 + domain.len };
	return OK;
}

static enum result keep_address(struct session *session, const struct address *address, struct slice *ret_address)
{
	if (address->whole.len && address->domain.len == 0)
		return keep_postmaster(session, ret_address);
	return arena_keep(&session->message, address->whole, ret_address);
}

static bool is_too_open(const struct session *session)
{
	return session->rules->tls >= SESSION_TLS_REQUIRED && session->tls_version == NULL &&
	       !(session->client & SESSION_LOCAL);
}

static enum result obey_mail(struct session *session, struct slice argument)
{
	struct mail_command mail;
	const char *reply;

	if (is_too_open(session))
		return session_answer(session, "530 5.7.0 say STARTTLS first");
	if (session->rules->room == ROOM_GONE)
		return session_answer(session, "451 4.3.0 the queue is away, try later");
	if (session->rules->room == ROOM_NONE)
		return session_answer(session, "452 4.3.1 no room, try later");
	if (session->spent & SESSION_SPENT_MESSAGES)
		return session_answer(session, "450 4.7.1 too many messages in this minute, try later");
	if (command_mail(argument, OFFERED, &session->message, &mail, &reply) != OK)
		return session_answer(session, reply);
	if (mail.size > session->rules->message_limit)
		return session_answer(session, "552 5.3.4 larger than our limit");
	if (keep_address(session, &mail.sender, &session->sender) != OK) {
		session_forget(session);
		return session_answer(session, "452 4.3.1 too little room, try later");
	}
	session->eight_bit = mail.eight_bit;
	session->size = mail.size;
	session->utf8 = mail.utf8;
	session->ret_full = mail.ret_full;
	session->ret_headers = mail.ret_headers;
	session->envelope_id = mail.envelope_id;
	session->stage = STAGE_RECIPIENTS;
	return session_answer(session, "250 2.1.0 sender noted");
}

static bool is_our_domain(const struct session_rules *rules, struct slice domain)
{
	for (size_t i = 0; i < rules->domain_count; i++)
		if (slice_same_nocase(rules->domains[i], domain))
			return true;
	return false;
}

/* NULL: may be delivered. Strangers reach our domains only, and no way leads on from there. */
static const char *why_not_relay(const struct session *session, const struct address *address)
{
	if (!session_is_stranger(session) || address->domain.len == 0)
		return NULL;
	if (address->literal || !is_our_domain(session->rules, address->domain))
		return "550 5.7.1 relay denied";
	if (address_has_route_in_local(address))
		return "550 5.7.1 relay denied: a route in the local part";
	return NULL;
}

static const char *why_too_many(const struct session *session)
{
	if (session->recipients >= session->rules->recipients || session->recipients == ENVELOPE_RECIPIENTS)
		return "452 4.5.3 too many recipients";
	if (session->spent & SESSION_SPENT_RECIPIENTS)
		return "450 4.7.1 too many recipients in this minute, try later";
	if (session_is_stranger(session) && session->sender.len == 0 &&
	    session->recipients >= session->rules->null_sender_recipients)
		return "452 4.5.3 too many recipients for a message without a sender";
	return NULL;
}

/* A size that was said is looked at now; the real one is measured against the smallest limit (RFC 1870 6). */
static const char *why_too_large(struct session *session, struct slice domain)
{
	const struct session_rules *rules = session->rules;

	for (size_t i = 0; rules->domain_limits && i < rules->domain_count; i++) {
		uint64_t limit = rules->domain_limits[i];

		if (limit == 0 || !slice_same_nocase(rules->domains[i], domain))
			continue;
		if (session->size > limit)
			return "552 5.3.4 larger than this recipient's limit";
		if (session->most == 0 || limit < session->most)
			session->most = limit;
	}
	return NULL;
}

static enum result keep_recipient(struct session *session, const struct rcpt_command *rcpt)
{
	struct envelope_recipient recipient = { .original = rcpt->original, .notify = rcpt->notify };

	TRY(keep_address(session, &rcpt->recipient, &recipient.address));
	if (recipients_must_ask(session, recipient.address))
		return recipients_ask(session, &recipient);
	return recipients_add(session, &recipient);
}

/* A domain of ours that comes in UTF-8 is called by its A-labels from here on, and so known to everybody behind us. */
static enum result call_by_labels(struct session *session, struct address *address)
{
	struct idn room;
	struct slice local = { address->whole.at, address->whole.len - address->domain.len };      /* with its @ */
	struct slice domain = idn_ascii(address->domain, &room);
	char *text;

	if (domain.at == address->domain.at || !is_our_domain(session->rules, domain) || !idn_same_labels(address->domain, domain))
		return OK;
	text = arena_take(&session->message, local.len + domain.len);
	if (text == NULL)
		return LATER;
	memcpy(text, local.at, local.len);
	memcpy(text + local.len, domain.at, domain.len);
	address->whole = (struct slice){ text, local.len + domain.len };
	address->domain = slice_drop(address->whole, local.len);
	return OK;
}

static enum result obey_rcpt(struct session *session, struct slice argument)
{
	const struct recipients_mark mark = recipients_mark(session);
	struct rcpt_command rcpt;
	const char *reply;

	if (command_rcpt(argument, OFFERED, session->utf8, &session->message, &rcpt, &reply) != OK)
		return session_answer(session, reply);
	if (call_by_labels(session, &rcpt.recipient) != OK)
		return session_answer(session, "452 4.3.1 too little room, try later");
	reply = why_not_relay(session, &rcpt.recipient);
	if (reply == NULL)
		reply = why_too_many(session);
	if (reply == NULL)
		reply = why_too_large(session, rcpt.recipient.domain);
	if (reply)
		return session_answer(session, reply);
	switch (keep_recipient(session, &rcpt)) {
	case OK:
		return recipients_noted(session, mark, NULL);
	case AGAIN:
		return AGAIN;
	case REFUSED:
	case LATER:
	case BROKEN:
		break;
	}
	return session_answer(session, "452 4.3.1 too little room, try later");
}

static enum result obey_data(struct session *session, struct slice argument)
{
	if (session->stage == STAGE_CHUNKS) {
		session_forget(session);
		return session_answer(session, "503 5.5.1 no DATA after BDAT");
	}
	if (argument.len)
		return session_answer(session, "501 5.5.4 DATA stands alone");
	if (session->recipients == 0)
		return session_answer(session, "503 5.5.1 no recipients");
	session->stage = STAGE_BODY;
	return session_answer(session, "354 go ahead, end with a dot on a line of its own");
}

/* NULL: its bytes belong to the message. */
static const char *why_no_chunk(const struct session *session)
{
	if (session->stage == STAGE_HELLO)
		return "503 5.5.1 say EHLO first";
	if (session->stage == STAGE_SENDER)
		return "503 5.5.1 MAIL and RCPT come first";
	if (session->recipients == 0)
		return "503 5.5.1 no recipients";
	return NULL;
}

/* A transaction with a chunk that was refused is over: the chunks behind it must not make a message of their own. */
static enum result obey_bdat(struct session *session, struct slice argument)
{
	struct bdat_command bdat;
	const char *wrong;

	if (command_bdat(argument, &bdat, &wrong) != OK) {
		session_forget(session);
		session->chunk.unmeasured = true;
		return session_answer(session, wrong);
	}
	if (wrong == NULL)
		wrong = why_no_chunk(session);
	if (wrong)
		session_forget(session);
	session->chunked = wrong == NULL;
	session->chunk.left = bdat.size;
	session->chunk.last = bdat.last;
	session->chunk.refused = wrong;
	session->chunk.after = wrong ? session->stage : STAGE_CHUNKS;
	session->stage = STAGE_CHUNK;
	return AGAIN;
}

/* ---- the rest ---- */

static enum result obey_rset(struct session *session, struct slice argument)
{
	if (argument.len)
		return session_answer(session, "501 5.5.4 RSET stands alone");
	session_forget(session);
	return session_answer(session, "250 2.0.0 forgotten");
}

static enum result obey_noop(struct session *session, struct slice argument)
{
	(void)argument;
	return session_answer(session, "250 2.0.0 nothing done");
}

static enum result obey_quit(struct session *session, struct slice argument)
{
	if (argument.len)
		return session_answer(session, "501 5.5.4 QUIT stands alone");
	return session_hang_up(session, "221 2.0.0 goodbye");
}

static enum result obey_vrfy(struct session *session, struct slice argument)
{
	if (argument.len == 0)
		return session_answer(session, "501 5.5.4 whom?");
	return session_answer(session, "252 2.1.5 send a message and see");
}

/* RFC 3207 4. */
static enum result obey_starttls(struct session *session, struct slice argument)
{
	const struct session_rules *rules = session->rules;

	if (session->tls_version)
		return session_answer(session, "503 5.5.1 TLS is on already");
	if (rules->tls == SESSION_TLS_NONE || session->client & SESSION_LOCAL)
		return session_answer(session, "502 5.5.1 not offered here");
	if (argument.len)
		return session_answer(session, "501 5.5.4 STARTTLS stands alone");
	if (!session->extended)
		return session_answer(session, "503 5.5.1 say EHLO first");
	if (!may_begin_tls(session))
		return session_answer(session, "454 4.7.0 TLS is not available, try later");
	session->begins_tls = true;
	return session_answer(session, "220 2.0.0 go ahead");
}

static enum result obey_help(struct session *session, struct slice argument)
{
	(void)argument;
	return session_answer(session, "214 2.0.0 see RFC 5321");
}

static enum result not_here(struct session *session, struct slice argument)
{
	(void)argument;
	return session_answer(session, "502 5.5.1 not offered here");
}

/* Whoever is connected: from here on it is the client that is named, and everything begins anew. */
static enum result obey_xclient(struct session *session, struct slice argument)
{
	if (!(session->client & SESSION_XCLIENT))
		return session_answer(session, "550 5.7.1 you may not speak for others");
	if (claim_read(argument, &session->client_is) != OK)
		return session_answer(session, "501 5.5.4 bad attributes");
	session_forget(session);
	session->stage = STAGE_HELLO;
	session->extended = false;
	session->helo_length = 0;
	session->claimed = true;
	return AGAIN;
}

/* May come in several lines, before MAIL. */
static enum result obey_xforward(struct session *session, struct slice argument)
{
	struct claim claim = session->message_from.there ? session->message_from : (struct claim){ 0 };

	if (!(session->client & SESSION_XFORWARD))
		return session_answer(session, "550 5.7.1 you may not speak for others");
	if (claim_read(argument, &claim) != OK)
		return session_answer(session, "501 5.5.4 bad attributes");
	session->message_from = claim;
	return session_answer(session, "250 2.0.0 noted");
}

static enum result not_mail(struct session *session, struct slice argument)
{
	(void)argument;
	session->stage = STAGE_GOODBYE;
	return REFUSED;
}

static const char hello_first[] = "503 5.5.1 say HELO or EHLO first";

static const struct verb {
	struct slice name;
	unsigned permitted;
	enum result (*obey)(struct session *, struct slice argument);
	const char *not_now;
	bool utf8;
} verbs[] = {
	{ LIT("EHLO"), ANY_STAGE, obey_ehlo, NULL, false },
	{ LIT("LHLO"), ANY_STAGE, obey_lhlo, NULL, false },
	{ LIT("HELO"), ANY_STAGE, obey_helo, NULL, false },
	{ LIT("MAIL"), IN(STAGE_SENDER), obey_mail, "503 5.5.1 there is a sender already", true },
	{ LIT("RCPT"), IN(STAGE_RECIPIENTS), obey_rcpt, "503 5.5.1 MAIL comes first", true },
	{ LIT("DATA"), IN(STAGE_RECIPIENTS) | IN(STAGE_CHUNKS), obey_data, "503 5.5.1 MAIL and RCPT come first", false },
	{ LIT("RSET"), ANY_STAGE, obey_rset, NULL, false },
	{ LIT("NOOP"), ANY_STAGE, obey_noop, NULL, false },
	{ LIT("QUIT"), ANY_STAGE, obey_quit, NULL, false },
	{ LIT("VRFY"), ANY_STAGE, obey_vrfy, NULL, false },
	{ LIT("HELP"), ANY_STAGE, obey_help, NULL, false },
	{ LIT("EXPN"), ANY_STAGE, not_here, NULL, false },
	{ LIT("STARTTLS"), IN(STAGE_SENDER), obey_starttls, "503 5.5.1 not within a transaction", false },
	{ LIT("AUTH"), ANY_STAGE, not_here, NULL, false },
	{ LIT("BDAT"), ANY_STAGE, obey_bdat, NULL, false },
	{ LIT("XCLIENT"), IN(STAGE_HELLO) | IN(STAGE_SENDER), obey_xclient, "503 5.5.1 not within a message", false },
	{ LIT("XFORWARD"), IN(STAGE_SENDER), obey_xforward, "503 5.5.1 not within a message", false },
	{ LIT("GET"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("POST"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("HEAD"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("PUT"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("DELETE"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("OPTIONS"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("CONNECT"), ANY_STAGE, not_mail, NULL, false },
	{ LIT("PRI"), ANY_STAGE, not_mail, NULL, false },
};

static const struct verb *find_verb(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (slice_same_nocase(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* Only addresses may have UTF-8 in them (RFC 6531 3.3); their grammar looks whether it is some. */
static bool is_text_for(const struct verb *verb, struct slice line)
{
	if (verb == NULL || !verb->utf8)
		return session_is_text(line);
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ' || line.at[i] == 127)
			return false;
	return true;
}

/* As a careless reader may see it: bytes that cannot be printed are passed over, and what is glued to the word too. */
bool verbs_look_like_chunk(struct slice line)
{
	static const struct slice word = LIT("BDAT");
	size_t found = 0;

	for (size_t i = 0; i < line.len && found < word.len; i++) {
		if (line.at[i] < ' ' || line.at[i] > '~' || (line.at[i] == ' ' && found == 0))
			continue;
		if ((line.at[i] & ~0x20) != word.at[found])
			return false;
		found++;
	}
	return found == word.len;
}

enum result verbs_after_unmeasured(struct session *session)
{
	session_forget(session);
	return session_hang_up(session, "503 5.5.1 a chunk of unknown length stands before this, goodbye");
}

enum result verbs_obey(struct session *session, struct slice line)
{
	struct slice argument = slice_trim(line), name = slice_cut(&argument, ' ');
	const struct verb *verb = find_verb(name);

	if (session->chunk.unmeasured && !slice_same_nocase(slice_trim(line), SLICE("QUIT")))
		return verbs_after_unmeasured(session);
	session->chunk.unmeasured = session->untidy = session->claimed = false;
	if (!is_text_for(verb, line)) {
		session_forget(session);
		session->chunk.unmeasured = verbs_look_like_chunk(line);
		return session_answer(session, "501 5.5.2 commands are printable ASCII");
	}
	if (verb == NULL) {
		session->chunk.unmeasured = verbs_look_like_chunk(line);
		return session_answer(session, "500 5.5.2 unknown command");
	}
	if (!(verb->permitted & IN(session->stage)))
		return session_answer(session, session->stage == STAGE_HELLO ? hello_first : verb->not_now);
	return verb->obey(session, argument);
}
