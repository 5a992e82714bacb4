/* SPDX-License-Identifier: Apache-2.0 */
/* How the bytes were cut makes no difference; a message without faults has no bare CR, bare LF or NUL. */
#include "front/body.h"

#include "base/buffer.h"

#include <stdlib.h>

static enum result feed(struct body *body, struct slice *chunk, struct buffer *message)
{
	enum result end = AGAIN;

	while (end == AGAIN && chunk->len) {
		struct slice piece;

		end = body_next(body, chunk, &piece);
		if (buffer_add(message, piece) != OK)
			abort();
	}
	return end;
}

static void must_be_strict(struct slice message)
{
	for (size_t i = 0; i < message.len; i++)
		if (message.at[i] == '\0' || (message.at[i] == '\n' && (i == 0 || message.at[i - 1] != '\r')) ||
		    (message.at[i] == '\r' && i + 1 < message.len && message.at[i + 1] != '\n'))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = { (const char *)data + 1, size - 1 }, whole, rest;
	struct body one = { 0 }, other = { 0 };
	struct buffer message, again;
	enum result end, cut = AGAIN;

	if (size == 0)
		return 0;
	whole = rest = input;
	buffer_init(&message, size + 1);
	buffer_init(&again, size + 1);
	end = feed(&one, &whole, &message);
	while (cut == AGAIN && rest.len) {
		struct slice chunk = slice_take(&rest, 1 + data[0] % 7);

		cut = feed(&other, &chunk, &again);
		rest = (struct slice){ chunk.len ? chunk.at : rest.at, chunk.len + rest.len };
	}
	if (end != cut || one.faults != other.faults || whole.len != rest.len ||
	    !slice_same(buffer_slice(&message), buffer_slice(&again)))
		abort();
	if (one.faults == 0)
		must_be_strict(buffer_slice(&message));
	buffer_finish(&again);
	buffer_finish(&message);
	return 0;
}
