/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as header fields: names and values lie within them, in order. */
#include "mail/message/fields.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct slice bytes, bool lenient)
{
	struct headers headers = { 0 };
	const char *at = bytes.at;
	struct arena arena;

	arena_init(&arena, 8 << 20);
	if (headers_read(bytes, &message_limits_standard, lenient, &arena, &headers) == OK) {
		for (size_t i = 0; i < headers.count; i++) {
			if (headers.list[i].name.at < at || headers.list[i].value.at < headers.list[i].name.at)
				abort();
			at = headers.list[i].value.at + headers.list[i].value.len;
		}
		if (at > bytes.at + bytes.len || headers.rest.len > bytes.len)
			abort();
	} else if (headers.limit == NULL) {
		abort();
	}
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((struct slice){ (const char *)data, size }, false);
	check((struct slice){ (const char *)data, size }, true);
	return 0;
}
