/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as code of each kind: into a small room and into a large one must come the same. */
#include "mail/message/encodings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 20 };
static char small[MOST], large[MOST];

static size_t decode(enum encoding kind, struct slice code, char *out, size_t room)
{
	struct decoder decoder;
	size_t written = 0;

	decoder_init(&decoder, kind);
	while (code.len && MOST - written > room + 8) {
		size_t left = code.len, got = decoder_take(&decoder, &code, out + written, room);

		if (got > room || (got == 0 && code.len == left))
			abort();
		written += got;
	}
	return code.len ? 0 : written + decoder_end(&decoder, out + written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice code = { (const char *)data, size };

	(void)encoding_like_base64(code);
	for (unsigned kind = 0; kind < ENCODING_COUNT; kind++) {
		size_t a = decode((enum encoding)kind, code, small, DECODE_ROOM);
		size_t b = decode((enum encoding)kind, code, large, 65536);

		if (a && b && (a != b || memcmp(small, large, a) != 0))
			abort();
	}
	return 0;
}
