/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is taken for an address lies inside the text, is clean, and is taken again when written alone. */
#include "mail/smtp/address.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size }, rest = text;
	struct address address, again;

	for (int utf8 = 0; utf8 < 2; utf8++) {
		rest = text;
		if (address_path(&rest, utf8, &address) != OK)
			continue;
		for (size_t i = 0; i < address.whole.len; i++)
			if ((unsigned char)address.whole.at[i] < ' ' || address.whole.at[i] == 127)
				abort();
		if (address.domain.len && address_bare(address.whole, utf8, &again) != OK)
			abort();
		(void)address_has_route_in_local(&address);
	}
	return address_domain(text, size & 1) == BROKEN;
}
