/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a name: what comes out can be asked about, and is the same when it is read again. */
#include "base/idn.h"

#include <stdint.h>
#include <stdlib.h>

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idn name, again;

	if (idn_read((struct slice){ (const char *)data, size }, &name) != OK)
		return 0;
	must(name.length > 0 && name.length <= IDN_NAME && name.text[name.length] == '\0');
	must(idn_read((struct slice){ name.text, name.length }, &again) == OK);
	must(again.length == name.length && memcmp(again.text, name.text, name.length) == 0);
	return 0;
}
