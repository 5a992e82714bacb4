/* SPDX-License-Identifier: Apache-2.0 */
/* Complaints are kept in the order in which people read: by file, then by line; the same one only once. */
#include "base/settings_reader.h"

#include <stdarg.h>
#include <string.h>

enum { COMPLAINTS_MOST = 100 };

static void keep_complaint(struct reader *reader, unsigned order, uint32_t line, struct slice text)
{
	struct complaint **place = &reader->complaints;
	struct complaint *complaint;

	for (; *place && ((*place)->order < order || ((*place)->order == order && (*place)->line <= line));
	     place = &(*place)->next)
		if ((*place)->order == order && (*place)->line == line && slice_same((*place)->text, text))
			return;
	if (reader->complaint_count == COMPLAINTS_MOST)
		return;
	complaint = arena_new(&reader->memory, struct complaint);
	if (complaint == NULL || arena_keep(&reader->memory, text, &complaint->text) != OK) {
		reader->full = true;
		return;
	}
	complaint->order = order;
	complaint->line = line;
	complaint->next = *place;
	*place = complaint;
	reader->complaint_count++;
}

void __attribute__((format(printf, 3, 4))) reader_complain(struct reader *reader, int line, const char *format, ...)
{
	const struct source *source = reader->current;
	char text[READER_COMPLAINT];
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (len > (int)sizeof(text) - 1)
		len = (int)sizeof(text) - 1;
	keep_complaint(reader, source ? source->order : 0, line > 0 ? (uint32_t)line : 0,
		       (struct slice){ text, len > 0 ? (size_t)len : 0 });
}

enum result reader_write_complaints(const struct reader *reader, const char *file, struct buffer *to)
{
	for (const struct complaint *complaint = reader->complaints; complaint; complaint = complaint->next) {
		const char *name = file;

		for (const struct source *source = reader->sources; source; source = source->next)
			if (source->order == complaint->order)
				name = source->name;
		if (complaint->line)
			TRY(buffer_format(to, "%s:%u: %.*s\n", name, complaint->line, SHOW(complaint->text)));
		else
			TRY(buffer_format(to, "%s: %.*s\n", name, SHOW(complaint->text)));
	}
	return OK;
}

/* A value as a complaint shows it: cut, without control bytes. */
const char *reader_shown(struct slice value, char text[READER_SHOWN + 4])
{
	struct slice head = slice_take(&value, READER_SHOWN);

	for (size_t i = 0; i < head.len; i++)
		text[i] = (unsigned char)head.at[i] < ' ' || head.at[i] == 0x7f ? '?' : head.at[i];
	memcpy(text + head.len, value.len ? "..." : "\0\0\0", 4);
	return text;
}
