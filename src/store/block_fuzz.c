/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a file has: as a head; and as what a head announces, its checksums put right, opened and cut into records. */
#include "store/block.h"

#include "base/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_as(struct block_head head, struct slice stored)
{
	struct buffer raw;
	struct record record;
	struct slice rest;

	head.stored = (uint32_t)stored.len;
	head.crc = checksum(0, stored);
	buffer_init(&raw, BLOCK_MOST + 1);
	if (block_open(&head, stored, &raw) == OK) {
		if (buffer_length(&raw) != head.raw)
			__builtin_trap();
		rest = buffer_slice(&raw);
		while (rest.len && record_cut(&rest, &record) == OK)
			if (record.bytes.len > head.raw)
				__builtin_trap();
	}
	buffer_finish(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct block_head head = { 0 };
	struct record record;

	if (block_head_read(bytes, &head) == OK)
		open_as(head, slice_drop(bytes, BLOCK_HEAD));
	if (size >= 2) {
		head.raw = (uint32_t)(data[0] << 8 | data[1]);
		open_as(head, slice_drop(bytes, 2));
	}
	while (bytes.len && record_cut(&bytes, &record) == OK)
		;
	return 0;
}
