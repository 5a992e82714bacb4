/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a queue sends as a record: what is taken has a key and bytes within the payload, and goes into a block. */
#include "keeper/scribe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice payload = { (const char *)data, size };
	struct record record, again;
	struct block block;
	struct slice rest;
	struct known_note note;

	if (scribe_read(payload, &record, &note) != OK)
		return 0;
	if (note.names.count > KNOWN_NAMES || note.source.len > KNOWN_SOURCE || note.outcome >= KNOWN_OUTCOMES)
		__builtin_trap();
	block_init(&block);
	if (block_add(&block, &record) != OK)
		__builtin_trap();
	rest = buffer_slice(&block.raw);
	if (record_cut(&rest, &again) != OK || rest.len || !slice_same(again.bytes, record.bytes))
		__builtin_trap();
	block_finish(&block);
	return 0;
}
