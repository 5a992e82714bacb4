/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the bytes before a line's colon, as many as the longest name needs, and looks them up once. */
#include "front/headers.h"

static const struct header_name {
	struct slice name;
	unsigned bit;
} names[] = {
	{ LIT("Date"), HEADERS_DATE },
	{ LIT("From"), HEADERS_FROM },
	{ LIT("Message-ID"), HEADERS_MESSAGE_ID },
	{ LIT("Received"), HEADERS_RECEIVED },
};

static void look_up(struct headers *headers)
{
	struct slice name = slice_trim((struct slice){ headers->name, headers->length });

	headers->named = true;
	if (name.at != headers->name)          /* a line that goes on: it begins with a blank */
		return;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!slice_same_nocase(names[i].name, name))
			continue;
		headers->seen |= names[i].bit;
		headers->hops += names[i].bit == HEADERS_RECEIVED;
	}
}

static void add_byte(struct headers *headers, char byte)
{
	if (byte == '\r')
		return;
	if (byte == '\n') {
		headers->over = headers->length == 0;
		headers->length = 0;
		headers->named = false;
		return;
	}
	if (!headers->named && byte == ':')
		look_up(headers);
	else if (!headers->named && headers->length < HEADERS_NAME)
		headers->name[headers->length] = byte;
	else
		headers->named = true;
	headers->length++;
}

void headers_add(struct headers *headers, struct slice piece)
{
	for (size_t i = 0; i < piece.len && !headers->over; i++)
		add_byte(headers, piece.at[i]);
}
