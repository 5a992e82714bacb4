/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a message, what is done to it, and what must leave. */
#include "mail/message/edit.h"

#include "base/test.h"

static const struct row {
	const char *about;
	struct slice before;
	struct edit list[3];
	size_t count;
	struct slice after;
} rows[] = {
	{ "an untouched message leaves as it came", LIT("abcdef"), { { 0 } }, 0, LIT("abcdef") },
	{ "an empty message stays empty", LIT(""), { { 0 } }, 0, LIT("") },
	{ "insert at the front", LIT("abc"), { { 0, 0, LIT("X") } }, 1, LIT("Xabc") },
	{ "insert at the end", LIT("abc"), { { 3, 0, LIT("X") } }, 1, LIT("abcX") },
	{ "insert into nothing", LIT(""), { { 0, 0, LIT("X") } }, 1, LIT("X") },
	{ "delete in the middle", LIT("abcdef"), { { 2, 2, LIT("") } }, 1, LIT("abef") },
	{ "delete all", LIT("abc"), { { 0, 3, LIT("") } }, 1, LIT("") },
	{ "replace, insert and delete in one list", LIT("abcdef"),
	  { { 0, 1, LIT("AA") }, { 3, 0, LIT("-") }, { 5, 1, LIT("") } }, 3, LIT("AAbc-de") },
	{ "two edits at one place, in their order", LIT("ab"), { { 1, 0, LIT("1") }, { 1, 0, LIT("2") } }, 2,
	  LIT("a12b") },
	{ "neighbours that touch", LIT("abcd"), { { 0, 2, LIT("X") }, { 2, 2, LIT("Y") } }, 2, LIT("XY") },
};

static void write_out(const struct edits *edits, struct slice original, struct buffer *to)
{
	struct edit_stretch stretch;
	struct edit_walk walk;

	edit_walk_init(&walk, edits, original.len);
	while (edit_walk_next(&walk, &stretch) == AGAIN) {
		struct slice bytes = { original.at + stretch.from, stretch.length };

		CHECK(buffer_add(to, stretch.ours ? stretch.put : bytes) == OK, "there is room");
	}
}

static void check_row(const struct row *row, struct arena *arena, struct buffer *buffer)
{
	struct edits edits = { row->list, row->count }, back = { 0 };
	struct buffer packed;

	buffer_init(&packed, 4096);
	CHECK(edits_check(&edits, row->before.len) == OK, row->about);
	CHECK(edits_pack(&edits, &packed) == OK, row->about);
	CHECK(edits_unpack(buffer_slice(&packed), arena, &back) == OK, row->about);
	write_out(&back, row->before, buffer);
	CHECK(slice_same(buffer_slice(buffer), row->after), row->about);
	CHECK(edits_length(&back, row->before.len) == row->after.len, row->about);
	buffer_clear(buffer);
	buffer_finish(&packed);
}

static const struct bad {
	const char *about;
	struct edit list[2];
	size_t count;
} bad[] = {
	{ "past the end", { { 11, 0, LIT("X") } }, 1 },
	{ "drops past the end", { { 8, 3, LIT("") } }, 1 },
	{ "drops so much that a sum would overflow", { { 8, UINT64_MAX, LIT("") } }, 1 },
	{ "out of order", { { 5, 0, LIT("X") }, { 4, 0, LIT("Y") } }, 2 },
	{ "overlapping", { { 2, 4, LIT("") }, { 5, 1, LIT("") } }, 2 },
};

static void cuts_are_refused(struct arena *arena)
{
	struct edits edits = { rows[7].list, rows[7].count }, back;
	struct buffer packed;

	buffer_init(&packed, 4096);
	CHECK(edits_pack(&edits, &packed) == OK, "a list of three");
	for (size_t len = 0; len < buffer_length(&packed); len++)
		CHECK(edits_unpack((struct slice){ packed.bytes, len }, arena, &back) == REFUSED,
		      "cut anywhere is refused");
	CHECK(edits_unpack(SLICE("\1\377\377\0\0"), arena, &back) == REFUSED, "a count that no byte backs is refused");
	CHECK(edits_unpack(SLICE("\2\0\0\0\0"), arena, &back) == REFUSED, "another version is refused");
	buffer_finish(&packed);
}

int main(void)
{
	struct buffer buffer;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&buffer, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], &arena, &buffer);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK(edits_check(&(struct edits){ bad[i].list, bad[i].count }, 10) == REFUSED, bad[i].about);
	cuts_are_refused(&arena);
	buffer_finish(&buffer);
	arena_finish(&arena);
	return TEST_END();
}
