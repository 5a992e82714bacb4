/* SPDX-License-Identifier: Apache-2.0 */
/* A chained table that doubles, and two binary heaps whose entries know their place. */
#include "queue/entries.h"

#include "base/checksum.h"

#include <string.h>

enum { FEWEST_BUCKETS = 1024 };

static uint32_t bucket_of(const struct entries *entries, struct slice id)
{
	return checksum(0, id) & (entries->bucket_count - 1);
}

enum result entries_init(struct entries *entries, size_t most, struct words *words)
{
	*entries = (struct entries){ .words = words, .bucket_count = FEWEST_BUCKETS };
	pool_init(&entries->pool, sizeof(struct entry), most);
	entries->buckets = pool_resize(NULL, FEWEST_BUCKETS * sizeof(*entries->buckets));
	if (entries->buckets == NULL)
		return LATER;
	memset(entries->buckets, 0, FEWEST_BUCKETS * sizeof(*entries->buckets));
	return OK;
}

/* For place < entry->count. */
static struct recipient *recipient_at(struct entry *entry, uint32_t place)
{
	return entry->count == 1 ? &entry->recipients.one : &entry->recipients.many[place];
}

static void forget_recipients(struct entries *entries, struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = recipient_at(entry, i);

		entries->states[recipient->is]--;
		words_give(entries->words, recipient->words);
		paces_give(&entries->paces, recipient->pace);
	}
	if (entry->count > 1)
		stretch_end(entry->recipients.many);
}

void entries_finish(struct entries *entries)
{
	if (entries->buckets == NULL)
		return;
	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry))
		if (entry->count > 1)
			stretch_end(entry->recipients.many);
	pool_finish(&entries->pool);
	stretch_end(entries->buckets);
	for (size_t i = 0; i < HEAPS; i++)
		stretch_end(entries->heaps[i].list);
	*entries = (struct entries){ 0 };
}

/* Twice the buckets, everybody moved. Without memory the old ones stand: slower, and right. */
static void spread(struct entries *entries)
{
	uint32_t old_count = entries->bucket_count, count = old_count * 2;
	struct entry **old = entries->buckets, **buckets = pool_resize(NULL, count * sizeof(*buckets));

	if (buckets == NULL)
		return;
	memset(buckets, 0, count * sizeof(*buckets));
	entries->buckets = buckets;
	entries->bucket_count = count;
	for (uint32_t i = 0; i < old_count; i++)
		for (struct entry *entry = old[i], *next; entry; entry = next) {
			uint32_t bucket = bucket_of(entries, entry_id(entry));

			next = entry->next;
			entry->next = buckets[bucket];
			buckets[bucket] = entry;
		}
	stretch_end(old);
}

static enum result make_recipients(struct entries *entries, struct entry *entry, uint32_t count)
{
	if (count > 1) {
		entry->recipients.many = pool_resize(NULL, count * sizeof(struct recipient));
		if (entry->recipients.many == NULL)
			return LATER;
		memset(entry->recipients.many, 0, count * sizeof(struct recipient));
	}
	entry->count = count;
	entries->states[RECIPIENT_UNJUDGED] += count;
	return OK;
}

/* Both heaps could hold everything, so that scheduling needs no memory later. */
static enum result make_heap_room(struct heap *heap, uint32_t count)
{
	struct entry **list;

	if (count + 1 < heap->size)
		return OK;
	list = pool_resize(heap->list, ((size_t)count * 2 + 64) * sizeof(*list));
	if (list == NULL)
		return LATER;
	heap->list = list;
	heap->size = count * 2 + 64;
	return OK;
}

enum result entries_add(struct entries *entries, struct slice id, uint32_t recipients, struct entry **ret_entry)
{
	struct entry *entry;
	uint32_t bucket;

	if (id.len != MESSAGE_ID_SIZE || recipients == 0 || recipients > ENVELOPE_RECIPIENTS || entries_find(entries, id))
		return REFUSED;
	for (size_t i = 0; i < HEAPS; i++)
		TRY(make_heap_room(&entries->heaps[i], entries->count + 1));
	entry = pool_take(&entries->pool);
	if (entry == NULL)
		return LATER;
	memcpy(entry->id, id.at, MESSAGE_ID_SIZE);
	if (make_recipients(entries, entry, recipients) != OK) {
		pool_give(&entries->pool, entry);
		return LATER;
	}
	if (entries->count >= entries->bucket_count)
		spread(entries);
	bucket = bucket_of(entries, id);
	entry->next = entries->buckets[bucket];
	entries->buckets[bucket] = entry;
	entries->count++;
	*ret_entry = entry;
	return OK;
}

void entries_remove(struct entries *entries, struct entry *entry)
{
	struct entry **link = &entries->buckets[bucket_of(entries, entry_id(entry))];

	entries_unschedule(entries, entry);
	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	entries->count--;
	forget_recipients(entries, entry);
	pool_give(&entries->pool, entry);
}

struct entry *entries_find(const struct entries *entries, struct slice id)
{
	struct entry *entry = entries->buckets[bucket_of(entries, id)];

	while (entry && !slice_same(entry_id(entry), id))
		entry = entry->next;
	return entry;
}

struct slice entry_id(const struct entry *entry)
{
	return (struct slice){ entry->id, MESSAGE_ID_SIZE };
}

struct entry *entries_next(const struct entries *entries, const struct entry *last)
{
	uint32_t bucket = 0;

	if (last && last->next)
		return last->next;
	if (last)
		bucket = bucket_of(entries, entry_id(last)) + 1;
	for (; bucket < entries->bucket_count; bucket++)
		if (entries->buckets[bucket])
			return entries->buckets[bucket];
	return NULL;
}

struct recipient *entry_recipient(struct entry *entry, uint32_t place)
{
	return place < entry->count ? recipient_at(entry, place) : NULL;
}

void entry_turn(struct entries *entries, struct recipient *recipient, enum recipient_is to)
{
	entries->states[recipient->is]--;
	entries->states[to]++;
	recipient->is = (uint8_t)to;
}

void recipient_say(struct entries *entries, struct recipient *recipient, struct slice route, struct slice reply)
{
	uint32_t words = words_keep(entries->words, route, reply);

	words_give(entries->words, recipient->words);
	recipient->words = words;
}

enum result recipient_pace(struct entries *entries, struct recipient *recipient, const struct times *times)
{
	uint16_t pace = 0;
	enum result result = times ? paces_keep(&entries->paces, times, &pace) : OK;

	paces_give(&entries->paces, recipient->pace);
	recipient->pace = pace;
	return result;
}

bool recipient_is_final(const struct recipient *recipient)
{
	return recipient->is >= RECIPIENT_DELIVERED;
}

bool recipient_needs_errands(const struct recipient *recipient)
{
	return recipient->flags & RECIPIENT_HAS_ERRANDS && !(recipient->flags & RECIPIENT_HAD_ERRANDS);
}

bool entry_needs_errands(struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++)
		if (recipient_needs_errands(recipient_at(entry, i)))
			return true;
	return false;
}

bool entry_is_final(struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		const struct recipient *recipient = recipient_at(entry, i);

		if (!recipient_is_final(recipient) || recipient_needs_errands(recipient))
			return false;
	}
	return true;
}

bool entry_has(struct entry *entry, enum recipient_is what)
{
	for (uint32_t i = 0; i < entry->count; i++)
		if (recipient_at(entry, i)->is == what)
			return true;
	return false;
}

const char *recipient_word(enum recipient_is what)
{
	static const char *const words[RECIPIENT_KINDS] = {
		"unjudged", "queued", "sending", "held", "failed", "quarantining", "delayed",
		"arrived", "delivered", "bounced", "quarantined", "discarded", "deleted" };

	return what < RECIPIENT_KINDS ? words[what] : "?";
}

static void put(struct heap *heap, uint32_t place, struct entry *entry)
{
	heap->list[place] = entry;
	entry->place = place;
}

static void rise(struct heap *heap, struct entry *entry)
{
	uint32_t place = entry->place;

	for (; place > 1 && heap->list[place / 2]->due > entry->due; place /= 2)
		put(heap, place, heap->list[place / 2]);
	put(heap, place, entry);
}

static void sink(struct heap *heap, struct entry *entry)
{
	uint32_t place = entry->place;

	while (place * 2 <= heap->count) {
		uint32_t child = place * 2;

		if (child < heap->count && heap->list[child + 1]->due < heap->list[child]->due)
			child++;
		if (heap->list[child]->due >= entry->due)
			break;
		put(heap, place, heap->list[child]);
		place = child;
	}
	put(heap, place, entry);
}

void entries_unschedule(struct entries *entries, struct entry *entry)
{
	struct heap *heap = &entries->heaps[entry->heap];
	struct entry *last;

	if (entry->place == 0)
		return;
	last = heap->list[heap->count--];
	if (last != entry) {
		put(heap, entry->place, last);
		rise(heap, last);
		sink(heap, last);
	}
	entry->place = 0;
}

static const int8_t heap_by_state[RECIPIENT_KINDS] = {
	[RECIPIENT_UNJUDGED] = HEAP_WORK,         [RECIPIENT_QUEUED] = HEAP_RELAY,
	[RECIPIENT_LENT] = HEAPS,                 [RECIPIENT_HELD] = HEAPS,
	[RECIPIENT_FAILED] = HEAP_WORK,           [RECIPIENT_FOR_QUARANTINE] = HEAP_WORK,
	[RECIPIENT_DELAYED] = HEAP_WORK,          [RECIPIENT_ARRIVED] = HEAP_WORK,
	[RECIPIENT_DELIVERED] = HEAPS,            [RECIPIENT_BOUNCED] = HEAPS,
	[RECIPIENT_QUARANTINED] = HEAPS,          [RECIPIENT_DISCARDED] = HEAPS,
	[RECIPIENT_DELETED] = HEAPS };

/* The earliest need; false: there is none that time brings. */
static bool next_need(struct entry *entry, uint8_t *ret_heap, uint32_t *ret_due)
{
	bool found = false;

	for (uint32_t i = 0; i < entry->count; i++) {
		const struct recipient *recipient = recipient_at(entry, i);
		uint8_t heap = recipient_needs_errands(recipient) ? HEAP_WORK : (uint8_t)heap_by_state[recipient->is];

		if (heap == HEAPS || (found && recipient->due > *ret_due))
			continue;
		if (found && recipient->due == *ret_due && *ret_heap == HEAP_WORK)
			continue;
		found = true;
		*ret_heap = heap;
		*ret_due = recipient->due;
	}
	return found;
}

void entries_schedule(struct entries *entries, struct entry *entry)
{
	struct heap *heap;

	entries_unschedule(entries, entry);
	if (entry->flags & (ENTRY_BUSY | ENTRY_LENT | ENTRY_AWAY | ENTRY_GOING))
		return;
	if (!next_need(entry, &entry->heap, &entry->due))
		return;
	heap = &entries->heaps[entry->heap];
	put(heap, ++heap->count, entry);
	rise(heap, entry);
}

struct entry *entries_first(const struct entries *entries, enum heap_kind kind)
{
	return entries->heaps[kind].count ? entries->heaps[kind].list[1] : NULL;
}
