/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the entries behind a model: each that is read is one that could be written, and reading ends. */
#include "keeper/shelf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice entries = { (const char *)data, size };
	struct learned learned, again;
	struct buffer packed;

	buffer_init(&packed, 1024);
	while (shelf_next(&entries, &learned) == OK) {
		buffer_clear(&packed);
		if (learned_pack(&learned, &packed) != OK || learned_unpack(buffer_slice(&packed), &again) != OK ||
		    again.label != learned.label)
			__builtin_trap();
	}
	buffer_finish(&packed);
	return 0;
}
