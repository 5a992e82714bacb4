/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a text with files in it: found are the same files in whatever pieces it comes, and within it. */
#include "mail/message/embedded.h"

#include "base/buffer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen { uint64_t length; struct buffer list; };

static enum result found(void *owner, const struct embedded *embedded)
{
	struct seen *seen = owner;

	if (embedded->at > seen->length || embedded->length > seen->length - embedded->at)
		abort();
	return buffer_format(&seen->list, "%d %u %u %.*s;", (int)embedded->encoding, (unsigned)embedded->at, (unsigned)embedded->length,
	                     SHOW(embedded->name));
}

static void seek(struct seen *seen, struct slice text, size_t piece)
{
	struct seeker seeker = { .found = found, .owner = seen };

	seen->length = text.len;
	buffer_init(&seen->list, 1 << 20);
	while (text.len)
		if (seeker_feed(&seeker, slice_take(&text, piece)) != OK)
			return;
	(void)seeker_end(&seeker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct seen whole = { 0 }, pieces = { 0 };

	seek(&whole, text, SIZE_MAX);
	seek(&pieces, text, 5);
	if (size < 128 && !slice_same(buffer_slice(&whole.list), buffer_slice(&pieces.list)))
		abort();
	buffer_finish(&whole.list);
	buffer_finish(&pieces.list);
	return 0;
}
