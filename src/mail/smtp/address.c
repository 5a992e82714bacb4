/* SPDX-License-Identifier: Apache-2.0 */
/* Every part is a span cut off the front: route, local part, `@`, domain; what is left must be `>`. */
#include "mail/smtp/address.h"

#include <arpa/inet.h>
#include <string.h>

enum { LOCAL_MOST = 64, DOMAIN_MOST = 255, LABEL_MOST = 63, PATH_MOST = 256, LITERAL_MOST = 64 };

static bool is_high(char c)
{
	return (unsigned char)c > 127;
}

static bool is_atom_byte(char c, bool utf8)
{
	static const struct slice marks = LIT("!#$%&'*+-/=?^_`{|}~");

	return byte_is_letter(c) || byte_is_digit(c) || slice_has(marks, c) || (utf8 && is_high(c));
}

static bool is_quoted_byte(char c, bool utf8)
{
	return (c >= ' ' && c <= '~') || (utf8 && is_high(c));
}

static bool skip(struct slice *rest, char wanted)
{
	if (rest->len == 0 || rest->at[0] != wanted)
		return false;
	*rest = slice_drop(*rest, 1);
	return true;
}

/* ---- UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF ---- */

static const struct utf8_row {
	unsigned char first, last;              /* of the first byte */
	unsigned char second_least, second_most;
	size_t more;                            /* bytes that follow */
} utf8_rows[] = {
	{ 0x20, 0x7e, 0x00, 0x00, 0 }, { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

static size_t utf8_length(struct slice text)
{
	const unsigned char *at = (const unsigned char *)text.at;

	for (size_t i = 0; i < COUNT_OF(utf8_rows); i++) {
		const struct utf8_row *row = &utf8_rows[i];

		if (at[0] < row->first || at[0] > row->last)
			continue;
		if (text.len <= row->more || (row->more && (at[1] < row->second_least || at[1] > row->second_most)))
			return 0;
		for (size_t place = 2; place <= row->more; place++)
			if ((at[place] & 0xc0) != 0x80)
				return 0;
		return row->more + 1;
	}
	return 0;
}

/* Printable throughout, and UTF-8 where it is not ASCII. */
static bool is_clean_text(struct slice text)
{
	while (text.len) {
		size_t length = utf8_length(text);

		if (length == 0)
			return false;
		text = slice_drop(text, length);
	}
	return true;
}

static bool has_high(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_high(text.at[i]))
			return true;
	return false;
}

/* ---- the parts ---- */

static bool label_is_good(struct slice label, bool utf8)
{
	if (label.len == 0 || label.len > LABEL_MOST || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.at[i];

		if (!byte_is_letter(c) && !byte_is_digit(c) && c != '-' && c != '_' && !(utf8 && is_high(c)))
			return false;
	}
	return true;
}

enum result address_domain(struct slice text, bool utf8)
{
	bool more = true;

	if (text.len == 0 || text.len > DOMAIN_MOST || !is_clean_text(text))
		return REFUSED;
	while (more) {
		more = slice_has(text, '.');
		if (!label_is_good(slice_cut(&text, '.'), utf8))
			return REFUSED;
	}
	return OK;
}

static bool literal_is_good(struct slice inside)
{
	bool six = slice_begins_nocase(inside, SLICE("IPv6:"));
	struct slice digits = six ? slice_drop(inside, 5) : inside;
	unsigned char address[16];
	char text[LITERAL_MOST];

	if (digits.len == 0 || digits.len >= sizeof(text) || slice_has(digits, '\0'))
		return false;
	memcpy(text, digits.at, digits.len);
	text[digits.len] = '\0';
	return inet_pton(six ? AF_INET6 : AF_INET, text, address) == 1;
}

/* Bytes of a domain or an address literal at the front; 0: there is none. */
static size_t domain_span(struct slice text, bool utf8, bool *ret_literal)
{
	size_t len = 0;

	*ret_literal = text.len && text.at[0] == '[';
	if (*ret_literal) {
		struct slice rest = slice_drop(text, 1);
		struct slice inside = slice_has(rest, ']') ? slice_cut(&rest, ']') : (struct slice){ 0 };

		return literal_is_good(inside) ? inside.len + 2 : 0;
	}
	while (len < text.len && text.at[len] != '>' && text.at[len] != ',' && text.at[len] != ':')
		len++;
	return address_domain((struct slice){ text.at, len }, utf8) == OK ? len : 0;
}

static size_t quoted_span(struct slice text, bool utf8)
{
	for (size_t i = 1; i < text.len && is_quoted_byte(text.at[i], utf8); i++) {
		if (text.at[i] == '"')
			return i + 1;
		if (text.at[i] == '\\' && (++i == text.len || text.at[i] < ' ' || text.at[i] > '~'))
			return 0;
	}
	return 0;
}

static size_t dotted_span(struct slice text, bool utf8)
{
	size_t len = 0;

	while (len < text.len && (is_atom_byte(text.at[len], utf8) || text.at[len] == '.')) {
		if (text.at[len] == '.' && (len == 0 || text.at[len - 1] == '.'))
			return 0;
		len++;
	}
	return len && text.at[len - 1] != '.' ? len : 0;
}

static enum result cut_local(struct slice *text, bool utf8, struct slice *ret_local)
{
	bool quoted = text->len && text->at[0] == '"';
	size_t len = quoted ? quoted_span(*text, utf8) : dotted_span(*text, utf8);

	if (len == 0 || len > LOCAL_MOST)
		return REFUSED;
	*ret_local = slice_take(text, len);
	return OK;
}

/* local@domain at the front, or postmaster alone where that is permitted. */
static enum result cut_mailbox(struct slice *text, bool utf8, bool postmaster, struct address *ret_address)
{
	struct address found = { .whole = *text };
	size_t len;

	TRY(cut_local(text, utf8, &found.local));
	if (skip(text, '@')) {
		len = domain_span(*text, utf8, &found.literal);
		if (len == 0)
			return REFUSED;
		found.domain = slice_take(text, len);
	} else if (!postmaster || !slice_same_nocase(found.local, SLICE("postmaster"))) {
		return REFUSED;
	}
	found.whole.len -= text->len;
	found.utf8 = has_high(found.whole);
	if (!is_clean_text(found.whole) || found.whole.len + 2 > PATH_MOST)
		return REFUSED;
	*ret_address = found;
	return OK;
}

/* "@a,@b:" in front of the mailbox: read, and forgotten (RFC 5321 appendix C). */
static enum result skip_route(struct slice *text, bool utf8)
{
	bool literal;

	if (text->len == 0 || text->at[0] != '@')
		return OK;
	do {
		size_t len = skip(text, '@') ? domain_span(*text, utf8, &literal) : 0;

		if (len == 0)
			return REFUSED;
		*text = slice_drop(*text, len);
	} while (skip(text, ','));
	return skip(text, ':') ? OK : REFUSED;
}

enum result address_path(struct slice *text, bool utf8, struct address *ret_address)
{
	struct slice rest = *text;
	struct address found = { .whole = { "", 0 } };

	if (!skip(&rest, '<'))
		return REFUSED;
	if (!skip(&rest, '>')) {
		TRY(skip_route(&rest, utf8));
		TRY(cut_mailbox(&rest, utf8, true, &found));
		if (!skip(&rest, '>') || text->len - rest.len > PATH_MOST)
			return REFUSED;
	}
	*text = rest;
	*ret_address = found;
	return OK;
}

enum result address_bare(struct slice text, bool utf8, struct address *ret_address)
{
	struct address found;

	TRY(cut_mailbox(&text, utf8, false, &found));
	if (text.len)
		return REFUSED;
	*ret_address = found;
	return OK;
}

bool address_has_route_in_local(const struct address *address)
{
	return slice_has(address->local, '%') || slice_has(address->local, '!') || slice_has(address->local, '@') ||
	       slice_has(address->local, ':');
}
