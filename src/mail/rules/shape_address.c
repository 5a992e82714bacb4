/* SPDX-License-Identifier: Apache-2.0 */
/* The stretch of hexadecimal digits and colons is taken as it is; then its groups are counted. */
#include "mail/rules/shape_address.h"

#include "base/network.h"
#include "mail/rules/reading.h"

enum { QUADS = 4, GROUPS = 8, MAPPED_GROUPS = 6, GROUP_DIGITS = 4 };

static const struct slice prefix = LIT("IPv6:");

static bool is_hex(char c)
{
	return byte_is_digit(c) || (byte_lower(c) >= 'a' && byte_lower(c) <= 'f');
}

static bool is_hex_or_colon(char c)
{
	return is_hex(c) || c == ':';
}

/* 0 to 255 without zeros before it. */
static size_t quad(struct slice text)
{
	unsigned value = 0;
	size_t length = 0;

	while (length < text.len && length < 3 && byte_is_digit(text.at[length]))
		value = value * 10 + (unsigned)(text.at[length++] - '0');
	if (length == 0 || value > 255 || (length > 1 && text.at[0] == '0'))
		return 0;
	return length;
}

static size_t quads(struct slice text)
{
	size_t length = 0;

	for (unsigned i = 0; i < QUADS; i++) {
		size_t digits = quad(slice_drop(text, length));

		if (digits == 0)
			return 0;
		length += digits;
		if (i + 1 == QUADS)
			break;
		if (length >= text.len || text.at[length] != '.')
			return 0;
		length++;
	}
	return length;
}

static size_t ipv4(struct slice text, size_t at)
{
	size_t length = quads(slice_drop(text, at));

	if (length == 0 || (at > 0 && (rules_is_word(text.at[at - 1]) || text.at[at - 1] == ':')))
		return 0;
	return at + length < text.len && rules_is_word(text.at[at + length]) ? 0 : length;
}

/* Colons that stand alone are between groups, but for one at the end where IPv4 follows. */
static bool count_groups(struct slice text, bool open, size_t *ret_groups, size_t *ret_gaps)
{
	size_t groups = 0, gaps = 0, at = 0;

	while (at < text.len) {
		size_t digits = 0;

		while (at + digits < text.len && is_hex(text.at[at + digits]))
			digits++;
		if (digits > GROUP_DIGITS)
			return false;
		groups += digits > 0;
		at += digits;
		if (at == text.len)
			break;
		if (at + 1 < text.len && text.at[at + 1] == ':') {
			gaps++;
			at += 2;
			if (at < text.len && text.at[at] == ':')
				return false;
		} else if (digits && (at + 1 < text.len || open)) {
			at++;
		} else {
			return false;
		}
	}
	*ret_groups = groups;
	*ret_gaps = gaps;
	return true;
}

static bool is_pure(struct slice text)
{
	size_t groups, gaps;

	if (!count_groups(text, false, &groups, &gaps))
		return false;
	return (gaps == 0 && groups == GROUPS) || (gaps == 1 && groups < GROUPS);
}

/* What stands before IPv4. */
static bool is_mapped(struct slice text)
{
	size_t groups, gaps;

	if (text.len == 0 || text.at[text.len - 1] != ':' || !count_groups(text, true, &groups, &gaps))
		return false;
	return (gaps == 0 && groups == MAPPED_GROUPS) || (gaps == 1 && groups < MAPPED_GROUPS);
}

static size_t mapped(struct slice text, size_t run)
{
	struct slice head = { text.at, run };
	size_t tail;

	while (head.len && head.at[head.len - 1] != ':')
		head.len--;
	tail = quads(slice_drop(text, head.len));
	if (tail == 0 || !is_mapped(head))
		return 0;
	tail += head.len;
	return tail < text.len && is_hex_or_colon(text.at[tail]) ? 0 : tail;
}

static size_t ipv6(struct slice text, size_t at)
{
	struct slice rest = slice_drop(text, at);
	size_t before = slice_begins_nocase(rest, prefix) ? prefix.len : 0, run = 0, length;

	if (before == 0 && at > 0 && is_hex_or_colon(text.at[at - 1]))
		return 0;
	rest = slice_drop(rest, before);
	while (run < rest.len && is_hex_or_colon(rest.at[run]))
		run++;
	if (run == 0 || !slice_has((struct slice){ rest.at, run }, ':'))
		return 0;
	length = mapped(rest, run);
	if (length == 0 && is_pure((struct slice){ rest.at, run }))
		length = run;
	return length ? before + length : 0;
}

size_t shape_address(struct slice text, size_t at)
{
	size_t length;

	if (at >= text.len || !(is_hex_or_colon(text.at[at]) || byte_lower(text.at[at]) == 'i'))
		return 0;
	length = ipv4(text, at);
	return length ? length : ipv6(text, at);
}

struct slice shape_find_address(struct slice text)
{
	for (size_t at = 0; at < text.len; at++) {
		size_t length = shape_address(text, at);

		if (length)
			return (struct slice){ text.at + at, length };
	}
	return SLICE("");
}

bool shape_is_ipv4(struct slice text)
{
	return text.len && ipv4(text, 0) == text.len;
}

enum result shape_address_read(struct slice text, struct in6_addr *ret_address)
{
	bool is_ipv6;

	if (slice_begins_nocase(text, prefix))
		text = slice_drop(text, prefix.len);
	return network_plain(text, ret_address, &is_ipv6);
}

size_t shape_own_name(struct slice text, size_t at)
{
	static const struct in6_addr loop = IN6ADDR_LOOPBACK_INIT, mapped_loop = { .s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
	static const struct slice names[] = { LIT("localhost.localdomain"), LIT("localhost") };
	struct slice rest = slice_drop(text, at);
	size_t length = shape_address(text, at);
	struct in6_addr address;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_begins_nocase(rest, names[i]))
			return names[i].len;
	if (length == 0 || shape_address_read((struct slice){ rest.at, length }, &address) != OK)
		return 0;
	return memcmp(&address, &loop, sizeof(loop)) == 0 || memcmp(&address, &mapped_loop, sizeof(loop)) == 0 ? length : 0;
}
