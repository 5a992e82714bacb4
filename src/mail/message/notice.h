/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.h — failure and delay notices (RFC 3461, 3464, 6533), composed from a failed delivery.
 *
 * Knows:   the request (packed by the queue) and the message made of it: multipart/report with
 *          text, delivery-status and the original (headers only, or whole when asked with RET=FULL),
 *          at most NOTICE_LIMIT bytes, ASCII, but UTF-8 where it goes to an address that is. What a rule asks to be told is plain text, by template.h.
 * Ignores: who may get one (the queue's rule), and where it goes from here.
 * Owns:    nothing; the result is written into the caller's buffer.
 * Fails:   REFUSED: not a request. LATER: the buffer is full.
 *
 * It reads foreign bytes (the original's headers, the next hop's words), so it runs in a worker.
 */
#ifndef MESSAGE_NOTICE_H
#define MESSAGE_NOTICE_H

#include "base/arena.h"
#include "base/buffer.h"

enum notice_kind { NOTICE_FAILURE = 1, NOTICE_DELAY, NOTICE_SUCCESS, NOTICE_OF_RULE };
enum { NOTICE_LIMIT = 51200 };

struct notice_recipient {
	struct slice address, original;    /* as in the envelope; ORCPT */
	struct slice route, reply;         /* "smtp://mx.example.net:25"; "550 5.1.1 no such user" */
	bool relayed;                      /* success: to a next hop that tells nobody, not to a mailbox */
	bool expired;                      /* our own limit, after the deferrals that `reply` tells of */
};

struct notice {
	enum notice_kind kind;
	struct slice hostname, postmaster; /* ours */
	struct slice id, envelope_id;      /* of the original */
	struct slice sender;               /* who gets the notice */
	int64_t arrived, now, until;       /* seconds since 1970; until: end of its life in the queue */
	int32_t utc_offset;
	bool full;                         /* RET=FULL */
	uint64_t offset, length;           /* of the original's bytes in the descriptor */
	struct notice_recipient *recipients;
	uint32_t recipient_count;
	struct slice new_id;               /* of the notice itself, for its Message-ID */
	/* NOTICE_OF_RULE only, which is written by a template (template.h): */
	struct slice template, profile;    /* its name, and whose it is */
	struct slice from;                 /* the original's sender, while `sender` is who is told */
	struct slice rule, reason, done;   /* the policy's title; why, in words; the outcome */
};

must_use enum result notice_pack(const struct notice *notice, struct buffer *to);
must_use enum result notice_unpack(struct slice packed, struct arena *arena, struct notice *ret_notice);
must_use enum result notice_compose(const struct notice *notice, struct slice original, struct buffer *to);

#endif
