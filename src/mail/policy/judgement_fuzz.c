/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a judgement: what is taken must pack to the same bytes again. */
#include "mail/policy/judgement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packed = { (const char *)data, size };
	struct judgement judgement;
	struct buffer again;
	struct arena arena;

	arena_init(&arena, 4 << 20);
	buffer_init(&again, 4 << 20);
	if (judgement_unpack(packed, &arena, &judgement) == OK && judgement_pack(&judgement, &again) == OK &&
	    !slice_same(buffer_slice(&again), packed))
		abort();
	buffer_finish(&again);
	arena_finish(&arena);
	return 0;
}
