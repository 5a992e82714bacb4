/* SPDX-License-Identifier: Apache-2.0 */
/* One character at a time: a byte of ASCII, or a whole one of UTF-8; what is neither is a byte that becomes '?'. */
#include "mail/message/notice_address.h"

#include "mail/message/charsets.h"

#include <stdio.h>
#include <string.h>

enum { ESCAPE_MOST = 12, FIRST_AFTER_CONTROLS = 0xa0 };

bool notice_is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return false;
	return true;
}

static uint32_t character_of(struct slice bytes)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t character = (unsigned char)bytes.at[0] & masks[bytes.len];

	for (size_t i = 1; i < bytes.len; i++)
		character = character << 6 | ((unsigned char)bytes.at[i] & 0x3f);
	return character;
}

/* The next whole character beyond ASCII that is no control; empty: there is none at this place. */
static struct slice wide(struct slice rest)
{
	size_t length = utf8_character(rest);
	struct slice bytes = { rest.at, length };

	if (length < 2 || length > 4 || character_of(bytes) < FIRST_AFTER_CONTROLS)
		return (struct slice){ 0 };
	return bytes;
}

static char narrow(char byte)
{
	return byte >= ' ' && byte <= '~' ? byte : '?';
}

static const char *as_utf8(struct foreign *room, struct slice text)
{
	size_t length = 0;

	while (text.len && length < FOREIGN_MOST) {
		struct slice bytes = wide(text);

		if (bytes.len > FOREIGN_MOST - length)
			break;
		if (bytes.len)
			memcpy(room->text + length, bytes.at, bytes.len);
		else
			room->text[length] = narrow(text.at[0]);
		length += bytes.len ? bytes.len : 1;
		text = slice_drop(text, bytes.len ? bytes.len : 1);
	}
	room->text[length] = '\0';
	return room->text;
}

/* RFC 6533 3: what xtext could not say, and what would then be taken for an escape. */
static void escape(char room[ESCAPE_MOST], struct slice rest, size_t *ret_taken)
{
	struct slice bytes = wide(rest);
	char byte = rest.at[0];

	*ret_taken = bytes.len ? bytes.len : 1;
	if (bytes.len)
		(void)snprintf(room, ESCAPE_MOST, "\\x{%02X}", character_of(bytes));
	else if (byte == '\\' || byte == '+' || byte == '=')
		(void)snprintf(room, ESCAPE_MOST, "\\x{%02X}", (unsigned char)byte);
	else
		(void)snprintf(room, ESCAPE_MOST, "%c", narrow(byte));
}

const char *notice_address(struct foreign *room, struct slice address, bool utf8)
{
	size_t length = 0, taken;

	if (utf8 || notice_is_ascii(address))
		return as_utf8(room, address);
	while (address.len && length < FOREIGN_MOST - ESCAPE_MOST) {
		char one[ESCAPE_MOST];

		escape(one, address, &taken);
		memcpy(room->text + length, one, strlen(one));
		length += strlen(one);
		address = slice_drop(address, taken);
	}
	room->text[length] = '\0';
	return room->text;
}

enum result notice_add_line(struct buffer *to, struct slice line, bool utf8)
{
	while (line.len) {
		struct slice bytes = utf8 ? wide(line) : (struct slice){ 0 };

		if (bytes.len)
			TRY(buffer_add(to, bytes));
		else
			TRY(buffer_add_byte(to, line.at[0] == '\t' ? '\t' : narrow(line.at[0])));
		line = slice_drop(line, bytes.len ? bytes.len : 1);
	}
	return buffer_add(to, SLICE("\r\n"));
}
