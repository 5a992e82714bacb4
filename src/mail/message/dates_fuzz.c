/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a date: what is read lies between the years 1 and 9999, give or take a zone. */
#include "mail/message/dates.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int64_t zone = 100 * 3600, first = -62135596800, last = 253402300800;
	int64_t seconds = 0;
	unsigned faults = 0;

	if (date_read((struct slice){ (const char *)data, size }, &seconds, &faults) == OK &&
	    (seconds < first - zone || seconds > last + zone))
		abort();
	return 0;
}
