/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as findings and as evidence: what is taken must pack to the same bytes again; findings of an old form, to such
 * as do. */
#include "mail/evidence/evidence.h"

enum { WITH_READER = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(struct buffer *again, struct slice packed)
{
	if (!slice_same(buffer_slice(again), packed))
		abort();
	buffer_clear(again);
}

static void read_findings(struct slice packed, struct arena *arena, struct buffer *again)
{
	struct findings findings, back;
	struct slice first;

	if (findings_unpack(packed, arena, &findings) != OK || findings_pack(&findings, again) != OK)
		return;
	if (packed.at[0] == WITH_READER) {
		must_be(again, packed);
		return;
	}
	if (arena_keep(arena, buffer_slice(again), &first) != OK)
		return;
	if (findings_unpack(first, arena, &back) != OK || back.reader != findings.reader || back.fact_count != findings.fact_count)
		abort();
	buffer_clear(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packed = { (const char *)data, size };
	struct evidence evidence;
	struct buffer again;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&again, EVIDENCE_BYTES);
	read_findings(packed, &arena, &again);
	if (evidence_unpack(packed, &arena, &evidence) == OK && evidence_pack(&evidence, &again) == OK)
		must_be(&again, packed);
	buffer_finish(&again);
	arena_finish(&arena);
	return 0;
}
