/* SPDX-License-Identifier: Apache-2.0 */
/* Each letter is a row: what a character must be, and how many of them there may be. */
#include "mail/rules/shape_kinds.h"

#include "mail/rules/reading.h"

#include <limits.h>

#define ANY UINT_MAX

static bool is_any(char c)
{
	return c != '\n';
}

static bool is_word(char c)
{
	return !rules_is_space(c);
}

static bool is_no_close(char c)
{
	return c != ')';
}

static bool is_no_bracket(char c)
{
	return c != ' ' && c != '(' && c != ')';
}

static bool is_no_at(char c)
{
	return c != ' ' && c != '@';
}

static bool is_no_dot(char c)
{
	return c != '.';
}

static bool is_identifier(char c)
{
	return !slice_has(SLICE(" <>;"), c);
}

static bool is_helo(char c)
{
	return byte_is_letter(c) || byte_is_digit(c) || slice_has(SLICE("-.^+_&:=?!@%*$\\/"), c);
}

static bool is_zone(char c)
{
	return (c >= 'A' && c <= 'Z') || byte_is_digit(c) || slice_has(SLICE("._~-"), c);
}

static bool is_point(char c)
{
	return c == '.' || c == ':';
}

bool shape_is_odd(char c)
{
	return !byte_is_letter(c) && !byte_is_digit(c) && c != '-' && c != '.';
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_small_or_digit(char c)
{
	return is_small(c) || byte_is_digit(c);
}

static bool is_to_six(char c)
{
	return c >= '0' && c <= '6';
}

bool shape_is_gap(char c)
{
	return c == ' ' || c == ';';
}

static const struct shape_kind kinds[] = {
	{ 'h', is_word, 1, ANY, false, FIELD_HELO },
	{ 'H', is_word, 0, ANY, false, FIELD_HELO },
	{ 'r', is_word, 1, ANY, false, FIELD_RDNS },
	{ 'R', is_word, 0, ANY, false, FIELD_RDNS },
	{ 'b', is_word, 1, ANY, false, FIELD_BY },
	{ 'd', is_word, 1, ANY, false, FIELD_IDENT },
	{ 'D', is_word, 0, ANY, false, FIELD_IDENT },
	{ 'n', is_word, 1, ANY, true, FIELD_ID },
	{ 'w', is_word, 1, ANY, false, FIELD_NONE },
	{ 'W', is_word, 0, ANY, false, FIELD_NONE },
	{ 'k', is_no_bracket, 0, ANY, false, FIELD_HELO },
	{ '*', is_any, 0, ANY, false, FIELD_NONE },
	{ '?', is_any, 0, ANY, true, FIELD_NONE },
	{ '+', is_any, 1, ANY, false, FIELD_NONE },
	{ 'Z', is_any, 0, 1, false, FIELD_NONE },
	{ 's', is_any, 0, ANY, true, FIELD_COMMENT },
	{ 'p', is_no_close, 1, ANY, false, FIELD_NONE },
	{ 'P', is_no_close, 0, ANY, false, FIELD_NONE },
	{ 'm', is_no_close, 0, 40, false, FIELD_NONE },
	{ 'q', is_any, 0, 100, false, FIELD_NONE },
	{ '~', is_any, 10, 80, false, FIELD_NONE },
	{ '#', byte_is_digit, 1, ANY, false, FIELD_NONE },
	{ 'u', is_no_at, 1, ANY, false, FIELD_NONE },
	{ 'v', is_no_dot, 1, ANY, false, FIELD_NONE },
	{ 'c', is_identifier, 3, ANY, false, FIELD_ID },
	{ 'y', is_helo, 1, ANY, false, FIELD_HELO },
	{ 'g', is_zone, 0, ANY, false, FIELD_NONE },
	{ 'A', byte_is_letter, 1, 1, false, FIELD_NONE },
	{ 'x', is_point, 1, 1, false, FIELD_NONE },
	{ 'j', shape_is_odd, 1, 1, false, FIELD_NONE },
	{ ';', shape_is_gap, 1, ANY, false, FIELD_NONE },
	{ 't', is_any, 3, 20, false, FIELD_NONE },
	{ 'z', rules_is_word, 1, ANY, false, FIELD_NONE },
	{ 'l', is_small, 1, 1, false, FIELD_NONE },
	{ 'G', is_small_or_digit, 1, 4, false, FIELD_NONE },
	{ 'K', byte_is_digit, 2, 9, false, FIELD_NONE },
	{ '1', byte_is_digit, 1, 1, false, FIELD_NONE },
	{ '2', byte_is_digit, 1, 2, false, FIELD_NONE },
	{ '3', byte_is_digit, 1, 3, false, FIELD_NONE },
	{ 'S', is_to_six, 1, 1, false, FIELD_NONE },
};

const struct shape_kind *shape_kind_of(char letter)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].letter == letter)
			return &kinds[i];
	return NULL;
}
