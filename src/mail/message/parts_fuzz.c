/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message: every part must lie within it, and within the part around it. */
#include "mail/message/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_within(struct slice inner, struct slice outer)
{
	if (inner.at < outer.at || inner.len > outer.len || (size_t)(inner.at - outer.at) > outer.len - inner.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct message_view view = { 0 };
	enum result result;
	struct arena arena;

	arena_init(&arena, 4 << 20);
	result = message_read(bytes, &arena, &view);
	if (result != OK && (result != LATER || view.limit == NULL))
		abort();
	for (const struct part *part = view.first; part && result == OK && size; part = part->next) {
		must_lie_within(part->bytes, part->parent ? part->parent->bytes : bytes);
		if (part->depth > PARTS_DEPTH)
			abort();
	}
	arena_finish(&arena);
	return 0;
}
