/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h — what is known of a message beside its bytes: who brought it, from whom, to whom.
 *
 * Knows:   its fields, and their one packed form, used on the wires and in queue files.
 * Ignores: where it is stored, and what the message says of itself.
 * Owns:    nothing: slices point into what was unpacked, or into the session's arena; the
 *          recipients' array is taken from the arena that is handed in.
 * Fails:   REFUSED when packed bytes are not an envelope (every length is checked, addresses are
 *          checked for control bytes); LATER when the arena or buffer is full.
 *
 * Packed: u8 version, then fields, each u8 tag and a slice; a recipient is a field of its own.
 * Unknown tags are passed over, so that a newer gateway's spool can be read by an older one.
 */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include "base/arena.h"
#include "base/buffer.h"

enum { MESSAGE_ID_SIZE = 16, ENVELOPE_RECIPIENTS = 10000 };

enum envelope_flag {                       /* bits */
	ENVELOPE_TRUSTED       = 1 << 0,   /* the client is in `trusted` */
	ENVELOPE_AUTHENTICATED = 1 << 1,   /* `user` is proven */
	ENVELOPE_LOCAL         = 1 << 2,   /* submitted on this machine; `uid` is proven */
	ENVELOPE_UTF8          = 1 << 3,   /* SMTPUTF8 was asked for */
	ENVELOPE_EIGHT_BIT     = 1 << 4,   /* BODY=8BITMIME was said, or bytes above 127 came */
	ENVELOPE_RET_FULL      = 1 << 5,
	ENVELOPE_RET_HEADERS   = 1 << 6,
	ENVELOPE_NOTICE        = 1 << 7,   /* composed by us: never answered by another notice */
	ENVELOPE_RELEASED      = 1 << 8,   /* let out of quarantine: not judged again */
	ENVELOPE_NORMALISED    = 1 << 9,   /* bare CR, bare LF or NUL from a trusted client were put right */
};

enum envelope_notify { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };  /* 0: not said */

struct envelope_recipient {
	struct slice address;              /* as accepted */
	struct slice original;             /* ORCPT, or empty */
	uint8_t notify;                    /* bits of envelope_notify */
};

struct envelope {
	struct slice id;                   /* MESSAGE_ID_SIZE characters of 0-9 A-Z, minted at the door */
	int64_t received;                  /* seconds since 1970 */
	uint32_t flags, uid;
	struct slice listener, protocol;   /* "smtp"; "ESMTP" */
	struct slice client_address, client_name, helo, user;
	struct slice tls;                  /* "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: it came in the clear */
	struct slice trace;                /* our Received header, whole, with CR LF */
	struct slice sender;               /* empty: the null sender */
	struct slice envelope_id;          /* ENVID */
	struct slice origin;               /* id of the message that this one is about (notice, release, copy) */
	struct slice target;               /* where all of it goes, "maildir:/archive"; empty: each recipient by its route */
	struct envelope_recipient *recipients;
	uint32_t recipient_count;
};

must_use enum result envelope_pack(const struct envelope *envelope, struct buffer *to);
must_use enum result envelope_unpack(struct slice packed, struct arena *arena, struct envelope *ret_envelope);

bool message_id_valid(struct slice id);
/* Time in milliseconds (45 bits) and 35 random bits as 16 characters, in order of time. */
void message_id_make(int64_t wall_ms, uint64_t random, char id[MESSAGE_ID_SIZE]);

#endif
