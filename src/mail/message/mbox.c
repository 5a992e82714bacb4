/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line; a line is taken apart only where it begins with "From ". */
#include "mail/message/mbox.h"

static bool is_time(struct slice word)
{
	return word.len >= 5 && byte_is_digit(word.at[0]) && byte_is_digit(word.at[1]) && word.at[2] == ':'
	       && byte_is_digit(word.at[3]) && byte_is_digit(word.at[4]);
}

bool mbox_is_from_line(struct slice line)
{
	bool timed = false, dated = false;
	uint64_t year;

	if (!slice_begins(line, SLICE("From ")))
		return false;
	while (line.len > 0) {
		struct slice word = slice_cut(&line, ' ');

		if (word.len > 0 && word.at[word.len - 1] == '\r')
			word.len--;
		timed |= is_time(word);
		dated |= timed && word.len == 4 && slice_number(word, 9999, &year) == OK;
	}
	return dated;
}

bool mbox_begins(struct slice bytes)
{
	return slice_begins(bytes, SLICE("From ")) && mbox_is_from_line(slice_cut(&bytes, '\n'));
}

struct slice mbox_cut(struct slice *rest)
{
	struct slice whole;
	bool blank = false;

	(void)slice_cut(rest, '\n');
	whole = *rest;
	while (rest->len > 0) {
		struct slice before = *rest, line = slice_cut(rest, '\n');

		if (blank && mbox_is_from_line(line)) {
			*rest = before;
			break;
		}
		blank = line.len == 0 || slice_same(line, SLICE("\r"));
	}
	whole.len -= rest->len;
	return whole;
}
