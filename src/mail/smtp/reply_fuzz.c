/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, cut into lines: the text stays printable and within its limit. */
#include "mail/smtp/reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct reply reply;

	reply_init(&reply);
	while (rest.len) {
		enum result end = reply_line(&reply, slice_cut(&rest, '\n'));
		struct slice text = reply_slice(&reply);

		if (text.len > REPLY_TEXT || (end == OK && (reply.code < 200 || reply.code > 599)))
			abort();
		for (size_t i = 0; i < text.len; i++)
			if (text.at[i] < ' ' || text.at[i] > '~')
				abort();
		if (end != AGAIN)
			reply_init(&reply);
	}
	return 0;
}
