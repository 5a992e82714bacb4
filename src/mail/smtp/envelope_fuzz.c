/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever unpacks must pack, and unpack to the same packed bytes again. */
#include "mail/smtp/envelope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope envelope, again;
	struct buffer first, second;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&first, 1 << 20);
	buffer_init(&second, 1 << 20);
	if (envelope_unpack((struct slice){ (const char *)data, size }, &arena, &envelope) == OK &&
	    envelope_pack(&envelope, &first) == OK) {
		if (envelope_unpack(buffer_slice(&first), &arena, &again) != OK || envelope_pack(&again, &second) != OK)
			abort();
		if (!slice_same(buffer_slice(&first), buffer_slice(&second)))
			abort();
	}
	buffer_finish(&second);
	buffer_finish(&first);
	arena_finish(&arena);
	return 0;
}
