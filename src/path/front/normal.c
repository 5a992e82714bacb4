/* SPDX-License-Identifier: Apache-2.0 */
/* Text is copied as it stands. A CR is written as a whole line end at once; the LF that belongs to it is then passed
 * over. */
#include "front/normal.h"

#include <string.h>

static struct slice form_of(struct normal *normal, const char *byte)
{
	bool after_cr = normal->after_cr;

	normal->after_cr = *byte == '\r';
	normal->changed = normal->changed || *byte == '\0' || after_cr != (*byte == '\n');
	switch (*byte) {
	case '\0':
		return (struct slice){ 0 };
	case '\r':
		return SLICE("\r\n");
	case '\n':
		if (after_cr)
			return (struct slice){ 0 };
		return SLICE("\r\n");
	}
	return (struct slice){ byte, 1 };
}

void normal_end(struct normal *normal)
{
	normal->changed = normal->changed || normal->after_cr;
	normal->after_cr = false;
}

/* How much at its front is as it should be: whole lines, and what follows of the next. */
static size_t good_run(struct slice bytes)
{
	size_t lines = slice_lines_run(bytes);

	return lines + slice_text_run(slice_drop(bytes, lines));
}

struct slice normal_next(struct normal *normal, struct slice *piece, char *room, size_t size)
{
	size_t read = 0, written = 0;

	for (; read < piece->len && size - written >= NORMAL_ROOM; read++) {
		struct slice form, rest = slice_drop(*piece, read);
		size_t run = normal->after_cr ? 0 : good_run(slice_take(&rest, size - written - NORMAL_ROOM));

		memcpy(room + written, piece->at + read, run);
		read += run;
		written += run;
		if (read == piece->len)
			break;
		if (!normal->after_cr && piece->len - read >= 2 && memcmp(piece->at + read, "\r\n", 2) == 0) {
			memcpy(room + written, "\r\n", 2);
			written += 2;
			read++;
			continue;
		}
		form = form_of(normal, &piece->at[read]);
		for (size_t i = 0; i < form.len; i++)
			room[written++] = form.at[i];
	}
	*piece = slice_drop(*piece, read);
	return (struct slice){ room, written };
}
