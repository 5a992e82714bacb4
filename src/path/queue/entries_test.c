/* SPDX-License-Identifier: Apache-2.0 */
/* Found by id, in order of what is due, through thousands of entries that come and go. */
#include "queue/entries.h"

#include "base/test.h"

#include <malloc.h>

static uint32_t lot = 12345;

static uint32_t draw(uint32_t below)
{
	lot = lot * 1664525u + 1013904223u;
	return (lot >> 8) % below;
}

static struct entry *add(struct entries *entries, uint64_t number, uint32_t recipients)
{
	char id[MESSAGE_ID_SIZE];
	struct entry *entry = NULL;

	message_id_make((int64_t)number, number, id);
	return entries_add(entries, (struct slice){ id, sizeof(id) }, recipients, &entry) == OK ? entry : NULL;
}

static void check_order(struct entries *entries)
{
	uint32_t last = 0;
	unsigned wrong = 0;

	for (struct entry *entry = entries_first(entries, HEAP_RELAY); entry; entry = entries_first(entries, HEAP_RELAY)) {
		wrong += entry->due < last || entries_find(entries, entry_id(entry)) != entry;
		last = entry->due;
		if (draw(2))
			entries_remove(entries, entry);
		else
			entries_unschedule(entries, entry);
	}
	CHECK(wrong == 0, "entries come in the order in which they are due");
}

static void check_many(struct entries *entries)
{
	for (uint64_t i = 0; i < 5000; i++) {
		struct entry *entry = add(entries, i, 1 + draw(3));

		CHECK(entry != NULL, "an entry fits");
		for (uint32_t place = 0; entry && place < entry->count; place++) {
			entry_turn(entries, entry_recipient(entry, place), RECIPIENT_QUEUED);
			entry_recipient(entry, place)->due = draw(1000) + 1;
		}
		entries_schedule(entries, entry);
		if (draw(3) == 0)
			entries_unschedule(entries, entry);
	}
	CHECK(add(entries, 17, 1) == NULL, "an id is there once");
	check_order(entries);
}

static const struct need_row {
	const char *about;
	enum recipient_is a, b;
	uint32_t due_a, due_b;
	int heap;                        /* HEAPS: none */
	uint32_t due;
} need_rows[] = {
	{ "the earlier need counts",              RECIPIENT_QUEUED, RECIPIENT_UNJUDGED,  5, 9, HEAP_RELAY, 5 },
	{ "work before delivery at the same time", RECIPIENT_QUEUED, RECIPIENT_FAILED,    5, 5, HEAP_WORK,  5 },
	{ "what is held waits for no time",       RECIPIENT_HELD,   RECIPIENT_QUEUED,    1, 9, HEAP_RELAY, 9 },
	{ "all held or final: in no heap",        RECIPIENT_HELD,   RECIPIENT_DELIVERED, 1, 1, HEAPS,      0 },
	{ "a copy to quarantine is work",         RECIPIENT_FOR_QUARANTINE, RECIPIENT_DELIVERED, 3, 1, HEAP_WORK, 3 },
};

static void check_need(struct entries *entries, const struct need_row *row)
{
	struct entry *entry = add(entries, 1000000, 2);

	CHECK(entry != NULL, "an entry of two recipients fits");
	if (entry == NULL)
		return;
	entry_turn(entries, entry_recipient(entry, 0), row->a);
	entry_turn(entries, entry_recipient(entry, 1), row->b);
	entry_recipient(entry, 0)->due = row->due_a;
	entry_recipient(entry, 1)->due = row->due_b;
	entries_schedule(entries, entry);
	CHECK((entry->place == 0) == (row->heap == HEAPS), row->about);
	CHECK(entry->place == 0 || (entry->heap == row->heap && entry->due == row->due), row->about);
	entry->flags |= ENTRY_LENT;
	entries_schedule(entries, entry);
	CHECK(entry->place == 0, "what is lent is in no heap");
	entries_remove(entries, entry);
}

static void check_words(void)
{
	struct words words = { 0 };
	uint32_t a = words_keep(&words, SLICE("smtp://a:25"), SLICE("451 later"));
	uint32_t b = words_keep(&words, SLICE("smtp://a:25"), SLICE("451 later"));
	uint32_t c = words_keep(&words, SLICE("smtp://b:25"), SLICE("451 later"));

	CHECK(a && a == b && c && c != a, "the same words are kept once");
	CHECK(words_keep(&words, SLICE(""), SLICE("")) == 0, "nothing said is number 0");
	words_give(&words, a);
	CHECK(slice_same(words_reply(&words, b), SLICE("451 later")), "words stay for their last user");
	words_give(&words, b);
	CHECK(words_route(&words, a).len == 0, "and go with it");
	CHECK(words_keep(&words, SLICE("x"), SLICE("y")) == a, "a number is used again");
	for (uint32_t i = 0; i < 1000; i++) {
		char text[16];
		int length = snprintf(text, sizeof(text), "%u", i);
		uint32_t number = words_keep(&words, SLICE("r"), (struct slice){ text, (size_t)length });

		CHECK(slice_same(words_reply(&words, number), (struct slice){ text, (size_t)length }), "many wordings");
	}
	words_finish(&words);
}

/* What a message costs in memory; a sanitizer build does not say. */
static void check_cost(void)
{
	enum { MANY = 100000, COST_MOST = 256 };
	struct words words = { 0 };
	struct entries entries;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, cost;

	CHECK(entries_init(&entries, MANY, &words) == OK, "room for 100,000");
	for (uint32_t i = 0; i < MANY; i++) {
		struct entry *entry = add(&entries, i, 1);

		CHECK(entry != NULL, "100,000 messages");
		entry_recipient(entry, 0)->due = i * 2654435761u;
		recipient_say(&entries, entry_recipient(entry, 0), SLICE("smtp://a:25"), SLICE("451 later"));
		entries_schedule(&entries, entry);
	}
	cost = (mallinfo2().uordblks + mallinfo2().hblkhd - before) / MANY;
	(void)printf("%zu bytes a message, %zu of them its entry\n", cost, sizeof(struct entry));
	CHECK(cost <= COST_MOST, "no message costs more than its entry and its places in the tables");
	entries_finish(&entries);
	words_finish(&words);
}

int main(void)
{
	struct words words = { 0 };
	struct entries entries;

	CHECK(entries_init(&entries, 6000, &words) == OK, "made");
	check_many(&entries);
	for (size_t i = 0; i < COUNT_OF(need_rows); i++)
		check_need(&entries, &need_rows[i]);
	check_words();
	check_cost();
	while (entries.count < 6000 && add(&entries, 2000000 + entries.count, 1))
		;
	CHECK(add(&entries, 9000000, 1) == NULL, "not more than allowed");
	entries_finish(&entries);
	words_finish(&words);
	return TEST_END();
}
