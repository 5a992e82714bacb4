/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a call-out asks about an address, as rows. */
#include "access/zones.h"
#include "base/test.h"

static const struct slice of_domain[] = { LIT("smtp://domain") }, of_first[] = { LIT("smtp://first") },
                          of_second[] = { LIT("smtp://second") };
static struct way ways[] = {
	{ LIT("empty@example.org"), of_first, 0 },
	{ LIT("a*@example.org"), of_first, 1 },
	{ LIT("*+x@Example.org"), of_second, 1 },
	{ LIT("*@other.example"), of_second, 1 },
};

static const struct row { const char *about; struct slice address, target; } rows[] = {
	{ "no route matches: the domain's", LIT("berta@example.org"), LIT("smtp://domain") },
	{ "the first that matches", LIT("anna+x@example.org"), LIT("smtp://first") },
	{ "another one", LIT("berta+x@example.org"), LIT("smtp://second") },
	{ "letters are the same in either case", LIT("ANNA@EXAMPLE.ORG"), LIT("smtp://first") },
	{ "a route that says nowhere is none", LIT("empty@example.org"), LIT("smtp://domain") },
	{ "the whole address must match", LIT("anna@example.org.example"), LIT("smtp://domain") },
};

int main(void)
{
	const struct zones zones = { .ways = ways, .way_count = COUNT_OF(ways) };
	const struct zone zone = { .targets = of_domain, .target_count = 1 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t count = 0;
		const struct slice *targets = zones_targets(&zones, &zone, rows[i].address, &count);

		CHECK(count == 1 && slice_same(targets[0], rows[i].target), rows[i].about);
	}
	return TEST_END();
}
