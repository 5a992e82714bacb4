/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes as names, as a note or as a tally: what is taken is within its bounds, and packed again it is the same. */
#include "wire/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(struct slice payload)
{
	struct known_names names;
	struct buffer again;

	if (known_unpack(payload, &names) != OK)
		return;
	buffer_init(&again, 1 << 16);
	if (names.count > KNOWN_NAMES || known_pack(&names, &again) != OK || !slice_same(buffer_slice(&again), payload))
		__builtin_trap();
	buffer_finish(&again);
}

static void check_tally(struct slice payload)
{
	struct tally tally;
	struct buffer again;

	if (tally_unpack(payload, &tally) != OK)
		return;
	buffer_init(&again, 1 << 10);
	if (tally.last < tally.first || tally_pack(&tally, &again) != OK || !slice_begins(payload, buffer_slice(&again)))
		__builtin_trap();
	buffer_finish(&again);
}

static void check_note(struct slice payload)
{
	struct known_note note;
	struct buffer again;

	if (known_note_unpack(payload, &note) != OK)
		return;
	buffer_init(&again, 1 << 16);
	if (note.outcome >= KNOWN_OUTCOMES || note.source.len > KNOWN_SOURCE || known_note_pack(&note, &again) != OK ||
	    !slice_same(buffer_slice(&again), payload))
		__builtin_trap();
	buffer_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_note((struct slice){ (const char *)data, size });
	check_names((struct slice){ (const char *)data, size });
	check_tally((struct slice){ (const char *)data, size });
	return 0;
}
