/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message: the answer does not depend on the blocks that it is read in. */
#include "relay/delivered.h"

#include <stdlib.h>

static enum result read_text(void *source, uint64_t from, char *to, size_t size)
{
	const struct slice *text = source;

	if (from > text->len || size > text->len - from)
		abort();
	memcpy(to, text->at + from, size);
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	const struct transmit_plan plan = { .length = size, .read = read_text, .source = &text };
	char one[1], many[64];

	if (delivered_look(&plan, SLICE("a@b"), one, sizeof(one)) != delivered_look(&plan, SLICE("a@b"), many, sizeof(many)))
		abort();
	return 0;
}
