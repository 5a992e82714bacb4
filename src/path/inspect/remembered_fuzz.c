/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the keeper's answer: what is taken is evidence under the names of the sender, and nothing else. */
#include "inspect/sources.h"

#include "base/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct request *request, struct arena *arena)
{
	struct evidence evidence;

	if (evidence_unpack(buffer_slice(&request->evidence), arena, &evidence) != OK || evidence.count != 2)
		abort();
	for (size_t i = 0; i < evidence.count; i++)
		if (evidence.answers[i].kind != ASK_STATE || evidence.answers[i].who.len == 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct envelope envelope = { .id = SLICE("0123456789ABCDEF"), .sender = SLICE("a@example.net"), .client_address = SLICE("192.0.2.9") };
	const struct evidence none = { .asked = 1 };
	struct loop loop = { .stopped = false };
	struct dispatcher dispatcher = { .loop = &loop };
	struct request request = { .fd = -1, .dispatcher = &dispatcher };
	struct buffer packed;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&packed, 4096);
	buffer_init(&request.question, 8192);
	buffer_init(&request.evidence, EVIDENCE_BYTES);
	if (loop_init(&loop) != OK || envelope_pack(&envelope, &packed) != OK ||
	    pack_slice(&request.question, buffer_slice(&packed)) != OK || evidence_pack(&none, &request.evidence) != OK)
		abort();
	if (remembered_read(&request, (struct slice){ (const char *)data, size }) == OK)
		check(&request, &arena);
	loop_finish(&loop);
	buffer_finish(&packed);
	buffer_finish(&request.question);
	buffer_finish(&request.evidence);
	arena_finish(&arena);
	return 0;
}
