/* SPDX-License-Identifier: Apache-2.0 */
/* Under which keys an address is looked for. */
#include "access/keys.h"

#include "base/test.h"

static const struct row { const char *about; struct slice address, separators; const char *keys[KEYS_MOST + 1]; struct slice detail; }
rows[] = {
	{ "an address", LIT("Anna@Example.org"), LIT("+"), { "anna@example.org", "anna", "@example.org" }, LIT("") },
	{ "a detail", LIT("Anna+Shop@Example.org"), LIT("+"),
	  { "anna+shop@example.org", "anna@example.org", "anna+shop", "anna", "@example.org" }, LIT("+Shop") },
	{ "the first separator counts", LIT("a+b-c@x.y"), LIT("+-"), { "a+b-c@x.y", "a@x.y", "a+b-c", "a", "@x.y" }, LIT("+b-c") },
	{ "of several separators, the first there", LIT("a-b+c@x.y"), LIT("+-"), { "a-b+c@x.y", "a@x.y", "a-b+c", "a", "@x.y" },
	  LIT("-b+c") },
	{ "no separator is set", LIT("a+b@x.y"), LIT(""), { "a+b@x.y", "a+b", "@x.y" }, LIT("") },
	{ "a separator in front is a name's", LIT("+a@x.y"), LIT("+"), { "+a@x.y", "+a", "@x.y" }, LIT("") },
	{ "an empty detail", LIT("a+@x.y"), LIT("+"), { "a+@x.y", "a@x.y", "a+", "a", "@x.y" }, LIT("+") },
	{ "a quoted name has none", LIT("\"a+b\"@x.y"), LIT("+"), { "\"a+b\"@x.y", "\"a+b\"", "@x.y" }, LIT("") },
	{ "the last @ counts", LIT("\"a@b\"@x.y"), LIT("+"), { "\"a@b\"@x.y", "\"a@b\"", "@x.y" }, LIT("") },
};

static const struct slice refused[] = { LIT(""), LIT("anna"), LIT("@x.y"), LIT("anna@") };

int main(void)
{
	static char longest[ACCESS_ADDRESS + 1];
	struct keys keys;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t count = 0;

		CHECK(keys_make(&keys, rows[i].address, rows[i].separators) == OK, rows[i].about);
		for (; rows[i].keys[count]; count++)
			CHECK(count < keys.count && slice_same(keys.list[count], slice_of(rows[i].keys[count])), rows[i].about);
		CHECK(keys.count == count, rows[i].about);
		CHECK(slice_same(keys.detail, rows[i].detail), rows[i].about);
		CHECK(!keys.without_detail[0] && (count < KEYS_MOST || (keys.without_detail[1] && keys.without_detail[3])),
		      rows[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		CHECK(keys_make(&keys, refused[i], SLICE("+")) == REFUSED, "no address");
	memset(longest, 'a', sizeof(longest));
	longest[10] = '@';
	CHECK(keys_make(&keys, (struct slice){ longest, ACCESS_ADDRESS }, SLICE("+")) == OK, "the longest address");
	CHECK(keys_make(&keys, (struct slice){ longest, ACCESS_ADDRESS + 1 }, SLICE("+")) == REFUSED, "longer than that");
	return TEST_END();
}
