/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever anybody asks: a name is short, and only a file has one; a lesson has a digest. */
#include "keeper/callers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice payload = { (const char *)data, size };
	struct teaching teaching;
	struct slice name = { 0 };
	enum callers_ask ask;

	if (callers_read(payload, &ask, &name) == OK && (name.len >= RECORDS_NAME || (ask == ASK_LOG_FILE) != (name.len > 0)))
		__builtin_trap();
	if (callers_read_lesson(payload, &teaching) == OK && teaching.digest.len != DIGEST_SIZE)
		__builtin_trap();
	return 0;
}
