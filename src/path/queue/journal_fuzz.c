/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a journal: each record that is read is written again as it stood. */
#include "queue/journal_format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct journal_record record;
	struct slice before = rest;

	while (journal_read(&rest, &record) == OK) {
		struct buffer again;

		buffer_init(&again, JOURNAL_LONGEST + JOURNAL_RECORD_HEAD);
		if (journal_write(&record, &again) != OK)
			abort();
		if (record.kind != JOURNAL_TOTALS &&
		    !slice_same(buffer_slice(&again), (struct slice){ before.at, before.len - rest.len }))
			abort();
		buffer_finish(&again);
		before = rest;
	}
	while (journal_find(&rest, &record))
		;
	return 0;
}
