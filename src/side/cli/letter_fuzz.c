/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a letter: head and body are all of it, and every address found is free of control bytes. */
#include "cli/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct recipients got;
	struct slice message = { (const char *)data, size };
	struct letter letter = letter_look(message);
	struct arena arena;
	struct buffer head;

	if (letter.head.len + letter.body.len != size)
		abort();
	got.count = 0;
	arena_init(&arena, 1 << 20);
	(void)letter_recipients(&letter, &arena, &got);
	(void)letter_addresses(message, &arena, &got);
	for (size_t i = 0; i < got.count; i++)
		if (got.list[i].len == 0 || got.list[i].len > LETTER_ADDRESS)
			abort();
	arena_finish(&arena);
	buffer_init(&head, size);
	if (letter_head(&letter, &head) != OK)
		abort();
	buffer_finish(&head);
	return 0;
}
