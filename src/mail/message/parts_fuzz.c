/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message: every part of the first reading lies within the part around it, unless it had to be decoded;
 * each can be decoded, and has the size that was said. */
#include "mail/message/parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(struct slice inner, struct slice outer)
{
	return inner.at >= outer.at && inner.len <= outer.len && (size_t)(inner.at - outer.at) <= outer.len - inner.len;
}

static void check_size(const struct part *part)
{
	struct part_stream stream;
	uint64_t size = 0;
	char piece[777];
	size_t length;

	part_stream_init(&stream, part);
	while ((length = part_stream_take(&stream, piece, sizeof(piece))) > 0)
		size += length;
	if (!part->many && size != part->size)
		abort();
}

static void check_part(const struct part *part, struct slice bytes)
{
	char path[PART_PATH];
	const struct part *parent = part->parent;

	if (part->depth > message_limits_standard.depth || part_path(part, path, sizeof(path)).len == 0)
		abort();
	if (part->reading == READING_FIRST && !part->within && parent && parent->encoding == ENCODING_IDENTITY &&
	    lies_within(parent->bytes, bytes) && !lies_within(part->bytes, parent->bytes))
		abort();
	check_size(part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct message_view view = { 0 };
	enum result result;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 16 << 20);
	result = message_read(bytes, &reader, DIGESTS_NONE, &view);
	if (result != OK && (result != LATER || view.limit == NULL))
		abort();
	for (const struct part *part = view.first; part && result == OK && size; part = part->next)
		check_part(part, bytes);
	arena_finish(&arena);
	return 0;
}
