/* SPDX-License-Identifier: Apache-2.0 */
/* pack_fuzz.c — any bytes read in any order; what was read well is packed into the same bytes again. */
#include "base/pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum result copy_one(uint8_t what, struct unpack *from, struct buffer *to)
{
	switch (what % 4) {
	case 0:
		return pack_u8(to, unpack_u8(from));
	case 1:
		return pack_u32(to, unpack_u32(from));
	case 2:
		return pack_u64(to, unpack_u64(from));
	}
	return pack_slice(to, unpack_slice(from, what));
}

/* The first byte says how many of those that follow are steps. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, steps, bytes;
	struct unpack from;
	struct buffer copy;

	if (size == 0)
		return 0;
	steps = slice_take(&rest, 1);
	steps = slice_take(&rest, (uint8_t)steps.at[0]);
	bytes = rest;
	from = unpack_from(bytes);
	buffer_init(&copy, size * 9 + 1);
	for (size_t i = 0; i < steps.len && !from.bad; i++)
		if (copy_one((uint8_t)steps.at[i], &from, &copy) != OK)
			abort();
	if (unpack_end(&from) == OK && !slice_same(buffer_slice(&copy), bytes))
		abort();
	buffer_finish(&copy);
	return 0;
}
