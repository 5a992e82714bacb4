/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a block of fields, as "name=value;" with marks, and what is left behind it. */
#include "mail/message/fields.h"

#include "base/buffer.h"
#include "base/test.h"

static const struct row {
	const char *about;
	struct slice block;
	const char *fields, *rest;
	bool lenient, broken;
} rows[] = {
	{ "two fields, a blank line, a body", LIT("A: 1\r\nB:2\r\n\r\nbody"), "A=1;B=2;", "body", false, false },
	{ "LF alone ends a line too", LIT("A: 1\nB: 2\n\nbody"), "A=1;B=2;", "body", false, false },
	{ "a value may be empty", LIT("A:\r\n\r\n"), "A=;", "", false, false },
	{ "blanks before the colon are marked", LIT("A : 1\r\n\r\n"), "A=1*1;", "", false, false },
	{ "a folded line of blanks is marked", LIT("A: 1\r\n \r\n x\r\n\r\n"), "A=1\r\n \r\n x*2;", "", false, false },
	{ "a bare CR is marked", LIT("A: 1\rB: 2\r\n\r\n"), "A=1\rB: 2*4;", "", false, false },
	{ "a NUL is marked", LIT("A: 1\0\r\n\r\n"), "A=1\0*4;", "", false, false },
	{ "a line that is no field ends them", LIT("A: 1\r\nno field\r\nB: 2\r\n\r\n"), "A=1;", "no field\r\nB: 2\r\n\r\n", false, true },
	{ "a lenient reader passes over it", LIT("A: 1\r\nno field\r\nB: 2\r\n\r\nx"), "A=1;B=2;", "x", true, false },
	{ "a folded line at the begin is no field", LIT(" A: 1\r\n\r\nx"), "", " A: 1\r\n\r\nx", false, true },
	{ "nothing", LIT(""), "", "", false, false },
	{ "a blank line alone", LIT("\r\nx"), "", "x", false, false },
	{ "no blank line at the end", LIT("A: 1"), "A=1;", "", false, false },
};

static void describe(const struct headers *headers, struct buffer *to)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct header *header = &headers->list[i];

		CHECK(buffer_add(to, header->name) == OK && buffer_add_byte(to, '=') == OK && buffer_add(to, header->value) == OK, "room");
		CHECK(header->marks == 0 || buffer_format(to, "*%u", header->marks) == OK, "room");
		CHECK(buffer_add_byte(to, ';') == OK, "room");
	}
}

static void check_row(const struct row *row)
{
	struct headers headers = { 0 };
	struct buffer seen;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(headers_read(row->block, &message_limits_standard, row->lenient, &arena, &headers) == OK, row->about);
	describe(&headers, &seen);
	CHECK(slice_begins(buffer_slice(&seen), slice_of(row->fields)), row->about);
	CHECK(slice_same(headers.rest, slice_of(row->rest)) && headers.broken == row->broken, row->about);
	buffer_finish(&seen);
	arena_finish(&arena);
}

static void finding(void)
{
	struct headers headers = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	CHECK(headers_read(SLICE("To: a\r\nX: 1\r\ntO: b\r\n\r\n"), &message_limits_standard, false, &arena, &headers) == OK, "read");
	CHECK(headers_find(&headers, SLICE("TO")) == &headers.list[0], "the first is found, whatever its case");
	CHECK(headers_nth(&headers, SLICE("To"), 1) == &headers.list[2], "and the second");
	CHECK(headers_nth(&headers, SLICE("To"), 2) == NULL && headers_find(&headers, SLICE("Cc")) == NULL, "and no other");
	arena_finish(&arena);
}

static const struct { const char *about; struct message_limits limits; enum result end; } ceilings[] = {
	{ "as many fields as the limit", { .header_count = 3, .header_bytes = 100, .header_longest = 10 }, OK },
	{ "one field more", { .header_count = 2, .header_bytes = 100, .header_longest = 10 }, LATER },
	{ "as many bytes as the limit", { .header_count = 9, .header_bytes = 18, .header_longest = 10 }, OK },
	{ "a byte more", { .header_count = 9, .header_bytes = 17, .header_longest = 10 }, LATER },
	{ "a field as long as the limit", { .header_count = 9, .header_bytes = 100, .header_longest = 6 }, OK },
	{ "one that is longer", { .header_count = 9, .header_bytes = 100, .header_longest = 5 }, LATER },
};

static void check_ceiling(size_t row)
{
	struct headers headers = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	CHECK(headers_read(SLICE("A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), &ceilings[row].limits, false, &arena, &headers) == ceilings[row].end,
	      ceilings[row].about);
	CHECK((headers.limit != NULL) == (ceilings[row].end == LATER), ceilings[row].about);
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	finding();
	for (size_t i = 0; i < COUNT_OF(ceilings); i++)
		check_ceiling(i);
	return TEST_END();
}
