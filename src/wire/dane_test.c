/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about TLSA records as rows: whether they bind us, and how many of them can be used. */
#include "wire/dane.h"
#include "base/test.h"

#define THIRTY_TWO "0123456789abcdef0123456789abcdef"

static const struct row {
	const char *about;
	struct dns_reply reply;
	enum result end;
	size_t usable;
} rows[] = {
	{ "usage 3 of a key's SHA-256", { DNS_FOUND, true, 60, 1, { LIT("\3\1\1" THIRTY_TWO) } }, OK, 1 },
	{ "usage 2 of a certificate's SHA-512", { DNS_FOUND, true, 60, 1, { LIT("\2\0\2" THIRTY_TWO THIRTY_TWO) } }, OK, 1 },
	{ "a whole key", { DNS_FOUND, true, 60, 1, { LIT("\3\1\0key") } }, OK, 1 },
	{ "usages of the web bind us to TLS, and verify nothing", { DNS_FOUND, true, 60, 2,
	  { LIT("\0\1\1" THIRTY_TWO), LIT("\1\1\1" THIRTY_TWO) } }, OK, 0 },
	{ "so do numbers that nobody knows", { DNS_FOUND, true, 60, 3,
	  { LIT("\4\1\1" THIRTY_TWO), LIT("\3\2\1" THIRTY_TWO), LIT("\3\1\3" THIRTY_TWO) } }, OK, 0 },
	{ "and digests of another length", { DNS_FOUND, true, 60, 3,
	  { LIT("\3\1\1" THIRTY_TWO "x"), LIT("\3\1\2" THIRTY_TWO), LIT("\3\1\1short") } }, OK, 0 },
	{ "and records without data", { DNS_FOUND, true, 60, 3, { LIT(""), LIT("\3"), LIT("\3\1\1") } }, OK, 0 },
	{ "one good one among them is used", { DNS_FOUND, true, 60, 3,
	  { LIT("\3\1\3x"), LIT("\3\1\1" THIRTY_TWO), LIT("\0\0\0x") } }, OK, 1 },
	{ "not signed: anybody may have written them", { DNS_FOUND, false, 60, 1, { LIT("\3\1\1" THIRTY_TWO) } }, REFUSED, 0 },
	{ "none, and signed", { .end = DNS_NO_RECORDS, .secure = true }, REFUSED, 0 },
	{ "none, and nobody knows", { .end = DNS_NO_NAME }, REFUSED, 0 },
	{ "no answer is not the same as none", { .end = DNS_FAILED }, LATER, 0 },
	{ "more than the wire holds, cut and so not signed", { .end = DNS_FOUND, .count = DNS_RECORDS }, LATER, 0 },
};

static void try_row(const struct row *row)
{
	struct dane dane = { 0 };

	CHECK(dane_read(&dane, &row->reply) == row->end, row->about);
	CHECK(dane.count == row->usable, row->about);
	for (size_t i = 0; i < dane.count; i++)
		CHECK(dane.records[i].usage >= 2 && dane.records[i].usage <= 3 && dane.records[i].data.len > 0, row->about);
	dane_finish(&dane);
}

static void try_names(void)
{
	char host[DNS_NAME + 1], to[DNS_NAME + 1];
	struct slice name;

	memset(host, 'a', sizeof(host));
	CHECK(dane_name(SLICE("mx.example.net"), 25, to, &name) == OK &&
	      slice_same(name, SLICE("_25._tcp.mx.example.net")), "port and protocol stand before the host");
	CHECK(dane_name((struct slice){ host, DNS_NAME - 10 }, 65535, to, &name) == REFUSED, "too long with them");
	CHECK(dane_name((struct slice){ host, DNS_NAME - 12 }, 65535, to, &name) == OK && name.len == DNS_NAME, "just not");
	CHECK(dane_name(SLICE(""), 25, to, &name) == REFUSED, "nobody's");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		try_row(&rows[i]);
	try_names();
	return TEST_END();
}
