/* SPDX-License-Identifier: Apache-2.0 */
/* A field is kept, unfolded, until the first byte behind its line says that it has ended; what is longer is none. */
#include "relay/delivered.h"

struct field {
	struct slice address;
	char text[DELIVERED_FIELD];
	size_t length;
	bool line_ended, empty;                /* a line end came; nothing stands in the line yet */
	bool found;
};

static void judge(struct field *field)
{
	struct slice rest = { field->text, field->length }, name = slice_cut(&rest, ':');

	if (field->length < sizeof(field->text) && slice_same_nocase(slice_trim(name), SLICE("Delivered-To")) &&
	    slice_same_nocase(slice_trim(rest), field->address))
		field->found = true;
	field->length = 0;
}

static void keep(struct field *field, char byte)
{
	if (field->length < sizeof(field->text))
		field->text[field->length++] = byte;
}

/* OK: the header has ended. */
static enum result take_byte(struct field *field, char byte)
{
	if (byte == '\r')
		return AGAIN;
	if (byte == '\n') {
		bool end = field->empty;

		field->line_ended = field->empty = true;
		return end ? OK : AGAIN;
	}
	if (field->line_ended && byte != ' ' && byte != '\t')
		judge(field);
	field->line_ended = field->empty = false;
	keep(field, byte);
	return AGAIN;
}

static enum result take_block(struct field *field, struct slice block)
{
	enum result end = AGAIN;

	for (size_t i = 0; i < block.len && end == AGAIN && !field->found; i++)
		end = take_byte(field, block.at[i]);
	return end;
}

enum result delivered_look(const struct transmit_plan *plan, struct slice address, char *room, size_t size)
{
	uint64_t length = plan->length < DELIVERED_HEADER ? plan->length : DELIVERED_HEADER;
	struct field field = { .address = address, .empty = true };
	enum result end = AGAIN;

	for (uint64_t from = 0; from < length && end == AGAIN && !field.found; from += size) {
		size_t some = length - from < size ? (size_t)(length - from) : size;

		TRY(plan->read(plan->source, from, room, some));
		end = take_block(&field, (struct slice){ room, some });
	}
	judge(&field);
	return field.found ? REFUSED : OK;
}
