/* SPDX-License-Identifier: Apache-2.0 */
/* A back end that is dead for five days, with a hundred thousand messages waiting for it: the queue's entries and
 * schedule, the relay's limits, and a clock of our own that goes by seconds. */
#include "queue/entries.h"
#include "queue/schedule.h"
#include "relay/backends.h"

#include "base/test.h"

#include <malloc.h>

enum {
	MESSAGES = 100000, DAY = 86400, DEAD = 5 * DAY, START = 1000000, LENT = 200, COST_MOST = 200,
	LETTERS_A_SECOND = 20,                    /* that the back end takes over one connection */
	RATE = 12000, CONNECTIONS = 20, SLOW_START = 60, CHECK_SECONDS = 10,
};

static struct scene {
	struct entries entries;
	struct words words;
	struct queue_times times;
	struct backend backend;
	struct window window;
	struct entry *lent[LENT];
	unsigned lent_count, idle;
	uint32_t now;
	unsigned long looks, attempts, delivered, most_a_second, most_connections, letters_while_dead;
	uint32_t chance;
} scene;

static uint32_t draw(void)
{
	scene.chance = scene.chance * 1664525u + 1013904223u;
	return scene.chance >> 8;
}

static uint64_t now_ms(void)
{
	return (uint64_t)scene.now * 1000;
}

static bool is_dead(void)
{
	return scene.now < START + DEAD;
}

static void put_off(struct entry *entry)
{
	struct recipient *recipient = entry_recipient(entry, 0);

	recipient->attempts = (uint8_t)(recipient->attempts + (recipient->attempts < 255));
	recipient->due = scene.now + schedule_retry(&scene.times, recipient->attempts, draw());
	recipient_say(&scene.entries, recipient, SLICE("lmtp://mbox:24"), slice_of(scene.backend.reason));
	entry_turn(&scene.entries, recipient, RECIPIENT_QUEUED);
	entry->flags &= ~(uint32_t)ENTRY_LENT;
	entries_schedule(&scene.entries, entry);
	scene.attempts++;
}

/* All down: what is lent comes back at once, and nobody was asked (destinations.c: settle_line). */
static void all_come_back(void)
{
	while (scene.lent_count > 0)
		put_off(scene.lent[--scene.lent_count]);
}

static bool lend_one(void)
{
	struct entry *entry = entries_first(&scene.entries, HEAP_RELAY);

	if (scene.lent_count == LENT || entry == NULL || entry->due > scene.now)
		return false;
	entries_unschedule(&scene.entries, entry);
	entry_turn(&scene.entries, entry_recipient(entry, 0), RECIPIENT_LENT);
	entry->flags |= ENTRY_LENT;
	scene.lent[scene.lent_count++] = entry;
	return true;
}

static void look(void)
{
	if (!backend_look(&scene.backend, now_ms()))
		return;
	scene.looks++;
	if (is_dead())
		backend_failed(&scene.backend, now_ms(), SLICE("451 4.4.1 refused the connection"));
	else
		backend_answered(&scene.backend, now_ms());
}

static void open_connections(void)
{
	while (scene.backend.connections < scene.lent_count &&
	       scene.backend.connections < window_size(&scene.window, CONNECTIONS) &&
	       backend_state(&scene.backend, now_ms()) == BACKEND_OPEN)
		scene.backend.connections++;
	if (scene.backend.connections > scene.most_connections)
		scene.most_connections = scene.backend.connections;
}

static void deliver_one(void)
{
	struct entry *entry = scene.lent[--scene.lent_count];

	entry_turn(&scene.entries, entry_recipient(entry, 0), RECIPIENT_DELIVERED);
	entry->flags &= ~(uint32_t)ENTRY_LENT;
	entries_remove(&scene.entries, entry);
	backend_took_letter(&scene.backend, now_ms());
	window_good(&scene.window, CONNECTIONS);
	scene.delivered++;
}

/* A second of a back end that works; the queue lends on as places come free. */
static void work(void)
{
	unsigned long before = scene.delivered;
	unsigned most = scene.backend.connections * LETTERS_A_SECOND;

	for (unsigned i = 0; i < most && backend_takes_letter(&scene.backend, now_ms()); i++) {
		if (scene.lent_count == 0 && !lend_one())
			break;
		deliver_one();
	}
	if (scene.delivered - before > scene.most_a_second)
		scene.most_a_second = scene.delivered - before;
}

static void first_failure(void)
{
	if (!is_dead() || scene.backend.is_down)
		return;
	scene.letters_while_dead++;                /* the attempt that found it out */
	backend_failed(&scene.backend, now_ms(), SLICE("451 4.4.1 refused the connection"));
}

static void second(void)
{
	look();
	do {
		while (lend_one())
			;
		first_failure();
		if (scene.backend.is_down)
			all_come_back();
	} while (scene.backend.is_down && scene.lent_count < LENT && entries_first(&scene.entries, HEAP_RELAY) &&
	         entries_first(&scene.entries, HEAP_RELAY)->due <= scene.now);
	open_connections();
	work();
	if (scene.lent_count == 0)
		scene.backend.connections = 0;         /* idle ones are closed */
	scene.now++;
}

static void fill(void)
{
	for (uint64_t i = 0; i < MESSAGES; i++) {
		char id[MESSAGE_ID_SIZE];
		struct entry *entry = NULL;

		message_id_make((int64_t)i, i, id);
		CHECK(entries_add(&scene.entries, (struct slice){ id, sizeof(id) }, 1, &entry) == OK, "a message");
		if (entry == NULL)
			return;
		entry->received = scene.now;
		entry_recipient(entry, 0)->due = scene.now + draw() % 3600;      /* they came within an hour */
		entry_turn(&scene.entries, entry_recipient(entry, 0), RECIPIENT_QUEUED);
		entries_schedule(&scene.entries, entry);
	}
}

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void be_dead(size_t before)
{
	size_t cost;

	while (is_dead())
		second();
	cost = (in_use() - before) / MESSAGES;
	printf("five days: %lu attempts, %lu looks, %zu bytes a message\n", scene.attempts, scene.looks, cost);
	CHECK(cost <= COST_MOST, "a message that waits costs little memory");
	CHECK(scene.delivered == 0 && scene.entries.count == MESSAGES, "all are still there");
	CHECK(scene.letters_while_dead == 1, "one attempt finds out; then it is looked at, and mail waits");
	CHECK(scene.looks <= DEAD / CHECK_SECONDS + 1, "a look is not a storm");
}

static void come_back(void)
{
	uint32_t limit = scene.now + (uint32_t)scene.times.retry_most.n * 5 / 4 + MESSAGES / (RATE / 60) + SLOW_START;
	uint32_t from = scene.now;

	while (scene.entries.count > 0 && scene.now < limit) {
		uint32_t since = scene.now - from;

		second();
		if (since > 0 && since < SLOW_START / 2)
			CHECK(scene.most_connections <= 1 + CONNECTIONS * (since + 1) / SLOW_START, "it begins slowly");
	}
	printf("drained in %u s, %lu letters and %lu connections at most in a second\n", scene.now - from, scene.most_a_second,
	       scene.most_connections);
	CHECK(scene.delivered == MESSAGES && scene.entries.count == 0, "all are delivered, each once");
	CHECK(scene.most_a_second <= RATE / 60 + 1, "no faster than it may be");
	CHECK(scene.most_connections <= CONNECTIONS, "over no more connections than it may have");
}

int main(void)
{
	size_t before = in_use();

	scene.times.retry_least.n = 300;
	scene.times.retry_most.n = 3600;
	scene.times.lifetime.n = 7 * DAY;
	scene.backend.settings = (struct target_settings){ .connections = { CONNECTIONS }, .rate = { RATE },
		                                           .check = { CHECK_SECONDS }, .slow_start = { SLOW_START } };
	scene.now = START;
	CHECK(entries_init(&scene.entries, MESSAGES, &scene.words) == OK, "room");
	fill();
	be_dead(before);
	come_back();
	entries_finish(&scene.entries);
	words_finish(&scene.words);
	return TEST_END();
}
