/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a client calls itself, the trace stays the header lines that we wrote. */
#include "front/trace.h"

#include "base/test.h"
#include "front/headers.h"

static struct envelope_recipient recipients[] = { { .address = LIT("u@example.org") },
                                                  { .address = LIT("v@example.org") } };

#define CLIENT .id = LIT("0123456789ABCDEF"), .protocol = LIT("ESMTP"), .recipients = recipients

static const struct row {
	const char *about;
	struct envelope envelope;
	unsigned headers;
	const char *text;
} rows[] = {
	{ "one recipient is named",
	  { CLIENT, .helo = LIT("x.example"), .client_address = LIT("192.0.2.1"), .recipient_count = 1 }, 0,
	  "Received: from x.example (unknown [192.0.2.1])\r\n\tby mx (Postern) with ESMTP\r\n\tid 0123456789ABCDEF\r\n"
	  "\tfor <u@example.org>;\r\n\tDATE\r\n" },
	{ "two are not",
	  { CLIENT, .helo = LIT("[192.0.2.1]"), .client_address = LIT("2001:db8::1"), .client_name = LIT("x.example"),
	    .recipient_count = 2 }, 0,
	  "Received: from [192.0.2.1] (x.example [IPv6:2001:db8::1])\r\n\tby mx (Postern) with ESMTP\r\n"
	  "\tid 0123456789ABCDEF;\r\n\tDATE\r\n" },
	{ "a poisonous greeting",
	  { CLIENT, .helo = LIT("a\r\nB: (c)\x1b\0\xff;"), .client_address = LIT("192.0.2.1"), .recipient_count = 2 }, 0,
	  "Received: from a??B:??c????? (unknown [192.0.2.1])\r\n\tby mx (Postern) with ESMTP\r\n"
	  "\tid 0123456789ABCDEF;\r\n\tDATE\r\n" },
	{ "a local user who wrote all",
	  { CLIENT, .flags = ENVELOPE_LOCAL, .uid = 7, .recipient_count = 2 },
	  HEADERS_DATE | HEADERS_FROM | HEADERS_MESSAGE_ID,
	  "Received: by mx (Postern, uid 7)\r\n\tid 0123456789ABCDEF;\r\n\tDATE\r\n" },
	{ "a local user who wrote nothing",
	  { CLIENT, .flags = ENVELOPE_LOCAL, .uid = 7, .sender = LIT("me@mx"), .recipient_count = 2 }, 0,
	  "Received: by mx (Postern, uid 7)\r\n\tid 0123456789ABCDEF;\r\n\tDATE\r\nDate: DATE\r\n"
	  "Message-ID: <0123456789ABCDEF@mx>\r\nFrom: me@mx\r\n" },
	{ "a local program without a sender",
	  { CLIENT, .flags = ENVELOPE_LOCAL, .recipient_count = 2 }, HEADERS_DATE | HEADERS_MESSAGE_ID,
	  "Received: by mx (Postern, uid 0)\r\n\tid 0123456789ABCDEF;\r\n\tDATE\r\nFrom: postmaster@mx\r\n" },
};

int main(void)
{
	struct buffer text;

	buffer_init(&text, TRACE_LONGEST);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct trace trace = { .envelope = &rows[i].envelope, .hostname = LIT("mx"), .date = "DATE",
		                             .headers = rows[i].headers };

		buffer_clear(&text);
		CHECK(trace_write(&trace, &text) == OK, rows[i].about);
		CHECK(slice_same(buffer_slice(&text), slice_of(rows[i].text)), rows[i].about);
	}
	buffer_finish(&text);
	return TEST_END();
}
