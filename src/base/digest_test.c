/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of FIPS 180-4, and the same bytes in pieces. */
#include "base/digest.h"

#include "base/test.h"

#include <string.h>

static const struct { const char *about; struct slice bytes; struct slice digest; } rows[] = {
	{ "of nothing", LIT(""), LIT("\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24"
	                            "\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55") },
	{ "of three letters", LIT("abc"), LIT("\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	                                     "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad") },
};

static void check(const char *about, struct slice bytes, struct slice wanted, size_t piece)
{
	unsigned char out[DIGEST_SIZE];
	struct digest digest;

	digest_init(&digest);
	while (bytes.len)
		digest_add(&digest, slice_take(&bytes, piece));
	digest_end(&digest, out);
	CHECK(wanted.len == DIGEST_SIZE && memcmp(out, wanted.at, DIGEST_SIZE) == 0, about);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check(rows[i].about, rows[i].bytes, rows[i].digest, 1000);
		check("in pieces of one byte", rows[i].bytes, rows[i].digest, 1);
	}
	return TEST_END();
}
