/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, cut anywhere: what is a header stays one with more bytes behind it, and none is longer than permitted. */
#include "front/proxy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header whole = { 0 }, part = { 0 };
	struct slice bytes = { (const char *)data, size };
	enum result end = proxy_read(bytes, &whole);

	if (end == OK && (whole.length > size || whole.length > PROXY_MOST || whole.length == 0))
		abort();
	if (end == AGAIN && size >= PROXY_MOST)
		abort();
	for (size_t cut = 0; cut < size && cut < PROXY_MOST; cut++) {
		enum result early = proxy_read((struct slice){ bytes.at, cut }, &part);

		if (early == REFUSED && end != REFUSED)
			abort();
		if (early == OK && (end != OK || memcmp(&part.address, &whole.address, sizeof(part.address)) != 0 ||
		                    part.length != whole.length || part.own != whole.own))
			abort();
	}
	return 0;
}
