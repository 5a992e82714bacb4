/* SPDX-License-Identifier: Apache-2.0 */
/* arena_test.c — limits, zeroes, alignment, and what a full arena says. */
#include "base/arena.h"

#include "base/test.h"

#include <stdalign.h>
#include <string.h>

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void test_pieces(void)
{
	struct arena arena;
	size_t taken = 0;

	arena_init(&arena, 1 << 20);
	for (size_t size = 1; size < 3000; size += 7) {
		char *piece = arena_take(&arena, size);

		CHECK(piece && is_zero(piece, size), "a piece comes zeroed");
		CHECK((uintptr_t)piece % alignof(max_align_t) == 0, "a piece is aligned for anything");
		memset(piece, 0xaa, size);
		taken += size;
	}
	CHECK(taken < 1 << 20, "all that is under the limit");
	arena_reset(&arena);
	CHECK(is_zero(arena_take(&arena, 1000), 1000), "after a reset pieces come zeroed again");
	arena_finish(&arena);
	arena_finish(&arena);
}

static void test_limit(void)
{
	struct arena arena;
	size_t count = 0;

	arena_init(&arena, 10000);
	while (count < 100000 && arena_take(&arena, 64))
		count++;
	CHECK(count > 0 && count * 64 <= 10000, "a full arena gives nothing more");
	arena_reset(&arena);
	CHECK(arena_take(&arena, 10001) == NULL && arena_take(&arena, SIZE_MAX) == NULL, "nor a piece over its limit");
	CHECK(arena_take_many(&arena, SIZE_MAX / 2, 4) == NULL, "nor an array that overflows");
	CHECK(arena_take_many(&arena, 10, 8) != NULL, "a small one it does give");
	arena_finish(&arena);
}

static void test_copies(void)
{
	struct slice kept = LIT("untouched");
	const char *text = NULL;
	char source[] = "hello";
	struct arena arena;

	arena_init(&arena, 4096);
	CHECK(arena_keep(&arena, slice_of(source), &kept) == OK, "a copy is kept");
	source[0] = 'j';
	CHECK(slice_same(kept, SLICE("hello")), "and is a copy");
	CHECK(arena_keep(&arena, (struct slice){ NULL, 0 }, &kept) == OK && kept.len == 0,
	      "a copy of nothing is nothing");
	CHECK(arena_text(&arena, SLICE("abc"), &text) == OK && strcmp(text, "abc") == 0, "a C string has its NUL");
	CHECK(arena_text(&arena, SLICE("a\0c"), &text) == REFUSED && strcmp(text, "abc") == 0,
	      "a NUL inside is refused");
	kept = SLICE("untouched");
	CHECK(arena_keep(&arena, (struct slice){ source, 5000 }, &kept) == LATER &&
		  slice_same(kept, SLICE("untouched")),
	      "a copy over the limit is for later");
	arena_finish(&arena);
}

int main(void)
{
	struct arena zeroed = { 0 };

	arena_finish(&zeroed);
	arena_reset(&zeroed);
	test_pieces();
	test_limit();
	test_copies();
	return TEST_END();
}
