/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h — one call-out: EHLO or LHLO, STARTTLS, MAIL FROM:<>, RCPT TO:<address>, QUIT. No message is ever sent.
 *
 * Knows:   what may be said when, and what the reply to RCPT means (probe_judge); HELO where EHLO is refused.
 * Ignores: who else is asked, memory, limits; time, but that its owner ends it.
 * Owns:    its socket and two buffers, until the end or probe_drop().
 * Fails:   PROBE_DEAD for whatever is not SMTP, or ends too soon; PROBE_BAD_TLS only where it may go without. Replies are foreign bytes: PROBE_INPUT of
 *          them at a time, REPLY_LINES lines a reply.
 */
#ifndef ACCESS_PROBE_H
#define ACCESS_PROBE_H

#include "base/buffer.h"
#include "base/loop.h"
#include "base/tls.h"
#include "mail/smtp/smtp.h"

#include <sys/socket.h>

enum { PROBE_INPUT = 8192, PROBE_OUTPUT = 1024, PROBE_REPLIES = 5 };

enum probe_end {
	PROBE_THERE,
	PROBE_NOT_THERE,
	PROBE_UNSURE,                          /* it answers, but not about the recipient: 4xx, it does not like us, or TLS lacks */
	PROBE_BAD_TLS,                         /* a handshake failed, and need not have been */
	PROBE_DEAD,
};

/* What a reply to RCPT says of the recipient. */
enum probe_end probe_judge(unsigned code, struct slice text);

enum probe_stage { PROBE_GREETING, PROBE_HELLO, PROBE_OLD_HELLO, PROBE_STARTTLS, PROBE_SHAKING, PROBE_MAIL, PROBE_RCPT,
                   PROBE_STAGES };

/* The conversation alone: bytes in, bytes out. AGAIN: go on; OK: `end` is known. At PROBE_SHAKING nothing is heard until
 * probe_secured(). For tests and fuzzing too. */
struct probe_talk {
	enum probe_stage stage;
	bool lmtp;
	bool wants_tls, needs_tls;             /* STARTTLS where it is offered; nothing is asked without it */
	bool offered, secure;                  /* by the last EHLO; inside TLS */
	struct slice hostname, recipient;      /* until the end */
	struct reply reply;
	enum probe_end end;
};
must_use enum result probe_hear(struct probe_talk *talk, struct buffer *in, struct buffer *out);
must_use enum result probe_secured(struct probe_talk *talk, struct buffer *out);

struct probe {
	struct probe_talk talk;
	struct tls_client *tls_client;         /* NULL: a handshake that is due fails */
	struct tls_peer peer;
	bool proxied;                          /* a PROXY header goes first, that tells of nobody */
	struct watch watch;
	struct buffer in, out;
	struct tls tls;
	int fd;                                /* meaningful while `ended` is set */
	bool connecting;
	void (*ended)(struct probe *probe, enum probe_end end);    /* through the loop; NULL: nothing runs */
};

/* LATER: it could not begin; `ended` is not called then. The talk up to `needs_tls`,
 * hostname and recipient, TLS and `proxied` are set by the caller. */
must_use enum result probe_begin(struct probe *probe, struct loop *loop, const struct sockaddr *to, socklen_t size,
                                 void (*ended)(struct probe *probe, enum probe_end end));
void probe_drop(struct probe *probe);          /* safe when nothing runs */

#endif
