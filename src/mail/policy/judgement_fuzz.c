/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a judgement: what is taken packs to bytes that are taken again and pack to themselves; of today's
 * version, to the very bytes that came. */
#include "mail/policy/judgement.h"

enum { MOST_BYTES = 4 << 20 };

static bool repack(struct slice packed, struct buffer *to)
{
	struct judgement judgement;
	struct arena arena;
	bool taken;

	arena_init(&arena, MOST_BYTES);
	taken = judgement_unpack(packed, &arena, &judgement) == OK;
	if (taken && judgement_pack(&judgement, to) != OK)
		abort();
	arena_finish(&arena);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packed = { (const char *)data, size };
	struct buffer once, twice;

	buffer_init(&once, MOST_BYTES);
	buffer_init(&twice, MOST_BYTES);
	if (repack(packed, &once)) {
		if (!repack(buffer_slice(&once), &twice) || !slice_same(buffer_slice(&once), buffer_slice(&twice)))
			abort();
		if (data[0] == JUDGEMENT_VERSION && !slice_same(buffer_slice(&once), packed))
			abort();
	}
	buffer_finish(&once);
	buffer_finish(&twice);
	return 0;
}
