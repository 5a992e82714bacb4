/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of base 8, 10 and 16 become the four numbers that people know, with SpamAssassin's own odd treatment of zeros. */
#include "mail/rules/uri_canonical.h"
#include "mail/rules/uri_decode.h"

#include <stdio.h>

enum { OCTET = 24, OCTETS = 4, HEX_MOST = 8, LONG_HEX = 17 };

static uint64_t number_in(struct slice digits, unsigned base)
{
	uint64_t number = 0;

	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)hex_digit(digits.at[i]);

		number = number > (UINT64_MAX - digit) / base ? UINT64_MAX : number * base + digit;
	}
	return number;
}

static bool is_all(struct slice text, unsigned base)
{
	for (size_t i = 0; i < text.len; i++)
		if (hex_digit(text.at[i]) < 0 || (unsigned)hex_digit(text.at[i]) >= base)
			return false;
	return text.len > 0;
}

static bool is_hex(struct slice text)
{
	return slice_begins_nocase(text, SLICE("0x")) && is_all(slice_drop(text, 2), 16);
}

/* 1 to 377, or 4 to 77: what fits an octet, and a little less. */
static bool is_octal(struct slice text)
{
	return text.len && is_all(text, 8) && text.at[0] != '0' && text.len <= (text.at[0] <= '3' ? 3U : 2U);
}

/* Hexadecimal and octal become decimal; zeros at the front are dropped, a single one too. */
static size_t put_octet(struct slice text, char *room)
{
	struct slice digits = text;
	int length;

	if (is_hex(text)) {
		uint64_t number = number_in(slice_drop(text, 2), 16);

		return number ? (size_t)snprintf(room, OCTET, "%lld", (long long)number) : 0;
	}
	while (digits.len && digits.at[0] == '0')
		digits = slice_drop(digits, 1);
	if (digits.len < text.len && is_octal(digits)) {
		length = snprintf(room, OCTET, "%u", (unsigned)number_in(digits, 8));
		return (size_t)length;
	}
	return uri_put(room, 0, digits);
}

static bool is_quad(struct slice host)
{
	size_t count = 0;

	for (struct slice rest = host; count <= OCTETS && (rest.len || count == 0);) {
		struct slice octet = slice_cut(&rest, '.');

		if (!is_hex(octet) && !is_all(octet, 10))
			return false;
		count++;
	}
	return count == OCTETS && host.at[host.len - 1] != '.';
}

static enum result add_quad(struct canonical *canonical, const struct uri_pieces *pieces)
{
	struct slice rest = pieces->host;
	size_t length = 0;
	char *room;

	TRY(uri_take(canonical, pieces->host.len + (size_t)OCTETS * OCTET, &room));
	if (room == NULL)
		return OK;
	for (size_t i = 0; i < OCTETS; i++) {
		if (i)
			room[length++] = '.';
		length += put_octet(slice_cut(&rest, '.'), room + length);
	}
	return uri_add_pieces(canonical, pieces, (struct slice){ room, length }, pieces->rest);
}

/* The first four bytes of the number as it is written in base 16, with at least eight digits. */
static enum result add_number(struct canonical *canonical, const struct uri_pieces *pieces, uint64_t number)
{
	char digits[LONG_HEX], room[OCTET];
	unsigned octets[OCTETS];
	int length;

	(void)snprintf(digits, sizeof(digits), "%08llx", (unsigned long long)number);
	for (size_t i = 0; i < OCTETS; i++)
		octets[i] = (unsigned)(hex_digit(digits[2 * i]) * 16 + hex_digit(digits[2 * i + 1]));
	length = snprintf(room, sizeof(room), "%u.%u.%u.%u", octets[0], octets[1], octets[2], octets[3]);
	return uri_add_pieces(canonical, pieces, (struct slice){ room, (size_t)length }, pieces->rest);
}

/* "http://example/" may be meant for www.example.com. */
static enum result add_guess(struct canonical *canonical, const struct uri_pieces *pieces, struct slice host)
{
	struct slice port = uri_port(pieces->rest);
	struct slice label = slice_begins_nocase(host, SLICE("www.")) && host.len > 4 ? slice_drop(host, 4) : host;
	char *room;

	if (!uri_is_http(pieces) || pieces->user.len || slice_same_nocase(host, SLICE("localhost")) ||
	    (port.len && !slice_same(port, SLICE("80"))))
		return OK;
	if (slice_has(label, '.') || registry_is_known(canonical->reading->ways->registry, host))
		return OK;
	TRY(uri_take(canonical, label.len, &room));
	if (room == NULL)
		return OK;
	for (size_t i = 0; i < label.len; i++)
		room[i] = byte_lower(label.at[i]);
	label.at = room;
	return uri_add_joined(canonical, (const struct slice[]){ pieces->scheme, SLICE("www."), label, SLICE(".com"), pieces->rest }, 5);
}

enum result uri_add_machine(struct canonical *canonical, const struct uri_pieces *pieces, struct slice first_host)
{
	struct slice host = pieces->host;

	if (is_quad(host))
		return add_quad(canonical, pieces);
	if (is_hex(host)) {
		struct slice digits = slice_drop(host, host.len - 2 > HEX_MOST ? host.len - HEX_MOST : 2);

		return add_number(canonical, pieces, number_in(digits, 16));
	}
	if (is_all(host, 10))
		return add_number(canonical, pieces, number_in(host, 10));
	return add_guess(canonical, pieces, first_host);
}
