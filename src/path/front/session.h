/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h — one SMTP conversation, from greeting to goodbye.
 *
 * Knows:   what an SMTP client may say, and when (RFC 5321, 1870, 2034, 2920, 3030, 3461, 6152,
 *          6531), and who may relay.
 * Ignores: sockets, clocks, memfds and the queue. It is brought lines, the end of a body and verdicts,
 *          and leaves its replies in a buffer.
 * Owns:    one arena that lives as long as one message; session_finish() empties it.
 * Fails:   REFUSED or LATER with a reply already written; BROKEN when a reply does not fit the
 *          buffer: keep SESSION_REPLY bytes of room in it, and as many for each recipient of LMTP.
 */
#ifndef FRONT_SESSION_H
#define FRONT_SESSION_H

#include "base/arena.h"
#include "base/buffer.h"
#include "front/claims.h"
#include "mail/smtp/smtp.h"

/*   HELLO --ehlo--> SENDER --mail--> RECIPIENTS --data--> BODY --.--> VERDICT --> SENDER
 *                                    RECIPIENTS --bdat--> CHUNK --its bytes--> CHUNKS --bdat--> CHUNK
 *                                                         CHUNK --the last's bytes--> VERDICT
 *                                    RECIPIENTS --rcpt--> ASKING --session_asked()--> RECIPIENTS
 * A BDAT that is refused is a CHUNK too: its bytes are swallowed before it is answered. */
enum stage { STAGE_HELLO, STAGE_SENDER, STAGE_RECIPIENTS, STAGE_CHUNKS, STAGE_BODY, STAGE_CHUNK, STAGE_VERDICT,
             STAGE_ASKING, STAGE_GOODBYE };

enum room { ROOM_GONE, ROOM_NONE, ROOM_FREE };       /* no queue; a full disk; go on */

/* As in the `listen` section, and in that order. */
enum session_tls { SESSION_TLS_NONE, SESSION_TLS_OPTIONAL, SESSION_TLS_REQUIRED, SESSION_TLS_IMPLICIT };

/* Lives as long as the process; its contents are replaced by a reload between two lines. */
struct session_rules {
	struct slice hostname, greeting, postmaster;
	const struct slice *domains;
	size_t domain_count;
	const uint64_t *domain_limits;            /* one for each of `domains`: bytes; 0: no limit of its own */
	const struct slice *asked;                /* those of our domains whose recipients are looked up */
	size_t asked_count;
	uint64_t message_limit;
	uint64_t recipients, null_sender_recipients, errors, hops;
	enum room room;
	bool lmtp;                                /* RFC 2033: LHLO, and an answer for each recipient */
	enum session_tls tls;
	const bool *tls_ready;                    /* a handshake would find a certificate; NULL: never */
};

/* Bits. XCLIENT, XFORWARD: may speak for others. */
enum session_client { SESSION_TRUSTED = 1, SESSION_LOCAL = 2, SESSION_XCLIENT = 4, SESSION_XFORWARD = 8 };
/* What this client may have no more of in this minute. */
enum session_spent { SESSION_SPENT_MESSAGES = 1, SESSION_SPENT_RECIPIENTS = 2 };
enum { SESSION_REPLY = 1024, SESSION_HELO = 256, SESSION_LMTP_RECIPIENTS = 100 };

struct session {
	const struct session_rules *rules;
	struct buffer *replies;
	unsigned client;                          /* bits of session_client */
	enum stage stage;
	bool extended;                            /* EHLO, not HELO */
	bool eight_bit, utf8, ret_full, ret_headers;
	bool chunked;                             /* the message comes by BDAT */
	struct slice envelope_id;
	struct {
		uint64_t left;                    /* bytes that are still to come */
		bool last, unmeasured;            /* unmeasured: the last line was a BDAT whose length nobody knows */
		const char *refused;              /* NULL, or the reply once its bytes are swallowed */
		enum stage after;                 /* where the session stands then */
	} chunk;
	unsigned spent;                           /* bits of session_spent; brought before each line */
	bool untidy;                              /* the last line had no CR: what comes glued to it is not heard */
	bool begins_tls;                          /* STARTTLS was answered with 220: a handshake is next */
	const char *tls_version, *tls_cipher;     /* constants; NULL: not inside TLS */
	uint64_t errors;
	struct arena message;
	struct slice sender;
	struct session_recipient *first, *last;
	struct session_noted *first_noted, *last_noted;
	uint32_t recipients;
	uint32_t noted;                           /* RCPTs that were answered 250: LMTP answers for each */
	uint64_t size, most;                      /* SIZE as said; the smallest limit of the recipients' domains */
	struct claim client_is, message_from;     /* XCLIENT: this session's; XFORWARD: the next message's */
	bool claimed;                             /* this line was an XCLIENT: session_greet() again, as that client */
	struct envelope_recipient asked;          /* in STAGE_ASKING: whom it is about */
	uint8_t helo_length;
	char helo[SESSION_HELO];
};

void session_init(struct session *session, const struct session_rules *rules, struct buffer *replies, unsigned client);
void session_finish(struct session *session);         /* safe on a zeroed one */

must_use enum result session_greet(struct session *session);
must_use enum result session_line(struct session *session, struct slice line);
/* A line that could not be brought: too long, or without CR before its LF. `line`: its first bytes. */
enum session_bad_line { LINE_TOO_LONG, LINE_WITHOUT_CR };
must_use enum result session_bad_line(struct session *session, struct slice line, enum session_bad_line what);

/* Whom is to be looked up; NULL: nobody. And what was found: OK with at least one address, in whose place they are;
 * REFUSED: there is no such recipient; LATER. An address that is there already is not there twice. */
const struct envelope_recipient *session_question(const struct session *session);
must_use enum result session_asked(struct session *session, enum result end, const struct slice *addresses, size_t count);

/* How the bytes of a message ended. Only BODY_FINE waits for a verdict. */
enum session_body { BODY_FINE, BODY_FAULTY, BODY_TOO_LARGE, BODY_TOO_LARGE_FOR_ONE, BODY_LOOPS, BODY_NO_ROOM };
must_use enum result session_body(struct session *session, enum session_body end);
/* In CHUNK, once no byte is left: BODY_FINE, or what is known already to be wrong with the message. AGAIN: it was the
 * last, and waits for a verdict. */
must_use enum result session_chunk(struct session *session, enum session_body how);
/* `reply` is the queue's, and believed only as far as it is one line that begins with 4 or 5. */
must_use enum result session_verdict(struct session *session, enum result verdict, struct slice reply);

/* Before the verdict OK: the recipient of that place in the envelope was refused all the same, in LMTP. LATER: there is
 * no such place, or no room: the verdict must not be OK then. */
must_use enum result session_refused(struct session *session, uint32_t place, struct slice reply);

/* Whatever the stage: one last line, and no more is listened to. */
enum session_end { END_TALKED_EARLY, END_TIME, END_SLOW, END_STOP, END_BUSY, END_PER_CLIENT, END_CROWDED, END_STARVED };
must_use enum result session_end(struct session *session, enum session_end why);
/* The handshake is done (RFC 3207 4.2): whatever was said before it is forgotten. */
void session_secured(struct session *session, const char *version, const char *cipher);
/* STARTTLS was answered with 220, which was not sent yet: 454 instead. */
must_use enum result session_no_tls(struct session *session);
void session_gone(struct session *session);

struct slice session_first_recipient(const struct session *session);      /* empty: there is none */

/* Fills sender, recipients, helo, protocol, flags; from the session's arena. LATER: it is full. */
must_use enum result session_envelope(struct session *session, struct envelope *ret_envelope);

#endif
