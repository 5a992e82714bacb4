/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a list of edits of a message of 1,000: what is allowed must write out exactly as long as foretold. */
#include "mail/message/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ORIGINAL = 1000 };

static uint64_t written(const struct edits *edits)
{
	struct edit_stretch stretch;
	struct edit_walk walk;
	uint64_t total = 0;

	edit_walk_init(&walk, edits, ORIGINAL);
	while (edit_walk_next(&walk, &stretch) == AGAIN) {
		if (!stretch.ours && (stretch.from > ORIGINAL || stretch.length > ORIGINAL - stretch.from))
			abort();
		total += stretch.length;
	}
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct edits edits;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	if (edits_unpack((struct slice){ (const char *)data, size }, &arena, &edits) == OK &&
	    edits_check(&edits, ORIGINAL) == OK && written(&edits) != edits_length(&edits, ORIGINAL))
		abort();
	arena_finish(&arena);
	return 0;
}
