/* SPDX-License-Identifier: Apache-2.0 */
/* The whole values first, in order; then sections put together by number, and as they stand where that differs. */
#include "mail/message/parameters.h"

#include "mail/message/fields.h"
#include "mail/message/header_text.h"
#include "mail/message/names.h"

#include <string.h>

void readings_add(struct readings *readings, struct slice value)
{
	for (size_t i = 0; i < readings->count; i++)
		if (slice_same(readings->list[i], value))
			return;
	if (value.len == 0)
		return;
	if (readings->count == READINGS_MOST)
		readings->more = true;
	else
		readings->list[readings->count++] = value;
}

/* The value as written is another one. */
enum { ODDITIES = PARAMETER_COMMENT | PARAMETER_JUNK | PARAMETER_QUOTES | PARAMETER_BLANKS };

struct assembly {
	const struct message_reader *reader;
	const struct parameters *parameters;
	struct slice name;
	struct readings *readings;
	unsigned *faults;
};

static bool is_ours(const struct assembly *assembly, const struct parameter *parameter)
{
	return slice_same_nocase(parameter->name, assembly->name);
}

static int hex_value(char c)
{
	if (byte_is_digit(c))
		return c - '0';
	c = byte_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%41b" → "Ab"; what is no escape stands as it is, and is a fault. */
static size_t unescape(struct slice text, char *out, unsigned *faults)
{
	size_t length = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool sign = text.at[i] == '%' && text.len - i > 2;
		int high = sign ? hex_value(text.at[i + 1]) : -1, low = sign ? hex_value(text.at[i + 2]) : -1;

		if (text.at[i] == '%' && (high < 0 || low < 0))
			*faults |= PARAMETER_CHARSET;
		out[length++] = high >= 0 && low >= 0 ? (char)(high << 4 | low) : text.at[i];
		i += high >= 0 && low >= 0 ? 2 : 0;
	}
	return length;
}

/* "utf-8'de'text": the set, cut off with the language. Without the two quotes there is none. */
static struct slice cut_charset(struct slice *text)
{
	struct slice rest = *text, charset = slice_cut(&rest, '\'');

	if (charset.len == text->len || charset.len > 64 || !slice_has(rest, '\''))
		return SLICE("");
	(void)slice_cut(&rest, '\'');
	*text = rest.at ? rest : SLICE("");
	return charset;
}

static enum result add_decoded(struct assembly *assembly, struct slice charset, struct slice bytes)
{
	unsigned faults = 0;
	struct slice text;

	TRY(charset_to_utf8(assembly->reader->charsets, charset, bytes, assembly->reader->arena, &text, &faults));
	if (faults)
		*assembly->faults |= PARAMETER_CHARSET;
	readings_add(assembly->readings, text);
	return OK;
}

/* As it was written, without what readers leave out there: quotes, backslashes, blanks at its ends, and line ends with the blanks
 * behind them. */
static enum result as_written(struct assembly *assembly, const struct parameter *parameter, struct slice *ret_text)
{
	struct slice raw = parameter->raw;
	char *room = arena_take(assembly->reader->arena, raw.len + 1);
	size_t length = 0;

	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < raw.len; i++) {
		bool folds = raw.at[i] == '\r' || raw.at[i] == '\n';

		if (!folds && raw.at[i] != '"' && raw.at[i] != '\\')
			room[length++] = raw.at[i];
		while (folds && i + 1 < raw.len && field_is_space(raw.at[i + 1]))
			i++;
	}
	*ret_text = field_trim((struct slice){ room, length });
	return OK;
}

static bool is_folded(const struct parameter *parameter)
{
	return parameter->raw.len && memchr(parameter->raw.at, '\n', parameter->raw.len);
}

/* ---- whole values ---- */

static enum result add_escaped(struct assembly *assembly, struct slice text)
{
	struct slice charset = cut_charset(&text);
	char *room = arena_take(assembly->reader->arena, text.len + 1);

	if (room == NULL)
		return LATER;
	return add_decoded(assembly, charset, (struct slice){ room, unescape(text, room, assembly->faults) });
}

/* As the grammar has it; and as written, where that is something else. */
static enum result add_extended(struct assembly *assembly, const struct parameter *parameter)
{
	struct slice written;

	TRY(add_escaped(assembly, parameter->value));
	if (!(parameter->faults & ODDITIES) && !is_folded(parameter))
		return OK;
	TRY(as_written(assembly, parameter, &written));
	return add_escaped(assembly, written);
}

static enum result add_as_it_stands(struct assembly *assembly, struct slice text)
{
	if (!utf8_is_valid(text))
		return add_decoded(assembly, SLICE(""), text);
	readings_add(assembly->readings, text);
	return OK;
}

/* A folded value without the blanks that its lines begin with. */
static enum result add_unfolded(struct assembly *assembly, const struct parameter *parameter)
{
	unsigned faults = 0;
	struct slice written, text;

	TRY(as_written(assembly, parameter, &written));
	TRY(header_text(assembly->reader, written, &text, &faults));
	readings_add(assembly->readings, text);
	return OK;
}

/* As the grammar has it, and as written, each with its encoded words decoded and as they stand. */
static enum result add_plain(struct assembly *assembly, const struct parameter *parameter)
{
	const struct slice both[] = { parameter->value, parameter->raw };

	for (size_t i = 0; i < COUNT_OF(both); i++) {
		unsigned faults = 0;
		struct slice text;

		if (i == 1 && !(parameter->faults & ODDITIES))
			break;
		TRY(header_text(assembly->reader, both[i], &text, &faults));
		readings_add(assembly->readings, text);
		if (faults & TEXT_ENCODED && faults & (TEXT_BROKEN | TEXT_CHARSET))
			TRY(add_as_it_stands(assembly, both[i]));
		if (faults & (TEXT_ORDER | TEXT_BROKEN | TEXT_CHARSET) || name_is_overlong(both[i]))
			*assembly->faults |= PARAMETER_CHARSET;
	}
	return is_folded(parameter) ? add_unfolded(assembly, parameter) : OK;
}

static enum result add_wholes(struct assembly *assembly, bool extended)
{
	size_t before = assembly->readings->count;
	bool seen = false;

	for (size_t i = 0; i < assembly->parameters->count; i++) {
		const struct parameter *parameter = &assembly->parameters->list[i];

		if (!is_ours(assembly, parameter) || parameter->section >= 0 || parameter->extended != extended)
			continue;
		*assembly->faults |= parameter->faults;
		before = seen ? before : assembly->readings->count;
		TRY(extended ? add_extended(assembly, parameter) : add_plain(assembly, parameter));
		if (seen && assembly->readings->count > before + 1)
			*assembly->faults |= PARAMETER_TWICE;
		seen = true;
	}
	return OK;
}

/* ---- sections ---- */

static size_t count_sections(struct assembly *assembly, const struct parameter **list)
{
	size_t count = 0;
	int last = -1;

	for (size_t i = 0; i < assembly->parameters->count; i++) {
		const struct parameter *parameter = &assembly->parameters->list[i];

		if (!is_ours(assembly, parameter) || parameter->section < 0)
			continue;
		*assembly->faults |= parameter->faults;
		if (parameter->section < last)
			*assembly->faults |= PARAMETER_ORDER;
		last = parameter->section;
		list[count++] = parameter;
	}
	return count;
}

/* "utf-8''" in front of a later section, where some writers repeat it, and with one quote, too. */
static struct slice without_charset(struct slice text, struct slice charset)
{
	struct slice rest = text;

	if (charset.len == 0 || !slice_same_nocase(slice_cut(&rest, '\''), charset) || rest.at == NULL)
		return text;
	return slice_begins(rest, SLICE("'")) ? slice_drop(rest, 1) : rest;
}

/* Values by the grammar; those that begin with the character set again without it; as they are written; put together first,
 * and decoded then. */
enum form { FORM_VALUE, FORM_AGAIN, FORM_WRITTEN, FORM_TOGETHER };

static enum result add_joined(struct assembly *assembly, const struct parameter *const *list, size_t count, enum form form)
{
	size_t size = 1, length = 0;
	struct slice charset = SLICE("");
	char *room;

	for (size_t i = 0; i < count; i++)
		size += form == FORM_WRITTEN ? list[i]->raw.len : list[i]->value.len;
	room = arena_take(assembly->reader->arena, size);
	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++) {
		struct slice text = list[i]->value;

		if (form == FORM_WRITTEN)
			TRY(as_written(assembly, list[i], &text));
		if (i == 0 && list[i]->extended && form != FORM_TOGETHER)
			charset = cut_charset(&text);
		else if (form == FORM_AGAIN && list[i]->extended)
			text = without_charset(text, charset);
		if (list[i]->extended && form != FORM_TOGETHER)
			length += unescape(text, room + length, assembly->faults);
		else if (text.len)
			length += (size_t)((char *)mempcpy(room + length, text.at, text.len) - (room + length));
	}
	if (form == FORM_TOGETHER)
		return add_escaped(assembly, (struct slice){ room, length });
	return add_decoded(assembly, charset, (struct slice){ room, length });
}

/* By insertion: there are at most as many as the limit on parameters. */
static void sort_sections(const struct parameter **list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct parameter *moved = list[i];
		size_t to = i;

		for (; to > 0 && list[to - 1]->section > moved->section; to--)
			list[to] = list[to - 1];
		list[to] = moved;
	}
}

static enum result add_sections(struct assembly *assembly)
{
	size_t count, most = assembly->parameters->count;
	const struct parameter **list = arena_array(assembly->reader->arena, const struct parameter *, most + 1);
	bool odd = false, extended = false;

	if (list == NULL)
		return LATER;
	count = count_sections(assembly, list);
	if (count == 0)
		return OK;
	if (*assembly->faults & PARAMETER_ORDER)
		TRY(add_joined(assembly, list, count, FORM_VALUE));
	sort_sections(list, count);
	for (size_t i = 0; i < count; i++) {
		if (list[i]->section != (int)i)
			*assembly->faults |= PARAMETER_GAP;
		odd = odd || list[i]->faults & ODDITIES || is_folded(list[i]) || field_trim(list[i]->value).len < list[i]->value.len;
		extended = extended || list[i]->extended;
	}
	TRY(add_joined(assembly, list, count, FORM_VALUE));
	TRY(add_joined(assembly, list, count, FORM_AGAIN));
	if (odd)
		TRY(add_joined(assembly, list, count, FORM_WRITTEN));
	return extended ? add_joined(assembly, list, count, FORM_TOGETHER) : OK;
}

enum result parameters_readings(const struct message_reader *reader, const struct parameters *parameters, struct slice name,
                                struct readings *readings, unsigned *faults)
{
	struct assembly assembly = { reader, parameters, name, readings, faults };
	size_t begin = readings->count, forms = 0, before;

	before = readings->count;
	TRY(add_wholes(&assembly, false));
	forms += readings->count > before;
	before = readings->count;
	TRY(add_wholes(&assembly, true));
	forms += readings->count > before;
	before = readings->count;
	TRY(add_sections(&assembly));
	forms += readings->count > before;
	if (forms > 1 && readings->count > begin + 1)
		*faults |= PARAMETER_FORMS;
	return OK;
}

/* Faults of a reading that nobody should make are none of the message's. */
enum result parameters_again(const struct message_reader *reader, struct slice value, struct readings *readings)
{
	unsigned faults = 0;
	struct assembly assembly = { reader, NULL, SLICE(""), readings, &faults };
	struct parameter parameter = { .value = value };
	struct slice text;

	TRY(header_text(reader, value, &text, &faults));
	readings_add(readings, text);
	return slice_has(value, '%') || slice_has(value, '\'') ? add_extended(&assembly, &parameter) : OK;
}
