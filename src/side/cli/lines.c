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
		struct slice text = slice_take(&piece, stretch(piece));

		if (text.len > 0) {
			if (lines->cr)
				TRY(end_line(lines, to));
			if (lines->dots && !lines->inside && text.at[0] == '.')
				TRY(buffer_add_byte(to, '.'));
			TRY(buffer_add(to, text));
			lines->inside = true;
			continue;
		}
		if (slice_take(&piece, 1).at[0] == '\n') {
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
