/* SPDX-License-Identifier: Apache-2.0 */
/* An attribute is a row: its name and the function that keeps its value, decoded. */
#include "front/claims.h"

#include <arpa/inet.h>
#include <string.h>

struct slice claim_slice(const struct claim_text *text)
{
	return (struct slice){ text->text, text->length };
}

/* ---- xtext, decoded into fixed room: printable ASCII without spaces comes out ---- */

static int hex_value(char c)
{
	if (byte_is_digit(c))
		return c - '0';
	c = byte_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum result next_byte(struct slice *rest, char *ret_byte)
{
	char c = slice_take(rest, 1).at[0];

	if (c == '+') {
		struct slice pair = slice_take(rest, 2);
		int high = pair.len == 2 ? hex_value(pair.at[0]) : -1, low = pair.len == 2 ? hex_value(pair.at[1]) : -1;

		if (high < 0 || low < 0)
			return REFUSED;
		c = (char)(high << 4 | low);
	}
	if (c <= ' ' || c > '~')
		return REFUSED;
	*ret_byte = c;
	return OK;
}

static enum result decode(struct slice value, struct claim_text *ret_text)
{
	struct claim_text text = { 0 };

	while (value.len) {
		if (text.length == CLAIM_TEXT - 1)
			return REFUSED;
		TRY(next_byte(&value, &text.text[text.length]));
		text.length++;
	}
	*ret_text = text;
	return text.length ? OK : REFUSED;
}

static bool is_unknown(const struct claim_text *text)
{
	return slice_same_nocase(claim_slice(text), SLICE("[UNAVAILABLE]")) ||
	       slice_same_nocase(claim_slice(text), SLICE("[TEMPUNAVAIL]"));
}

/* ---- the attributes ---- */

static enum result keep_name(struct claim *claim, const struct claim_text *text)
{
	claim->name = *text;
	return OK;
}

static enum result keep_helo(struct claim *claim, const struct claim_text *text)
{
	claim->helo = *text;
	return OK;
}

static enum result keep_address(struct claim *claim, const struct claim_text *text)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	bool six = slice_begins_nocase(claim_slice(text), SLICE("IPV6:"));

	claim->addressed = text->length != 0;
	claim->nobody = !claim->addressed;
	if (!claim->addressed)
		return OK;
	if (inet_pton(six ? AF_INET6 : AF_INET, text->text + (six ? 5 : 0), six ? &address : (void *)&address.s6_addr[12]) != 1)
		return REFUSED;
	claim->address = address;
	return OK;
}

static enum result pass_over(struct claim *claim, const struct claim_text *text)
{
	(void)claim;
	(void)text;
	return OK;
}

static const struct attribute {
	struct slice name;
	enum result (*keep)(struct claim *claim, const struct claim_text *text);
} attributes[] = {
	{ LIT("NAME"), keep_name },   { LIT("ADDR"), keep_address }, { LIT("HELO"), keep_helo },
	{ LIT("PORT"), pass_over },   { LIT("PROTO"), pass_over },   { LIT("IDENT"), pass_over },
	{ LIT("SOURCE"), pass_over },
};

static enum result read_one(struct slice word, struct claim *claim, unsigned *seen)
{
	struct slice value = word, name = slice_cut(&value, '=');
	struct claim_text text;

	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		if (!slice_same_nocase(attributes[i].name, name))
			continue;
		if (*seen & 1u << i)
			return REFUSED;
		*seen |= 1u << i;
		TRY(decode(value, &text));
		if (is_unknown(&text))
			text = (struct claim_text){ 0 };
		return attributes[i].keep(claim, &text);
	}
	return REFUSED;
}

enum result claim_read(struct slice arguments, struct claim *claim)
{
	struct claim said = *claim;
	unsigned seen = 0;

	while (arguments.len) {
		struct slice word = slice_cut(&arguments, ' ');

		if (word.len)
			TRY(read_one(word, &said, &seen));
	}
	if (!seen)
		return REFUSED;
	said.there = true;
	*claim = said;
	return OK;
}
