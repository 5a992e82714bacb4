/* SPDX-License-Identifier: Apache-2.0 */
/* What a queue or a resolver might send that was taken over: DELIVER's and ANSWER's payloads, and MX records. */
#include "relay/jobs.h"
#include "wire/resolve.h"

static void as_deliver(struct slice bytes)
{
	struct lent lent = { .fd = -1 };

	arena_init(&lent.memory, 16 << 20);
	if (jobs_read_deliver(&lent, bytes) == OK)
		for (uint32_t i = 0; i < lent.count; i++)
			if (lent.addressees[i].address.len > 1024)
				abort();
	arena_finish(&lent.memory);
}

static void as_answer(struct slice bytes)
{
	struct dns_reply reply = { 0 };
	uint32_t preference;
	struct slice host;

	if (resolve_read_answer(bytes, &reply) != OK)
		return;
	for (uint32_t i = 0; i < reply.count; i++)
		if (resolve_read_mx(reply.records[i], &preference, &host) == OK && host.len > DNS_NAME)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };

	as_deliver(bytes);
	as_answer(bytes);
	return 0;
}
