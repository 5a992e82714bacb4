/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of the spool: the spans found lie inside it, and writing them again gives the same file. */
#include "queue/spool_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct slice bytes, const struct spool_map *map)
{
	struct spool_writer writer;
	struct buffer again;

	buffer_init(&again, bytes.len);
	if (spool_write_head(&writer, map->serial, &again) != OK)
		abort();
	for (unsigned kind = SPOOL_ENVELOPE; kind < SPOOL_END; kind++) {
		struct slice section = { bytes.at + map->spans[kind].at, map->spans[kind].length };

		if (!map->has[kind])
			continue;
		if (spool_write_section(&writer, kind, section.len, &again) != OK || buffer_add(&again, section) != OK)
			abort();
		spool_write_bytes(&writer, section);
	}
	if (spool_write_end(&writer, &again) != OK || !slice_same(buffer_slice(&again), bytes))
		abort();
	buffer_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct spool_source source = spool_source_memory(&bytes);
	struct spool_map map;

	if (spool_map(&source, &map) != OK)
		return 0;
	for (unsigned kind = SPOOL_ENVELOPE; kind < SPOOL_END; kind++)
		if (map.spans[kind].at > size || map.spans[kind].length > size - map.spans[kind].at)
			abort();
	if (spool_verify(&source) == OK)
		write_again(bytes, &map);
	return 0;
}
