/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from how features are made: who only learns them needs nothing that reads a message. */
#include "mail/spam/feature_set.h"

#include "base/pack.h"
#include "mail/spam/hash_place.h"

#define KIND_ROW(name, view, most, text) { #name, text, VIEW_##view, most },
const struct feature_kind_row feature_kinds[FEATURE_KIND_COUNT] = { FEATURE_KINDS(KIND_ROW) };

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a sum is written */
#define KIND_MOST(name, view, most, text) +(most)
enum { FEATURES_MOST = 0 FEATURE_KINDS(KIND_MOST) };
_Static_assert(4 * (FEATURES_MOST + FEATURE_KIND_COUNT) <= FEATURES_PACKED, "all of them can be packed");

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
	uint32_t *place = hash_place(known->seen, known->bits, hash);

	if (!feature_is_sound(hash) || *place)
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
