/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a command: its words lie inside them, and only known commands are found. */
#include "queue/control.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice payload = { (const char *)data, size }, words[CONTROL_WORDS];
	size_t count = 0;

	if (control_words(payload, words, &count) != OK)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (words[i].len && (words[i].at < payload.at || words[i].at + words[i].len > payload.at + size))
			abort();
	if (control_find(words, count) && count < 2)
		abort();
	return 0;
}
