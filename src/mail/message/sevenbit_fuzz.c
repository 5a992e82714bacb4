/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: what was converted has 7 bits only, is found to need nothing, has lines that end as before, and decoded it
 * is what it was. */
#include "mail/message/sevenbit.h"

#include <stdlib.h>

enum { SIZE_MOST = 8192 };

/* Steps on the way of a reader: encoded stretches of the output are known from the input's steps. */
static size_t convert(const struct sevenbit_step *first, struct slice in, char *to)
{
	struct sevenbit_write write;
	size_t length = 0, some;

	sevenbit_write_init(&write, first);
	while ((some = sevenbit_write_some(&write, &in, to + length, SEVENBIT_LEAST)) > 0)
		length += some;
	return length;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* One encoded stretch back to its bytes. */
static size_t decode(struct slice text, char *to)
{
	size_t length = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '=') {
			to[length++] = text.at[i];
		} else if (text.at[i + 1] == '\r') {
			i += 2;
		} else {
			to[length++] = (char)(digit(text.at[i + 1]) << 4 | digit(text.at[i + 2]));
			i += 2;
		}
	}
	return length;
}

/* Each encoded stretch, alone. */
static void check_stretch(const struct sevenbit_step *step, struct slice message)
{
	static char made[SIZE_MOST * 8], back[SIZE_MOST * 8];
	struct slice in = { message.at + step->from, (size_t)(step->to - step->from) };
	const struct sevenbit_step alone = { .what = SEVENBIT_ENCODE, .to = in.len };
	size_t length = convert(&alone, in, made);

	if (decode((struct slice){ made, length }, back) != in.len || memcmp(back, in.at, in.len) != 0)
		abort();
}

static enum result look(struct slice message, struct arena *arena, struct sevenbit_scan *scan)
{
	arena_init(arena, 1 << 20);
	sevenbit_scan_init(scan, arena);
	sevenbit_scan_bytes(scan, message);
	return sevenbit_scan_end(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char made[SIZE_MOST * 64];
	struct slice message = { (const char *)data, size };
	struct sevenbit_scan scan, again;
	struct arena arena, other;

	if (size > SIZE_MOST)
		return 0;
	if (look(message, &arena, &scan) == OK && scan.trouble == NULL && scan.eight_bit) {
		size_t length = convert(scan.first, message, made);

		for (const struct sevenbit_step *step = scan.first; step; step = step->next)
			if (step->what == SEVENBIT_ENCODE)
				check_stretch(step, message);
		if (look((struct slice){ made, length }, &other, &again) != OK || again.eight_bit)
			abort();
		arena_finish(&other);
	}
	arena_finish(&arena);
	return 0;
}
