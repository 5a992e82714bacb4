/* SPDX-License-Identifier: Apache-2.0 */
/* The stranger's part is copied byte by byte through one filter; the rest is ours. */
#include "front/trace.h"

#include "front/headers.h"

static enum result add_safe(struct buffer *to, struct slice text)
{
	static const struct slice safe = LIT(".-_:[]");

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		TRY(buffer_add_byte(to, byte_is_letter(c) || byte_is_digit(c) || slice_has(safe, c) ? c : '?'));
	}
	return OK;
}

static enum result from_client(const struct envelope *envelope, struct buffer *to)
{
	const char *six = slice_has(envelope->client_address, ':') ? "IPv6:" : "";

	TRY(buffer_add(to, SLICE("Received: from ")));
	TRY(add_safe(to, envelope->helo));
	TRY(buffer_add(to, SLICE(" (")));
	TRY(add_safe(to, envelope->client_name.len ? envelope->client_name : SLICE("unknown")));
	TRY(buffer_format(to, " [%s", six));
	TRY(add_safe(to, envelope->client_address));
	return buffer_add(to, SLICE("])\r\n\tby "));
}

static enum result received(const struct trace *trace, struct buffer *to)
{
	const struct envelope *envelope = trace->envelope;

	if (envelope->flags & ENVELOPE_LOCAL) {
		TRY(buffer_add(to, SLICE("Received: by ")));
		TRY(add_safe(to, trace->hostname));
		TRY(buffer_format(to, " (Postern, uid %u)\r\n\tid %.*s", envelope->uid, SHOW(envelope->id)));
	} else {
		TRY(from_client(envelope, to));
		TRY(add_safe(to, trace->hostname));
		TRY(buffer_format(to, " (Postern) with %.*s", SHOW(envelope->protocol)));
		if (envelope->tls.len)
			TRY(buffer_format(to, " (%.*s)", SHOW(envelope->tls)));
		TRY(buffer_format(to, "\r\n\tid %.*s", SHOW(envelope->id)));
	}
	if (envelope->recipient_count == 1)
		TRY(buffer_format(to, "\r\n\tfor <%.*s>", SHOW(envelope->recipients[0].address)));
	return buffer_format(to, ";\r\n\t%s\r\n", trace->date);
}

enum result trace_write(const struct trace *trace, struct buffer *to)
{
	const struct envelope *envelope = trace->envelope;
	struct slice sender = envelope->sender;

	TRY(received(trace, to));
	if (!(envelope->flags & ENVELOPE_LOCAL))
		return OK;
	if (!(trace->headers & HEADERS_DATE))
		TRY(buffer_format(to, "Date: %s\r\n", trace->date));
	if (!(trace->headers & HEADERS_MESSAGE_ID))
		TRY(buffer_format(to, "Message-ID: <%.*s@%.*s>\r\n", SHOW(envelope->id), SHOW(trace->hostname)));
	if (trace->headers & HEADERS_FROM)
		return OK;
	if (sender.len)
		return buffer_format(to, "From: %.*s\r\n", SHOW(sender));
	return buffer_format(to, "From: postmaster@%.*s\r\n", SHOW(trace->hostname));
}
