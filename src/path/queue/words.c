/* SPDX-License-Identifier: Apache-2.0 */
/* A table by number, chained by the checksum of the wording; freed numbers are chained through themselves. */
#include "queue/words.h"

#include "base/checksum.h"
#include "base/pool.h"
#include "queue/journal_format.h"

#include <string.h>

struct word {
	uint32_t next, users, hash;
	uint16_t route, reply;           /* lengths */
	char text[];
};

static uint32_t hash_of(struct slice route, struct slice reply)
{
	return checksum(checksum(0, route), reply);
}

void words_finish(struct words *words)
{
	for (uint32_t i = 1; i < words->count; i++)
		stretch_end(words->list[i]);
	stretch_end(words->list);
	*words = (struct words){ 0 };
}

struct slice words_route(const struct words *words, uint32_t number)
{
	const struct word *word = number < words->count ? words->list[number] : NULL;

	return word ? (struct slice){ word->text, word->route } : SLICE("");
}

struct slice words_reply(const struct words *words, uint32_t number)
{
	const struct word *word = number < words->count ? words->list[number] : NULL;

	return word ? (struct slice){ word->text + word->route, word->reply } : SLICE("");
}

static bool is_that(const struct words *words, uint32_t number, uint32_t hash, struct slice route, struct slice reply)
{
	return words->list[number]->hash == hash && slice_same(words_route(words, number), route) &&
	       slice_same(words_reply(words, number), reply);
}

/* The list grows by 64 numbers at a time. */
static bool make_room(struct words *words, uint32_t number)
{
	struct word **list;

	if (number >= WORDS_MOST)
		return false;
	if (number & 63 && number > 1)
		return true;
	list = pool_resize(words->list, ((size_t)number + 65) * sizeof(*list));
	if (list == NULL)
		return false;
	words->list = list;
	list[0] = NULL;
	return true;
}

static uint32_t free_number(struct words *words)
{
	uint32_t number = words->free;

	if (number)
		return number;
	number = words->count ? words->count : 1;
	return make_room(words, number) ? number : 0;
}

static void take_number(struct words *words, uint32_t number, uint32_t next_free)
{
	if (number == words->free)
		words->free = next_free;
	else
		words->count = number + 1;
}

static uint32_t add_word(struct words *words, uint32_t hash, struct slice route, struct slice reply)
{
	uint32_t number = free_number(words);
	struct word *word = number ? pool_resize(NULL, sizeof(*word) + route.len + reply.len) : NULL;
	struct word *old;

	if (word == NULL)
		return 0;
	old = number == words->free ? words->list[number] : NULL;
	take_number(words, number, old ? old->next : 0);
	stretch_end(old);
	*word = (struct word){ words->buckets[hash % WORDS_BUCKETS], 1, hash, (uint16_t)route.len, (uint16_t)reply.len };
	if (route.len)
		memcpy(word->text, route.at, route.len);
	if (reply.len)
		memcpy(word->text + route.len, reply.at, reply.len);
	words->list[number] = word;
	words->buckets[hash % WORDS_BUCKETS] = number;
	return number;
}

uint32_t words_keep(struct words *words, struct slice route, struct slice reply)
{
	uint32_t hash, number;

	route = slice_take(&route, JOURNAL_WORDS);
	reply = slice_take(&reply, JOURNAL_WORDS);
	if (route.len + reply.len == 0)
		return 0;
	hash = hash_of(route, reply);
	for (number = words->buckets[hash % WORDS_BUCKETS]; number; number = words->list[number]->next)
		if (is_that(words, number, hash, route, reply)) {
			words->list[number]->users++;
			return number;
		}
	return add_word(words, hash, route, reply);
}

void words_give(struct words *words, uint32_t number)
{
	struct word *word = number && number < words->count ? words->list[number] : NULL;
	uint32_t *link;

	if (word == NULL || --word->users)
		return;
	for (link = &words->buckets[word->hash % WORDS_BUCKETS]; *link != number;)
		link = &words->list[*link]->next;
	*link = word->next;
	word->next = words->free;
	word->route = word->reply = 0;
	words->free = number;
}
