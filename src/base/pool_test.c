/* SPDX-License-Identifier: Apache-2.0 */
/* pool_test.c — objects out and back, up to the limit. */
#include "base/pool.h"

#include "base/test.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { MOST = 1000 };

static void *objects[MOST];

static void test_size(size_t size)
{
	static const char zeroes[40000];
	struct pool pool;

	pool_init(&pool, size, MOST);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < MOST; i++) {
			objects[i] = pool_take(&pool);
			CHECK(objects[i] && memcmp(objects[i], zeroes, size) == 0, "an object comes zeroed");
			CHECK((uintptr_t)objects[i] % alignof(max_align_t) == 0, "and aligned for anything");
			memset(objects[i], 0xaa, size);
		}
		CHECK(pool_take(&pool) == NULL && pool.used == MOST, "one more than the limit is not given");
		for (size_t i = 0; i < MOST; i++)
			pool_give(&pool, objects[i]);
		CHECK(pool.used == 0, "all are back");
	}
	pool_finish(&pool);
	pool_finish(&pool);
}

static void test_stretch(void)
{
	char *stretch = pool_resize(NULL, 10);

	CHECK(stretch != NULL, "a stretch is given");
	if (stretch == NULL)
		return;
	memcpy(stretch, "0123456789", 10);
	stretch = pool_resize(stretch, 100000);
	CHECK(stretch && memcmp(stretch, "0123456789", 10) == 0, "it grows and keeps what was there");
	stretch = pool_resize(stretch, 1 << 20);
	CHECK(stretch && memcmp(stretch, "0123456789", 10) == 0, "a large one too");
	stretch = pool_resize(stretch, 20);
	CHECK(stretch && memcmp(stretch, "0123456789", 10) == 0, "it shrinks and keeps the start");
	CHECK(pool_resize(stretch, 0) == NULL, "and goes back");
}

int main(void)
{
	static const size_t sizes[] = { 1, 8, 17, 4096, 40000 };
	struct pool zeroed = { 0 };

	pool_finish(&zeroed);
	pool_give(&zeroed, NULL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		test_size(sizes[i]);
	test_stretch();
	return TEST_END();
}
