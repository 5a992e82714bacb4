/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments as rows, and what is known then. */
#include "front/claims.h"

#include "base/test.h"

#include <arpa/inet.h>

static const struct row {
	const char *about, *arguments, *address, *name, *helo;        /* address NULL: refused; "": none */
} rows[] = {
	{ "all of it", "NAME=mail.example ADDR=192.0.2.1 HELO=client.example PORT=4711 PROTO=ESMTP", "::ffff:192.0.2.1",
	  "mail.example", "client.example" },
	{ "IPv6", "ADDR=IPV6:2001:db8::1", "2001:db8::1", "", "" },
	{ "small letters, two spaces", "addr=192.0.2.1  name=x", "::ffff:192.0.2.1", "x", "" },
	{ "what is not known", "NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL]", "", "", "" },
	{ "xtext", "HELO=a+2Bb", "", "", "a+b" },
	{ "xtext with NUL", "HELO=a+00b", NULL, "", "" },
	{ "xtext with LF", "NAME=a+0Ab", NULL, "", "" },
	{ "xtext with a space", "NAME=a+20b", NULL, "", "" },
	{ "xtext that ends too early", "NAME=a+2", NULL, "", "" },
	{ "no address", "ADDR=192.0.2", NULL, "", "" },
	{ "IPv6 without its word", "ADDR=2001:db8::1", NULL, "", "" },
	{ "an unknown attribute", "LOGIN=root", NULL, "", "" },
	{ "twice", "NAME=a NAME=b", NULL, "", "" },
	{ "no value", "NAME=", NULL, "", "" },
	{ "no sign", "NAME", NULL, "", "" },
	{ "nothing", "", NULL, "", "" },
};

int main(void)
{
	char longest[CLAIM_TEXT + 8] = "NAME=";

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct claim claim = { 0 };
		struct in6_addr wanted;
		enum result end = claim_read(slice_of(row->arguments), &claim);

		CHECK(end == (row->address ? OK : REFUSED) && claim.there == (row->address != NULL), row->about);
		CHECK(slice_same(claim_slice(&claim.name), slice_of(row->name)), row->about);
		CHECK(slice_same(claim_slice(&claim.helo), slice_of(row->helo)), row->about);
		CHECK(claim.addressed == (row->address && row->address[0]), row->about);
		CHECK(claim.nobody == (strstr(row->arguments, "ADDR=[") != NULL), row->about);
		if (claim.addressed)
			CHECK(inet_pton(AF_INET6, row->address, &wanted) == 1 &&
			      memcmp(&wanted, &claim.address, sizeof(wanted)) == 0, row->about);
	}
	for (size_t len = CLAIM_TEXT - 1; len <= CLAIM_TEXT; len++) {
		struct claim claim = { 0 };

		memset(longest + 5, 'x', len);
		CHECK(claim_read((struct slice){ longest, 5 + len }, &claim) == (len < CLAIM_TEXT ? OK : REFUSED), "a long name");
	}
	return TEST_END();
}
