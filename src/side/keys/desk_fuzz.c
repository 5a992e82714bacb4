/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a front sends: a question that is taken names a scheme of ours and a digest of its length. */
#include "keys/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_question question;
	const struct tls_scheme_row *row;

	if (desk_read((struct slice){ (const char *)data, size }, &question) != OK)
		return 0;
	row = tls_scheme_find(question.scheme);
	if (row == NULL || row->digest_length != question.digest_length || size != 4 + 4 + TLS_KEY_ID + 4 + row->digest_length)
		__builtin_trap();
	return 0;
}
