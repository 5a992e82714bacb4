/* SPDX-License-Identifier: Apache-2.0 */
/* A set by open addressing that doubles when it is half full; the lists have their most from the start. */
#include "mail/spam/maker.h"

#include "base/pack.h"

enum { BITS_FIRST = 13, BITS_LAST = 16, TEXT_MOST = 64, TRICKS_KEPT = 64 };

#define KIND_ROW(name, view, most, text) { #name, text, VIEW_##view, most },
const struct feature_kind_row feature_kinds[FEATURE_KIND_COUNT] = { FEATURE_KINDS(KIND_ROW) };

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a sum is written */
#define KIND_MOST(name, view, most, text) +(most)
enum { FEATURES_MOST = 0 FEATURE_KINDS(KIND_MOST) };
_Static_assert(FEATURES_MOST < 1 << (BITS_LAST - 1), "the set is never more than half full");
_Static_assert(4 * (FEATURES_MOST + FEATURE_KIND_COUNT) <= FEATURES_PACKED, "all of them can be packed");

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

static uint32_t *find(uint32_t *seen, unsigned bits, uint32_t hash)
{
	uint32_t mask = (1u << bits) - 1, place = hash >> (32 - bits);

	while (seen[place] && seen[place] != hash)
		place = (place + 1) & mask;
	return &seen[place];
}

static bool grow(struct maker *maker)
{
	uint32_t *seen = arena_array(maker->reader->arena, uint32_t, (size_t)1 << (maker->bits + 1));

	if (seen == NULL)
		return false;
	for (size_t i = 0; i < (size_t)1 << maker->bits; i++)
		if (maker->seen[i])
			*find(seen, maker->bits + 1, maker->seen[i]) = maker->seen[i];
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
		place = (uint32_t)(find(maker->seen, maker->bits, hash) - maker->seen);
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

void maker_describe(struct maker *maker, enum feature_kind kind, struct slice label, struct slice text)
{
	struct feature_list *list = &maker->features->kinds[kind];

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

enum result features_read(const struct message_view *view, const struct message_reader *reader, bool texts,
                          struct features *ret_features)
{
	struct features features = { 0 };
	struct maker maker = { .reader = reader, .features = &features, .texts = texts };
	struct sample sample;

	TRY(make_lists(&maker));
	if (view->first) {
		sample_fields(&view->first->headers, &sample);
		header_form(&maker, &view->first->headers, &sample);
		header_view(&maker, &sample);
		contents_view(&maker, view);
	}
	tell_refused(&maker);
	if (maker.full)
		return LATER;
	*ret_features = features;
	return OK;
}

enum result features_pack(const struct features *features, struct buffer *to)
{
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		const struct feature_list *list = &features->kinds[kind];

		TRY(pack_u32(to, list->count));
		for (uint32_t i = 0; i < list->count; i++)
			TRY(pack_u32(to, list->hashes[i]));
	}
	return OK;
}

/* A set of what was unpacked, to find what stands there twice: it would count twice. */
struct known { uint32_t *seen; unsigned bits; };

static enum result known_begin(struct arena *arena, size_t count, struct known *ret_known)
{
	unsigned bits = 6;

	while ((size_t)1 << bits < 2 * count)
		bits++;
	*ret_known = (struct known){ arena_array(arena, uint32_t, (size_t)1 << bits), bits };
	return ret_known->seen ? OK : LATER;
}

static bool known_add(struct known *known, uint32_t hash)
{
	uint32_t *place = find(known->seen, known->bits, hash);

	if (hash == 0 || *place)
		return false;
	*place = hash;
	return true;
}

static enum result unpack_list(struct unpack *from, struct arena *arena, enum feature_kind kind, struct known *known,
                               struct feature_list *ret_list)
{
	uint32_t count = unpack_u32(from);

	if (from->bad || count > feature_kinds[kind].most || count > from->rest.len / 4)
		return REFUSED;
	ret_list->hashes = arena_array(arena, uint32_t, count);
	if (ret_list->hashes == NULL)
		return LATER;
	for (ret_list->count = 0; ret_list->count < count; ret_list->count++) {
		uint32_t hash = unpack_u32(from);

		if (!known_add(known, hash))
			return REFUSED;
		ret_list->hashes[ret_list->count] = hash;
	}
	return OK;
}

enum result features_unpack(struct slice packed, struct arena *arena, struct features *ret_features)
{
	struct unpack from = unpack_from(packed);
	struct features features = { 0 };
	struct known known;

	if (packed.len > FEATURES_PACKED)
		return REFUSED;
	TRY(known_begin(arena, packed.len / 4, &known));
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		TRY(unpack_list(&from, arena, (enum feature_kind)kind, &known, &features.kinds[kind]));
	TRY(unpack_end(&from));
	*ret_features = features;
	return OK;
}
