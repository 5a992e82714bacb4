/* SPDX-License-Identifier: Apache-2.0 */
/* checksum_test.c — the examples of RFC 3720 appendix B.4, and the table against the instruction. */
#include "base/checksum.h"

#include "base/test.h"

#include <string.h>

enum { SIZE = 1000 };

static void test_examples(void)
{
	char zeroes[32] = { 0 }, ones[32], up[32], down[32];

	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < 32; i++) {
		up[i] = (char)i;
		down[i] = (char)(31 - i);
	}
	CHECK(checksum(0, (struct slice){ zeroes, 32 }) == 0x8a9136aa, "32 bytes of zeroes");
	CHECK(checksum(0, (struct slice){ ones, 32 }) == 0x62a8ab43, "32 bytes of ones");
	CHECK(checksum(0, (struct slice){ up, 32 }) == 0x46dd794e, "32 bytes going up");
	CHECK(checksum(0, (struct slice){ down, 32 }) == 0x113fdb5c, "32 bytes going down");
	CHECK(checksum(0, SLICE("123456789")) == 0xe3069283, "the digits");
	CHECK(checksum(0, SLICE("")) == 0 && checksum(77, (struct slice){ NULL, 0 }) == 77, "nothing changes nothing");
}

static void test_both_ways(void)
{
	char bytes[SIZE];

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 131 + i / 7);
	for (size_t start = 0; start < 17; start++)
		for (size_t len = 0; len < SIZE - 17; len += 13) {
			struct slice whole = { bytes + start, len }, rest = whole, front = slice_take(&rest, len / 3);

			CHECK(checksum(5, whole) == checksum_by_table(5, whole), "instruction and table agree");
			CHECK(checksum(checksum(0, front), rest) == checksum(0, whole), "in two parts or one");
		}
}

int main(void)
{
	test_examples();
	test_both_ways();
	return TEST_END();
}
