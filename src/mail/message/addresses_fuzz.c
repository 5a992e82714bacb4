/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a field of addresses: each is UTF-8 with something on both sides of its "@", none is more than the limit,
 * and where several stand for one mailbox, that is said. */
#include "mail/message/addresses.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mail_address *address, unsigned faults)
{
	struct slice rest = address->address, local = slice_cut(&rest, '@');

	if (!utf8_is_valid(address->address) || !utf8_is_valid(address->name))
		abort();
	if (local.len == 0 || rest.len == 0 || (address->other && !(faults & ADDRESS_DIFFERS)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct message_limits limits = { .addresses = 20 };
	struct addresses found = { 0 };
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	arena_init(&arena, 16 << 20);
	if (addresses_read(&reader, (struct slice){ (const char *)data, size }, &found) == OK) {
		if (found.count > limits.addresses)
			abort();
		for (size_t i = 0; i < found.count; i++)
			check(&found.list[i], found.faults);
	}
	arena_finish(&arena);
	return 0;
}
