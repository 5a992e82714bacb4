/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h — our side of one SMTP or LMTP conversation: the server's bytes in, our commands out.
 *
 * Knows:   greeting, EHLO (HELO when it is refused) or LHLO, MAIL, RCPT, DATA or BDAT (RFC 3030), RSET, QUIT, XFORWARD
 *          and XCLIENT; PIPELINING, SIZE, 8BITMIME, SMTPUTF8 and DSN where they are offered; one reply for all after
 *          the end of the content, or in LMTP one for each.
 * Ignores: sockets, time-outs, and the content itself: transmit.h writes that, the connection carries it.
 * Owns:    the commands not yet carried away (`out`). Letter and recipients are the caller's until settled.
 * Fails:   never by crashing. What the server does wrong ends the conversation (AT_END) and defers the
 *          recipients that are still open; only the server's own 2xx after the end of the content makes one delivered.
 *
 * A letter says what its content needs. Who converts it for a hop that lacks 8BITMIME or SMTPUTF8 does that before,
 * and clears the need; what is left of it is answered 5.6.3 or 5.6.7 on the hop's behalf.
 */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "base/buffer.h"
#include "mail/smtp/smtp.h"
#include "wire/queue-relay.h"

enum client_stage {
	AT_GREETING, AT_EHLO, AT_HELO, AT_STARTTLS, AT_SHAKING, AT_REST,
	AT_XFORWARD, AT_XCLIENT,
	AT_MAIL, AT_RCPT, AT_DATA, AT_CONTENT, AT_DOT,
	AT_LONE_DOT, AT_RSET, AT_QUIT, AT_END, CLIENT_STAGES
};

enum client_feature {                         /* bits */
	CLIENT_PIPELINING = 1, CLIENT_SIZE = 2, CLIENT_EIGHT_BIT = 4, CLIENT_UTF8 = 8, CLIENT_DSN = 16,
	CLIENT_CHUNKING = 32, CLIENT_XFORWARD = 64, CLIENT_XCLIENT = 128,
	CLIENT_STARTTLS = 256,
};

enum client_tells { TELLS_NOBODY, TELLS_BY_XFORWARD, TELLS_BY_XCLIENT };

enum recipient_state { TO_ASK, ASKED, ACCEPTED, SETTLED };

struct client_recipient {
	struct slice address;
	enum recipient_state state;
	uint8_t notify;                       /* bits of envelope_notify, 0: not said */
	struct slice original;                /* ORCPT, "type;address" decoded; empty: not said */
};

/* Who brought the mail to us; what is not known is empty. */
struct client_origin { struct slice address, name, helo, protocol; };

struct client_letter {
	struct slice sender;                  /* empty: <> */
	uint64_t size;                        /* as it will go out, without dot-stuffing */
	bool eight_bit, utf8;
	struct slice why_not;                 /* with eight_bit: why it could not be converted; empty: nobody tried */
	struct client_recipient *recipients;
	size_t count;
	bool ret_full, ret_headers;
	struct slice envelope_id;             /* ENVID, decoded */
	struct client_origin origin;
};

enum { CLIENT_LINE = 2048, CLIENT_COMMANDS = 262144, CLIENT_RECIPIENTS = 100 };

struct client {
	bool lmtp;
	bool wants_tls, needs_tls;            /* STARTTLS where it is offered; nothing without it */
	bool secure;                          /* inside TLS */
	bool plain_for_once;                  /* a handshake failed before: what it says to MAIL is perhaps only about TLS */
	bool only_helo;                       /* this server dropped the connection at EHLO */
	enum client_tells tells;
	struct slice name;                    /* ours, in EHLO */
	/* A recipient's outcome stands; once for each. `reply` is read-only and ends with the call. */
	void (*settled)(void *owner, size_t which, enum relay_outcome outcome, struct slice reply);
	void *owner;

	enum client_stage stage;
	unsigned features;                    /* bits, of the last EHLO */
	unsigned attributes;                  /* of XFORWARD or XCLIENT: bits, in the order of client_say.c */
	uint64_t size_limit;                  /* SIZE's, 0: none named */
	unsigned long asked, answered;        /* replies due and come; they are equal when nobody is due to speak */
	unsigned long chunks_due;             /* of these: to chunks that are not the last */
	unsigned letters;                     /* begun on this connection */

	struct client_letter *letter;
	enum client_stage to_send;            /* AT_MAIL, AT_RCPT, AT_DATA; AT_CONTENT: all sent */
	size_t send_at, answer_at;            /* recipients: next to ask, next to hear of */
	size_t accepted;
	bool handed_back;                     /* the reused connection ended before the letter began: try another */

	struct reply reply;
	struct buffer out;
	char refusal[160];                    /* ours, on the hop's behalf */
	char ending[RELAY_REPLY];             /* AT_END: why, as a reply of theirs or ours; empty after QUIT */
	size_t ending_length;
	char line[CLIENT_LINE];
	size_t line_length;
};

void client_init(struct client *client, bool lmtp, struct slice name,
                 void (*settled)(void *, size_t, enum relay_outcome, struct slice), void *owner);
void client_finish(struct client *client);

/* What the server sent. Look at `stage` and `out` afterwards. */
void client_bytes(struct client *client, struct slice bytes);
/* AT_SHAKING: the handshake is done. What was offered before it is forgotten (RFC 3207 4.2). */
void client_secured(struct client *client);
/* AT_REST only. Recipients that can't be asked are settled at once; it may end at AT_REST again. */
void client_begin(struct client *client, struct client_letter *letter);
/* AT_CONTENT: does the content go in chunks, and may the next be sent now? */
bool client_wants_chunks(const struct client *client);
bool client_takes_chunk(const struct client *client);
/* AT_CONTENT: a chunk, and not the last, has been carried away. */
void client_chunk_sent(struct client *client);
/* AT_CONTENT: the last byte (of CR LF . CR LF, or of the last chunk) has been carried away. */
void client_content_sent(struct client *client);
/* AT_CONTENT: we can't go on before the end; ends the conversation. */
void client_content_failed(struct client *client, enum relay_outcome outcome, struct slice reply);
void client_quit(struct client *client);
/* The connection ended or took too long; `reply` is ours ("451 4.4.2 …"). */
void client_gone(struct client *client, struct slice reply);

bool client_offers(const struct client *client, enum client_feature feature);

#endif
