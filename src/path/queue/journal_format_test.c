/* SPDX-License-Identifier: Apache-2.0 */
/* Records come back as they were written, up to the first that is cut or changed. */
#include "queue/journal_format.h"

#include "base/test.h"

#include <string.h>

static const struct journal_record rows[] = {
	{ .kind = JOURNAL_TOTALS, .totals = { 5, 4, 3, 2, 1 } },
	{ .kind = JOURNAL_DELIVERED, .id = "0123456789ABCDEF", .serial = 9, .place = 3, .route = LIT("lmtp://mbox1:24"),
	  .reply = LIT("250 2.0.0 done") },
	{ .kind = JOURNAL_FAILED, .flags = JOURNAL_IS_EXPIRED, .id = "0123456789ABCDEF", .serial = 9, .reply = LIT("550 no") },
	{ .kind = JOURNAL_DEFERRED, .id = "0123456789ABCDEF", .serial = 9, .place = 1, .attempts = 7, .time = 1ull << 33 },
	{ .kind = JOURNAL_TRIED, .flags = JOURNAL_IS_OWN, .id = "ZZZZZZZZZZZZZZZZ", .serial = UINT32_MAX, .place = UINT32_MAX },
};

static bool same(const struct journal_record *a, const struct journal_record *b)
{
	return a->kind == b->kind && a->flags == b->flags && memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
	       a->serial == b->serial && a->place == b->place && a->attempts == b->attempts && a->time == b->time &&
	       slice_same(a->route, b->route) && slice_same(a->reply, b->reply) &&
	       memcmp(a->totals, b->totals, sizeof(a->totals)) == 0;
}

/* How many of the rows, in order, stand at the front. */
static size_t replay(struct slice bytes, enum result *ret_end)
{
	struct journal_record record;
	size_t count = 0;

	*ret_end = journal_read_head(&bytes);
	while (*ret_end == OK) {
		*ret_end = journal_read(&bytes, &record);
		if (*ret_end == OK && (count == COUNT_OF(rows) || !same(&record, &rows[count++])))
			return SIZE_MAX;
	}
	return count;
}

static void check_cuts(struct slice file, const size_t *ends)
{
	unsigned wrong = 0;

	for (size_t length = 0; length <= file.len; length++) {
		enum result end;
		size_t whole = 0, found = replay((struct slice){ file.at, length }, &end);

		while (whole < COUNT_OF(rows) && ends[whole] <= length)
			whole++;
		wrong += found != whole || end != AGAIN;
	}
	CHECK(wrong == 0, "a journal cut anywhere yields exactly the records before the cut");
}

static void check_flips(struct buffer *file, const size_t *ends)
{
	struct slice rest, bytes = buffer_slice(file);
	struct journal_record record;
	unsigned wrong = 0, found = 0;

	for (size_t at = JOURNAL_HEAD; at < bytes.len; at++) {
		enum result end;
		size_t before = 0;

		while (ends[before] <= at)
			before++;
		file->bytes[file->start + at] ^= 0x10;
		wrong += replay(bytes, &end) != before;
		file->bytes[file->start + at] ^= 0x10;
	}
	CHECK(wrong == 0, "a changed byte ends the replay at its record");
	file->bytes[file->start + JOURNAL_HEAD + 1] ^= 1;
	rest = slice_drop(bytes, JOURNAL_HEAD);
	while (journal_find(&rest, &record))
		found++;
	CHECK(found == COUNT_OF(rows) - 1, "records behind a bad one are found");
	rest = SLICE("nothing but text, for some length, and no record in it");
	CHECK(!journal_find(&rest, &record), "text is no record");
	file->bytes[file->start + JOURNAL_HEAD + 1] ^= 1;
	file->bytes[file->start] ^= 1;
	CHECK(journal_read_head(&bytes) == REFUSED, "another magic is another file");
}

int main(void)
{
	struct buffer file;
	size_t ends[COUNT_OF(rows)];
	enum result end;
	struct journal_record longest = rows[1];
	char text[4096];

	buffer_init(&file, 1 << 16);
	CHECK(journal_write_head(&file) == OK, "a head");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK(journal_write(&rows[i], &file) == OK, "a record");
		ends[i] = buffer_length(&file);
	}
	CHECK(replay(buffer_slice(&file), &end) == COUNT_OF(rows) && end == AGAIN, "all records come back");
	check_cuts(buffer_slice(&file), ends);
	check_flips(&file, ends);
	memset(text, 'x', sizeof(text));
	longest.route = longest.reply = (struct slice){ text, sizeof(text) };
	buffer_clear(&file);
	CHECK(journal_write(&longest, &file) == OK && buffer_length(&file) <= JOURNAL_LONGEST, "long words are cut, not refused");
	buffer_finish(&file);
	return TEST_END();
}
