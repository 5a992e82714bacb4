/* SPDX-License-Identifier: Apache-2.0 */
/* pack_test.c — there and back, and every way of being too short. */
#include "base/pack.h"

#include "base/test.h"

#include <string.h>

static enum result pack_all(struct buffer *to)
{
	TRY(pack_u8(to, 0xfe));
	TRY(pack_u32(to, 0x01020304));
	TRY(pack_u64(to, 0x0102030405060708));
	TRY(pack_slice(to, SLICE("a\0b")));
	return pack_slice(to, SLICE(""));
}

static bool reads_all(struct slice bytes)
{
	struct unpack from = unpack_from(bytes);
	bool same = unpack_u8(&from) == 0xfe;

	same &= unpack_u32(&from) == 0x01020304;
	same &= unpack_u64(&from) == 0x0102030405060708;
	same &= slice_same(unpack_slice(&from, 3), SLICE("a\0b"));
	same &= unpack_more(&from);
	same &= unpack_slice(&from, 0).len == 0;
	return unpack_end(&from) == OK && same;
}

static void test_there_and_back(void)
{
	static const char expected[] = "\xfe\4\3\2\1\10\7\6\5\4\3\2\1\3\0\0\0a\0b\0\0\0\0";
	struct buffer buffer;

	buffer_init(&buffer, 100);
	CHECK(pack_all(&buffer) == OK, "packed");
	CHECK(slice_same(buffer_slice(&buffer), (struct slice){ expected, sizeof(expected) - 1 }),
	      "little-endian, no padding");
	CHECK(reads_all(buffer_slice(&buffer)), "what was packed is read");
	for (size_t len = 0; len < buffer_length(&buffer); len++) {
		struct slice whole = buffer_slice(&buffer);

		CHECK(!reads_all(slice_take(&whole, len)), "anything shorter is bad");
	}
	CHECK(pack_u8(&buffer, 0) == OK && !reads_all(buffer_slice(&buffer)), "anything longer is bad");
	buffer_finish(&buffer);
}

static void test_limits(void)
{
	struct unpack from = unpack_from(SLICE("\4\0\0\0abcdX"));
	struct buffer tight;

	CHECK(unpack_slice(&from, 3).len == 0 && from.bad, "a slice longer than allowed is bad");
	CHECK(unpack_u8(&from) == 0 && !unpack_more(&from) && unpack_end(&from) == REFUSED,
	      "and bad it stays, yielding zeros");
	from = unpack_from(SLICE("\xff\xff\xff\xff"));
	CHECK(unpack_slice(&from, SIZE_MAX).len == 0 && from.bad, "a length with nothing behind it is bad");
	from = unpack_from((struct slice){ NULL, 0 });
	CHECK(unpack_end(&from) == OK && !unpack_more(&from), "nothing is read from nothing");
	buffer_init(&tight, 5);
	CHECK(pack_u64(&tight, 1) == LATER, "a full buffer takes no number");
	buffer_finish(&tight);
}

int main(void)
{
	test_there_and_back();
	test_limits();
	return TEST_END();
}
