/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of one class become one byte, with a second one where the run is long: "a9.a@a.a". */
#include "mail/spam/maker.h"

static char class_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return '9';
	if (lower(byte) >= 'a' && lower(byte) <= 'z')
		return lower(byte) == byte ? 'a' : 'A';
	if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
		return ' ';
	return (unsigned char)byte >= 0x80 ? 'u' : byte;
}

struct slice shape_of(struct slice text, char room[SHAPE_MOST])
{
	size_t length = 0, run = 0;
	char last = 0;

	for (size_t i = 0; i < text.len && length < SHAPE_MOST; i++) {
		char class = class_of(text.at[i]);

		run = class == last ? run + 1 : 1;
		if (run == 1 || run == 8)
			room[length++] = class;
		last = class;
	}
	return (struct slice){ room, length };
}
