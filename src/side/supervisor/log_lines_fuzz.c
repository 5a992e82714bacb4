/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a child writes: what has the form becomes one line of text and one of JSON, and fits. */
#include "supervisor/log_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_one_line(const struct buffer *to)
{
	struct slice text = buffer_slice(to), rest = text;

	if (text.len == 0 || slice_cut(&rest, '\n').len + 1 != text.len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_entry entry;
	struct buffer text, json;

	if (log_entry_parse((struct slice){ (const char *)data, size }, "front", &entry) != OK)
		return 0;
	buffer_init(&text, 16384);
	buffer_init(&json, 16384);
	if (log_entry_text(&entry, 0, &text) != OK || log_entry_json(&entry, 0, &json) != OK)
		__builtin_trap();
	must_be_one_line(&text);
	must_be_one_line(&json);
	buffer_finish(&text);
	buffer_finish(&json);
	return 0;
}
