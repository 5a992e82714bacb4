/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a scanner says: clean is one of three lines, and the text can go on the wire. */
#include "scanners/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool that)
{
	if (!that)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SCAN_TEXT];
	struct slice reply = { (const char *)data + 1, size - 1 }, shown;
	enum scan_end end;

	if (size < 1)
		return 0;
	end = reply_read((enum reply_to)(data[0] % 3), reply, text);
	shown = slice_of(text);
	must(shown.len < SCAN_TEXT);
	for (size_t i = 0; i < shown.len; i++)
		must(shown.at[i] >= ' ' && shown.at[i] <= '~');
	must(end != SCAN_CLEAN || (reply.len <= 20 && reply.at[reply.len - 1] == '\n'));
	must(end == SCAN_CLEAN || shown.len > 0);
	return 0;
}
