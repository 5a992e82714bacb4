/* SPDX-License-Identifier: Apache-2.0 */
/* Who is the same sender as before, and who is not. */
#include "mail/smtp/sender.h"

#include "base/test.h"

#include <string.h>

#define LONG_64 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static const struct { const char *about, *sender, *client; uint32_t flags; const char *pair, *domain, *source; } rows[] = {
	{ "an IPv4 client is its /24", "alice@example.org", "192.0.2.77", 0, "alice@example.org 192.0.2.0/24", "example.org", "192.0.2.0/24" },
	{ "an IPv6 client is its /64", "a@example.org", "2001:db8:1:2:3:4:5:6", 0, "a@example.org 2001:db8:1:2::/64", "example.org", "2001:db8:1::/48" },
	{ "an IPv4 client that came by IPv6 is the same", "a@b", "::ffff:192.0.2.9", 0, "a@b 192.0.2.0/24", "b", "192.0.2.0/24" },
	{ "letters of either case are the same", "Alice@Example.ORG", "192.0.2.1", 0, "alice@example.org 192.0.2.0/24", "example.org", "192.0.2.0/24" },
	{ "the null sender has a name and no domain", "", "192.0.2.1", 0, "<> 192.0.2.0/24", "", "192.0.2.0/24" },
	{ "the last @ begins the domain", "\"a@b\"@example.org", "192.0.2.1", 0, "\"a@b\"@example.org 192.0.2.0/24", "example.org", "192.0.2.0/24" },
	{ "an address without a domain", "root", "192.0.2.1", 0, "root 192.0.2.0/24", "", "192.0.2.0/24" },
	{ "who is on this machine", "a@example.org", "", ENVELOPE_LOCAL, "a@example.org local", "example.org", "local" },
	{ "who came from nowhere is nobody", "a@example.org", "", 0, NULL, NULL, NULL },
	{ "what is no address is nobody's", "a@example.org", "mx.example.org", 0, NULL, NULL, NULL },
	{ "a sender that is longer than any is nobody",
	  "a@" LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64, "192.0.2.1", 0, NULL, NULL, NULL },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct envelope envelope = { .flags = rows[i].flags, .sender = slice_of(rows[i].sender),
			                           .client_address = slice_of(rows[i].client) };
		struct sender_names names = { .pair = SLICE("") };

		CHECK((sender_names(&envelope, &names) == OK) == (rows[i].pair != NULL), rows[i].about);
		if (rows[i].pair == NULL)
			continue;
		CHECK(slice_same(names.pair, slice_of(rows[i].pair)), rows[i].about);
		CHECK(slice_same(names.domain, slice_of(rows[i].domain)), rows[i].about);
		CHECK(slice_same(names.source, slice_of(rows[i].source)), rows[i].about);
	}
	return TEST_END();
}
