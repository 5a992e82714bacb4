/* SPDX-License-Identifier: Apache-2.0 */
/* Any arguments: what is kept is printable, and a refusal keeps nothing. */
#include "front/claims.h"

#include <stdlib.h>
#include <string.h>

static void must_be_clean(const struct claim_text *text)
{
	for (size_t i = 0; i < text->length; i++)
		if (text->text[i] <= ' ' || text->text[i] > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct claim claim = { 0 }, nothing = { 0 };

	if (claim_read((struct slice){ (const char *)data, size }, &claim) != OK && memcmp(&claim, &nothing, sizeof(claim)) != 0)
		abort();
	must_be_clean(&claim.name);
	must_be_clean(&claim.helo);
	return 0;
}
