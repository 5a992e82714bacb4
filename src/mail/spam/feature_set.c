/* SPDX-License-Identifier: Apache-2.0 */
/* A set by open addressing that doubles when it is half full; the lists have their most from the start. */
#include "mail/spam/maker.h"

#include "mail/spam/hash_place.h"

enum { BITS_FIRST = 13, BITS_LAST = 16, TEXT_MOST = 64, TRICKS_KEPT = 64 };

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a sum is written */
#define KIND_MOST(name, view, most, text) +(most)
enum { FEATURES_MOST = 0 FEATURE_KINDS(KIND_MOST) };
_Static_assert(FEATURES_MOST < 1 << (BITS_LAST - 1), "the set is never more than half full");

/* ---- hashes ---- */

uint32_t hash_bytes(uint32_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = hash_byte(hash, bytes.at[i]);
	return hash;
}

uint32_t hash_lower(uint32_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = hash_byte(hash, lower(bytes.at[i]));
	return hash;
}

uint32_t hash_number(uint32_t hash, uint64_t number)
{
	for (unsigned shift = 0; shift < 64; shift += 8)
		hash = hash_byte(hash, (char)(number >> shift & 0xff));
	return hash;
}

/* ---- the set ---- */

static bool grow(struct maker *maker)
{
	uint32_t *seen = arena_array(maker->reader->arena, uint32_t, (size_t)1 << (maker->bits + 1));

	if (seen == NULL)
		return false;
	for (size_t i = 0; i < (size_t)1 << maker->bits; i++)
		if (maker->seen[i])
			*hash_place(seen, maker->bits + 1, maker->seen[i]) = maker->seen[i];
	maker->seen = seen;
	maker->bits++;
	return true;
}

static size_t put_printable(char *to, size_t at, struct slice text)
{
	for (size_t i = 0; i < text.len && at < TEXT_MOST; i++)
		to[at++] = (char)((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f ? ' ' : byte_lower(text.at[i]));
	return at;
}

/* What a feature stands for is read by people: controls become blanks, and what was cut stays UTF-8. */
static struct slice describe(struct maker *maker, struct slice label, struct slice text)
{
	char *room = arena_take(maker->reader->arena, TEXT_MOST);
	size_t length, whole = 0, step;

	if (room == NULL)
		return (struct slice){ 0 };
	length = put_printable(room, 0, label);
	if (label.len && text.len)
		length = put_printable(room, length, SLICE(": "));
	length = put_printable(room, length, text);
	for (; whole < length; whole += step) {
		step = utf8_character((struct slice){ room + whole, length - whole });
		if (step == 0) {
			room[whole] = '?';
			step = 1;
		}
	}
	return (struct slice){ room, length };
}

bool maker_keep(struct maker *maker, enum feature_kind kind, uint32_t hash, uint32_t place)
{
	struct feature_list *list = &maker->features->kinds[kind];

	if (list->count >= maker->most[kind]) {
		maker->refused |= 1u << kind;
		return false;
	}
	if (2 * (maker->count + 1) > (size_t)1 << maker->bits) {
		maker->full = maker->full || !grow(maker);
		if (maker->full)
			return false;
		place = (uint32_t)(hash_place(maker->seen, maker->bits, hash) - maker->seen);
	}
	maker->seen[place] = hash;
	maker->count++;
	list->hashes[list->count++] = hash;
	return true;
}

void maker_share(struct maker *maker, size_t left)
{
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		uint32_t most = feature_kinds[kind].most - (kind == FEATURE_trick ? TRICKS_KEPT : 0);
		uint32_t count = maker->features->kinds[kind].count;

		maker->most[kind] = count < most ? count + (uint32_t)((most - count) / (left ? left : 1)) : count;
	}
}

static bool is_wanted(const struct maker *maker, uint32_t hash)
{
	for (size_t i = 0; i < maker->wanted_count; i++)
		if (maker->wanted[i] == hash)
			return true;
	return maker->wanted == NULL;
}

void maker_describe(struct maker *maker, enum feature_kind kind, struct slice label, struct slice text)
{
	struct feature_list *list = &maker->features->kinds[kind];

	if (is_wanted(maker, list->hashes[list->count - 1]))
		list->texts[list->count - 1] = describe(maker, label, text);
}

void maker_tell(struct maker *maker, enum feature_kind kind, struct slice label, struct slice text)
{
	maker_add(maker, kind, hash_lower(hash_byte(hash_lower(HASH_SEED, label), ':'), text), label, text);
}

static struct slice number_text(struct maker *maker, uint64_t number)
{
	char room[24], *text;
	int length = snprintf(room, sizeof(room), "%llu", (unsigned long long)number);

	text = arena_take(maker->reader->arena, sizeof(room));
	if (text == NULL || length <= 0)
		return SLICE("");
	memcpy(text, room, sizeof(room));
	return (struct slice){ text, (size_t)length };
}

void maker_tell_number(struct maker *maker, enum feature_kind kind, struct slice label, uint64_t number)
{
	maker_add(maker, kind, hash_number(hash_byte(hash_lower(HASH_SEED, label), '#'), number), label,
	          maker->texts ? number_text(maker, number) : SLICE(""));
}

unsigned small_size(uint64_t number)
{
	return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* ---- the door ---- */

static enum result make_lists(struct maker *maker)
{
	struct arena *arena = maker->reader->arena;

	maker->bits = BITS_FIRST;
	maker->seen = arena_array(arena, uint32_t, (size_t)1 << BITS_FIRST);
	if (maker->seen == NULL)
		return LATER;
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		struct feature_list *list = &maker->features->kinds[kind];

		maker->most[kind] = feature_kinds[kind].most;
		list->hashes = arena_array(arena, uint32_t, feature_kinds[kind].most);
		if (maker->texts)
			list->texts = arena_array(arena, struct slice, feature_kinds[kind].most);
		if (list->hashes == NULL || (maker->texts && list->texts == NULL))
			return LATER;
	}
	return OK;
}

/* Who says more than is looked at says that, too. */
static void tell_refused(struct maker *maker)
{
	uint32_t refused = maker->refused;

	maker->most[FEATURE_trick] = feature_kinds[FEATURE_trick].most;
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		if (refused >> kind & 1)
			maker_tell(maker, FEATURE_trick, SLICE("too many"), slice_of(feature_kinds[kind].text));
}

static enum result make_all(struct maker *maker, const struct message_view *view)
{
	struct sample sample;

	TRY(make_lists(maker));
	if (view->first) {
		sample_fields(&view->first->headers, &sample);
		header_form(maker, &view->first->headers, &sample);
		header_view(maker, &sample);
		contents_view(maker, view);
	}
	tell_refused(maker);
	return maker->full ? LATER : OK;
}

enum result features_read(const struct message_view *view, const struct message_reader *reader, bool texts,
                          struct features *ret_features)
{
	struct features features = { 0 };
	struct maker maker = { .reader = reader, .features = &features, .texts = texts };

	TRY(make_all(&maker, view));
	*ret_features = features;
	return OK;
}

enum result features_describe(const struct message_view *view, const struct message_reader *reader, const uint32_t *wanted,
                              size_t count, struct features *ret_features)
{
	struct features features = { 0 };
	struct maker maker = { .reader = reader, .features = &features, .texts = true, .wanted = wanted, .wanted_count = count };

	TRY(make_all(&maker, view));
	*ret_features = features;
	return OK;
}
