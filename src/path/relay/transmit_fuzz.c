/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes through both forms: no bare CR, LF or NUL comes out, and no dot that ends the message too early. */
#include "relay/transmit.h"

static enum result read_from(void *source, uint64_t from, char *to, size_t size)
{
	const struct slice *bytes = source;

	if (from > bytes->len || bytes->len - from < size)
		abort();
	memcpy(to, bytes->at + from, size);
	return OK;
}

static void check(struct slice out, bool whole)
{
	bool ended = false;

	for (size_t i = 0; i < out.len; i++) {
		bool line_start = i == 0 || out.at[i - 1] == '\n';

		if (ended || out.at[i] == '\0' || (out.at[i] == '\n' && (i == 0 || out.at[i - 1] != '\r')) ||
		    (out.at[i] == '\r' && (i + 1 == out.len ? whole : out.at[i + 1] != '\n')))
			abort();
		if (line_start && out.at[i] == '.' && out.len - i >= 3 && memcmp(out.at + i, ".\r\n", 3) == 0) {
			ended = true;
			i += 2;
		}
	}
	if (ended != whole)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transmit transmit;
	struct slice bytes = { (const char *)data, size }, how = slice_take(&bytes, 3);
	struct edit edit = { 0 };
	struct edits edits = { &edit, 1 };
	struct buffer out;
	enum result result = AGAIN;

	if (how.len < 3)
		return 0;
	edit = (struct edit){ (unsigned char)how.at[1], (unsigned char)how.at[2], bytes };
	edits.count = how.at[0] & 1;
	transmit_init(&transmit, &(struct transmit_plan){ TRANSMIT_DOTTED, how.at[0] & 2, NULL, SLICE("X: y\r\n"), &edits,
	                                                   bytes.len, read_from, &bytes });
	buffer_init(&out, 1 << 24);
	while (result == AGAIN) {
		char room[TRANSMIT_LEAST + 15];
		size_t filled = 0;

		result = transmit_fill(&transmit, room, TRANSMIT_LEAST + ((unsigned char)how.at[0] >> 4), &filled);
		if ((result == OK || result == AGAIN) && buffer_add(&out, (struct slice){ room, filled }) != OK)
			break;
	}
	if (result != AGAIN)
		check(buffer_slice(&out), result == OK);
	buffer_finish(&out);
	return 0;
}
