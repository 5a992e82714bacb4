/* SPDX-License-Identifier: Apache-2.0 */
/* Header blocks as rows; each is also brought byte by byte. */
#include "front/headers.h"

#include "base/test.h"

static const struct row {
	const char *about;
	struct slice message;
	unsigned seen, hops;
} rows[] = {
	{ "nothing", LIT(""), 0, 0 },
	{ "all", LIT("Date: x\r\nFrom: y\r\nMessage-ID: z\r\n\r\n"), HEADERS_DATE | HEADERS_FROM | HEADERS_MESSAGE_ID, 0 },
	{ "any case, and a space before the colon", LIT("DATE : x\r\nfrom: y\r\n\r\n"), HEADERS_DATE | HEADERS_FROM, 0 },
	{ "the body is not looked at", LIT("\r\nDate: x\r\n"), 0, 0 },
	{ "two hops", LIT("Received: x\r\n\ty\r\nReceived: z\r\n\r\nReceived: no\r\n"), HEADERS_RECEIVED, 2 },
	{ "a name in a value", LIT("Subject: From: Date:\r\n\r\n"), 0, 0 },
	{ "a name in a folded line", LIT("Subject: x\r\n y From: z\r\n\r\n"), 0, 0 },
	{ "folded lines that look like fields", LIT("Subject: x\r\n Date: y\r\n\tReceived: z\r\n\r\n"), 0, 0 },
	{ "a longer name", LIT("Dated: x\r\nX-Received: y\r\nMessage-ID-Or-So: z\r\n\r\n"), 0, 0 },
	{ "a shorter name", LIT("Dat: x\r\nMessage-I: z\r\n\r\n"), 0, 0 },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct headers whole = { 0 }, bytes = { 0 };

		headers_add(&whole, rows[i].message);
		for (size_t at = 0; at < rows[i].message.len; at++)
			headers_add(&bytes, (struct slice){ rows[i].message.at + at, 1 });
		CHECK(whole.seen == rows[i].seen && whole.hops == rows[i].hops, rows[i].about);
		CHECK(bytes.seen == rows[i].seen && bytes.hops == rows[i].hops, rows[i].about);
	}
	return TEST_END();
}
