/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the scanners' answer: what is taken is evidence, and untainted only when every scanner said clean. */
#include "inspect/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request = { .fd = -1 };
	const struct envelope envelope = { .client_address = SLICE("192.0.2.1") };
	struct evidence evidence;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&request.evidence, EVIDENCE_BYTES);
	buffer_init(&request.known, EVIDENCE_BYTES);
	if (answers_known(&request, &envelope, 1700000000, &arena) != OK)
		abort();
	if (answers_begin(&request) != OK)
		abort();
	if (answers_read(&request, (struct slice){ (const char *)data, size }, 1, 5) == OK) {
		if (evidence_unpack(buffer_slice(&request.evidence), &arena, &evidence) != OK)
			abort();
		for (size_t i = 0; i < evidence.count; i++)
			if (evidence.answers[i].kind == ASK_SCANNERS && evidence.answers[i].end != ANSWER_CLEAN && !request.tainted)
				abort();
		if (evidence.count <= 2 && !request.tainted)
			abort();
	}
	buffer_finish(&request.evidence);
	buffer_finish(&request.known);
	arena_finish(&arena);
	return 0;
}
