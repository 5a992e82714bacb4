/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches without line ends are added whole; a CR is held back until the byte behind it is known. */
#include "cli/lines.h"

static enum result end_line(struct lines *lines, struct buffer *to)
{
	lines->cr = lines->inside = false;
	return buffer_add(to, SLICE("\r\n"));
}

static size_t stretch(struct slice text)
{
	size_t n = 0;

	while (n < text.len && text.at[n] != '\r' && text.at[n] != '\n')
		n++;
	return n;
}

enum result lines_add(struct lines *lines, struct slice piece, struct buffer *to)
{
	while (piece.len > 0) {
		size_t run = stretch(piece);
		char byte = piece.at[0];

		if (run > 0) {
			if (lines->cr)
				TRY(end_line(lines, to));
			if (lines->dots && !lines->inside && byte == '.')
				TRY(buffer_add_byte(to, '.'));
			TRY(buffer_add(to, slice_take(&piece, run)));
			lines->inside = true;
			continue;
		}
		piece = slice_drop(piece, 1);
		if (byte == '\n') {
			TRY(end_line(lines, to));
			continue;
		}
		if (lines->cr)
			TRY(end_line(lines, to));
		lines->cr = true;
	}
	return OK;
}

enum result lines_end(struct lines *lines, struct buffer *to)
{
	return lines->cr || lines->inside ? end_line(lines, to) : OK;
}
