/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a header field's value: its text is UTF-8, without line ends of folding, and in bounds. */
#include "mail/message/header_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text;
	unsigned faults = 0;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 16 << 20);
	if (header_text(&reader, (struct slice){ (const char *)data, size }, &text, &faults) == OK && !utf8_is_valid(text))
		abort();
	arena_finish(&arena);
	return 0;
}
