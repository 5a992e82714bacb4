/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as findings and as evidence: what is taken must pack to the same bytes again. */
#include "mail/evidence/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(struct buffer *again, struct slice packed)
{
	if (!slice_same(buffer_slice(again), packed))
		abort();
	buffer_clear(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packed = { (const char *)data, size };
	struct findings findings;
	struct evidence evidence;
	struct buffer again;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&again, EVIDENCE_BYTES);
	if (findings_unpack(packed, &arena, &findings) == OK && findings_pack(&findings, &again) == OK)
		must_be(&again, packed);
	if (evidence_unpack(packed, &arena, &evidence) == OK && evidence_pack(&evidence, &again) == OK)
		must_be(&again, packed);
	buffer_finish(&again);
	arena_finish(&arena);
	return 0;
}
