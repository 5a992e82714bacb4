/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h — our side of one SMTP or LMTP conversation: the server's bytes in, our commands out.
 *
 * Knows:   greeting, EHLO (HELO when it is refused) or LHLO, MAIL, RCPT, DATA, RSET, QUIT; PIPELINING, SIZE,
 *          8BITMIME and SMTPUTF8 where they are offered; one reply for all after the dot, or in LMTP one for each.
 * Ignores: sockets, time-outs, and the content itself: transmit.h writes that, the connection carries it.
 * Owns:    the commands not yet carried away (`out`). Letter and recipients are the caller's until settled.
 * Fails:   never by crashing. What the server does wrong ends the conversation (AT_END) and defers the
 *          recipients that are still open; only the server's own 2xx after the dot makes one delivered.
 *
 * Mail with 8-bit bytes is not converted: a hop without 8BITMIME gets "554 5.6.3" said on its behalf.
 */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "base/buffer.h"
#include "mail/smtp/smtp.h"
#include "wire/queue-relay.h"

enum client_stage {
	AT_GREETING, AT_EHLO, AT_HELO, AT_REST,
	AT_MAIL, AT_RCPT, AT_DATA, AT_CONTENT, AT_DOT,
	AT_LONE_DOT, AT_RSET, AT_QUIT, AT_END, CLIENT_STAGES
};

enum recipient_state { TO_ASK, ASKED, ACCEPTED, SETTLED };

struct client_recipient {
	struct slice address;
	enum recipient_state state;
};

struct client_letter {
	struct slice sender;                  /* empty: <> */
	uint64_t size;                        /* as it will go out, without dot-stuffing */
	bool eight_bit, utf8;
	struct client_recipient *recipients;
	size_t count;
};

enum { CLIENT_LINE = 2048, CLIENT_COMMANDS = 262144, CLIENT_RECIPIENTS = 100 };

struct client {
	bool lmtp;
	struct slice name;                    /* ours, in EHLO */
	/* A recipient's outcome stands; once for each. `reply` is read-only and ends with the call. */
	void (*settled)(void *owner, size_t which, enum relay_outcome outcome, struct slice reply);
	void *owner;

	enum client_stage stage;
	unsigned features;                    /* bits, of the last EHLO */
	uint64_t size_limit;                  /* SIZE's, 0: none named */
	unsigned long asked, answered;        /* replies due and come; they are equal when nobody is due to speak */
	unsigned letters;                     /* begun on this connection */

	struct client_letter *letter;
	enum client_stage to_send;            /* AT_MAIL, AT_RCPT, AT_DATA; AT_CONTENT: all sent */
	size_t send_at, answer_at;            /* recipients: next to ask, next to hear of */
	size_t accepted;
	bool handed_back;                     /* the reused connection ended before the letter began: try another */

	struct reply reply;
	struct buffer out;
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
/* AT_REST only. Recipients that can't be asked are settled at once; it may end at AT_REST again. */
void client_begin(struct client *client, struct client_letter *letter);
/* AT_CONTENT: the last byte of CR LF . CR LF has been carried away. */
void client_content_sent(struct client *client);
/* AT_CONTENT: we can't go on before the dot; ends the conversation. */
void client_content_failed(struct client *client, enum relay_outcome outcome, struct slice reply);
void client_quit(struct client *client);
/* The connection ended or took too long; `reply` is ours ("451 4.4.2 …"). */
void client_gone(struct client *client, struct slice reply);

bool client_offers_eight_bit(const struct client *client);

#endif
