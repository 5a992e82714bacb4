/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h — the Received header of a message that we take, and the headers that a local program forgot.
 *
 * Knows:   RFC 5321 4.4 and how to fold; which bytes of a stranger's greeting are safe in a header.
 * Ignores: the clock: the date comes as text.
 * Owns:    nothing; the text is added to the buffer that is handed in.
 * Fails:   LATER when the buffer is full.
 */
#ifndef FRONT_TRACE_H
#define FRONT_TRACE_H

#include "base/buffer.h"
#include "mail/smtp/smtp.h"

enum { TRACE_LONGEST = 4096 };

struct trace {
	const struct envelope *envelope;
	struct slice hostname;
	const char *date;
	unsigned headers;              /* bits of headers_seen; looked at for local submission only */
};

must_use enum result trace_write(const struct trace *trace, struct buffer *to);

#endif
