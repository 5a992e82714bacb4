/* SPDX-License-Identifier: Apache-2.0 */
/* Sign, whole part, decimals, unit, each cut off the front. */
#include "mail/policy/number.h"

enum { DECIMALS = 3, THOUSAND = 1000 };

#define NUMBER_MOST (UINT64_C(4) * 1000 * 1000 * 1000 * 1000 * 1000)

static const struct { char letter; unsigned shift; } units[] = { { 'k', 10 }, { 'm', 20 }, { 'g', 30 } };

static unsigned cut_unit(struct slice *text)
{
	char last = text->len ? byte_lower(text->at[text->len - 1]) : '\0';

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (units[i].letter != last)
			continue;
		text->len--;
		return units[i].shift;
	}
	return 0;
}

static enum result read_decimals(struct slice text, uint64_t *ret_thousandths)
{
	uint64_t value = 0, factor = THOUSAND;

	if (text.len == 0 || text.len > DECIMALS)
		return REFUSED;
	for (size_t i = 0; i < text.len; i++) {
		if (!byte_is_digit(text.at[i]))
			return REFUSED;
		factor /= 10;
		value += (uint64_t)(text.at[i] - '0') * factor;
	}
	*ret_thousandths = value;
	return OK;
}

enum result number_read(struct slice text, int64_t *ret_thousandths)
{
	bool negative = text.len && text.at[0] == '-';
	struct slice rest = negative ? slice_drop(text, 1) : text, whole;
	unsigned shift = cut_unit(&rest);
	uint64_t value, decimals = 0;
	bool dotted = slice_has(rest, '.');

	whole = slice_cut(&rest, '.');
	TRY(slice_number(whole, NUMBER_MOST / THOUSAND >> shift, &value));
	if (dotted)
		TRY(read_decimals(rest, &decimals));
	value = (value * THOUSAND + decimals) << shift;
	if (value > NUMBER_MOST)
		return REFUSED;
	*ret_thousandths = negative ? -(int64_t)value : (int64_t)value;
	return OK;
}
