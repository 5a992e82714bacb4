/* SPDX-License-Identifier: Apache-2.0 */
/* The delimiter is the byte in front, or the closing partner of a bracket; the expression ends at its last one. */
#include "mail/rules/reading.h"

static char partner_of(char open)
{
	static const char pairs[][2] = { { '{', '}' }, { '(', ')' }, { '<', '>' }, { '[', ']' } };

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (pairs[i][0] == open)
			return pairs[i][1];
	return open;
}

static bool holds_code(struct slice pattern)
{
	for (struct slice rest = pattern; rest.len; rest = slice_drop(rest, 1))
		if (slice_begins(rest, SLICE("(?{")) || slice_begins(rest, SLICE("(??{")))
			return true;
	return false;
}

static bool holds_bare(struct slice pattern, char delimiter)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.at[i] == '\\')
			i++;
		else if (pattern.at[i] == delimiter)
			return true;
	}
	return false;
}

static const char *fault_of(struct slice pattern, struct slice flags, char open)
{
	for (size_t i = 0; i < flags.len; i++)
		if (!strchr("imsxapnu", flags.at[i]) || flags.at[i] == '\0')
			return "behind the expression there may be i, m, s, x, a, p, n and u";
	if (partner_of(open) == open && holds_bare(pattern, open))
		return "its delimiter stands within the expression: put a backslash before it";
	if (holds_code(pattern))
		return "an expression may not hold code";
	return NULL;
}

enum result regex_cut(struct slice text, struct slice *ret_pattern, struct slice *ret_flags, const char **ret_fault)
{
	struct slice rest = rules_trim(text), flags;
	size_t end;
	char open;

	if (slice_begins(rest, SLICE("qr")) && rest.len > 2 && !rules_is_word(rest.at[2]))
		rest = slice_drop(rest, 2);
	else if (slice_begins(rest, SLICE("m")) && rest.len > 1 && !rules_is_word(rest.at[1]))
		rest = slice_drop(rest, 1);
	*ret_fault = "an expression such as /this/i was expected";
	if (rest.len < 2 || rules_is_word(rest.at[0]) || rest.at[0] == '\\' || rules_is_space(rest.at[0]))
		return REFUSED;
	open = rest.at[0];
	for (end = rest.len; end > 1 && rest.at[end - 1] != partner_of(open);)
		end--;
	if (end <= 1) {
		*ret_fault = "the expression does not end";
		return REFUSED;
	}
	flags = (struct slice){ rest.at + end, rest.len - end };
	rest = (struct slice){ rest.at + 1, end - 2 };
	*ret_fault = fault_of(rest, flags, open);
	if (*ret_fault)
		return REFUSED;
	*ret_pattern = rest;
	*ret_flags = flags;
	return OK;
}
