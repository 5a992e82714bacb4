/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message: no kind has more features than it may, none stands twice, and all come back from being packed.
 * The same bytes as packed features are refused, or are packed features. */
#include "mail/spam/spam.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_number(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static void check(const struct features *features)
{
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		const struct feature_list *list = &features->kinds[kind];

		if (list->count > feature_kinds[kind].most)
			abort();
		qsort(list->hashes, list->count, sizeof(list->hashes[0]), by_number);
		for (uint32_t i = 0; i < list->count; i++)
			if (!feature_is_sound(list->hashes[i]) || (i && list->hashes[i] == list->hashes[i - 1]))
				abort();
	}
}

static void there_and_back(const struct features *features, struct arena *arena)
{
	struct features back;
	struct buffer packed;

	buffer_init(&packed, FEATURES_PACKED);
	if (features_pack(features, &packed) != OK || features_unpack(buffer_slice(&packed), arena, &back) != OK)
		abort();
	buffer_finish(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct message_view view = { 0 };
	struct features features;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 32 << 20);
	(void)!message_read(bytes, &reader, DIGESTS_NONE, &view);
	if (features_read(&view, &reader, size & 1, &features) == OK) {
		there_and_back(&features, &arena);
		check(&features);
	}
	if (features_unpack(bytes, &arena, &features) == OK)
		there_and_back(&features, &arena);
	arena_finish(&arena);
	return 0;
}
