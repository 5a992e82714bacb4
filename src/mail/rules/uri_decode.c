/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of an address that are written as something else: percent signs and two digits, numbers between "&#" and ";".
 * Each is gone through once, from the front. */
#include "mail/rules/uri_decode.h"

#include "mail/rules/uris_reading.h"

enum { PRINTABLE_FIRST = 0x21, PRINTABLE_LAST = 0x7e, ENTITY_DIGITS = 3, ESCAPE = 3 };

int hex_digit(char c)
{
	c = byte_lower(c);
	if (byte_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_escape(struct slice text)
{
	return text.len >= ESCAPE && text.at[0] == '%' && hex_digit(text.at[1]) >= 0 && hex_digit(text.at[2]) >= 0;
}

bool uri_has_escape(struct slice uri)
{
	for (; uri.len >= ESCAPE; uri = slice_drop(uri, 1))
		if (is_escape(uri))
			return true;
	return false;
}

static bool is_printable(int byte)
{
	return byte >= PRINTABLE_FIRST && byte <= PRINTABLE_LAST;
}

static size_t put_escaped(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '%';
	out[1] = digits[byte >> 4];
	out[2] = digits[byte & 15];
	return ESCAPE;
}

enum result uri_decode(struct arena *arena, struct slice uri, struct slice *ret_uri)
{
	char *out = arena_take(arena, uri.len * ESCAPE + 1);
	size_t length = 0;

	if (out == NULL)
		return LATER;
	while (uri.len) {
		if (is_escape(uri)) {
			int byte = hex_digit(uri.at[1]) * 16 + hex_digit(uri.at[2]);
			struct slice escape = slice_take(&uri, ESCAPE);

			if (is_printable(byte)) {
				out[length++] = (char)byte;
			} else {
				memcpy(out + length, escape.at, ESCAPE);
				length += ESCAPE;
			}
			continue;
		}
		if (!is_printable((unsigned char)uri.at[0]) || slice_has(SLICE("\"%<>"), uri.at[0]))
			length += put_escaped(out + length, (unsigned char)uri.at[0]);
		else
			out[length++] = uri.at[0];
		uri = slice_drop(uri, 1);
	}
	*ret_uri = (struct slice){ out, length };
	return OK;
}

/* ---- entities ---- */

/* The number between `start` and ";", with any zeros before it; -1: none. `ret_length`: of all of it. */
static int number_between(struct slice text, struct slice start, int base, size_t *ret_length)
{
	size_t at = start.len, digits = 0;
	int number = 0;

	if (!slice_begins(text, start))
		return -1;
	while (at < text.len && text.at[at] == '0')
		at++;
	for (; at < text.len && digits <= ENTITY_DIGITS; at++, digits++) {
		int digit = hex_digit(text.at[at]);

		if (digit < 0 || digit >= base)
			break;
		number = number * base + digit;
	}
	*ret_length = at + 1;
	return at < text.len && text.at[at] == ';' && digits > 0 ? number : -1;
}

static int decimal(struct slice text, size_t *ret_length)
{
	int number = number_between(text, SLICE("&#"), 10, ret_length);

	return is_printable(number) ? number : -1;
}

static int hexadecimal(struct slice text, size_t *ret_length)
{
	int number = number_between(text, SLICE("&#x"), 16, ret_length);

	return is_printable(number) ? number : -1;
}

/* Dots of other scripts. */
static int dot(struct slice text, size_t *ret_length)
{
	static const struct slice dots[] = {
		LIT("&#x2e;"), LIT("&#12290;"), LIT("&#x3002;"), LIT("&#65294;"), LIT("&#xff0e;"), LIT("&#65377;"), LIT("&#xff61;"),
	};

	for (size_t i = 0; i < COUNT_OF(dots); i++)
		if (slice_begins_nocase(text, dots[i])) {
			*ret_length = dots[i].len;
			return '.';
		}
	return -1;
}

static size_t replace(char *text, size_t length, int (*what)(struct slice, size_t *))
{
	size_t from = 0, to = 0;

	while (from < length) {
		size_t taken = 1;
		int byte = text[from] == '&' ? what((struct slice){ text + from, length - from }, &taken) : -1;

		text[to++] = byte < 0 ? text[from] : (char)byte;
		from += byte < 0 ? 1 : taken;
	}
	return to;
}

size_t uri_entities(char *text, size_t length)
{
	length = replace(text, length, decimal);
	length = replace(text, length, hexadecimal);
	return replace(text, length, dot);
}
