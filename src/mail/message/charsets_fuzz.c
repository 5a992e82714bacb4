/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses a set, the others are text in it: what comes out is UTF-8. */
#include "mail/message/charsets.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct charsets *opened(void)
{
	static struct charsets charsets;

	for (const char *const *name = charsets_wanted(); charsets.count == 0 && *name; name++) {
		static struct charset *to = charsets.list;

		*to = (struct charset){ slice_of(*name), iconv_open("UTF-8", *name) };
		if (to->converter != (iconv_t)-1)
			to++;
		if (name[1] == NULL)
			charsets.count = (size_t)(to - charsets.list);
	}
	return &charsets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const own[] = { "utf-8", "us-ascii", "latin1", "utf-16", "utf-16be", "utf-16le", "x-none" };
	const struct charsets *charsets = opened();
	struct slice name, text;
	unsigned faults = 0;
	struct arena arena;

	if (size < 1)
		return 0;
	name = data[0] < COUNT_OF(own) ? slice_of(own[data[0]]) : charsets->list[data[0] % charsets->count].name;
	arena_init(&arena, 8 << 20);
	if (charset_to_utf8(charsets, name, (struct slice){ (const char *)data + 1, size - 1 }, &arena, &text, &faults) == OK &&
	    !utf8_is_valid(text))
		abort();
	arena_finish(&arena);
	return 0;
}
