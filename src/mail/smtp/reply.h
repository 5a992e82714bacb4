/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h — replies of SMTP and LMTP servers, read line by line (RFC 5321 4.2, RFC 2034).
 *
 * Knows:   code, continuation, enhanced status, text; limits on lines and on their number.
 * Ignores: what was asked.
 * Owns:    the reply's text, cut at REPLY_TEXT bytes, printable ASCII only (others become '?').
 * Fails:   REFUSED for what is no reply: a bad code, a code that changes between lines, too many lines.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/slice.h"

enum { REPLY_TEXT = 512, REPLY_LINES = 100 };

struct reply {
	unsigned code;                     /* 200 to 599 */
	unsigned lines;
	char text[REPLY_TEXT];             /* "250 2.0.0 …": the whole, lines joined by a space */
	size_t length;
};

void reply_init(struct reply *reply);
/* One line without CR LF. AGAIN: more lines follow. OK: whole. */
must_use enum result reply_line(struct reply *reply, struct slice line);
struct slice reply_slice(const struct reply *reply);

#endif
