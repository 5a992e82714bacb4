/* SPDX-License-Identifier: Apache-2.0 */
/* A style is its declarations, one after the other; of two about the same, the last holds, or the important one. What
 * hides is a table: a name, and what its value must be. */
#include "mail/spam/maker.h"

enum { NAME_MOST = 24, VALUE_MOST = 32, ESCAPE_MOST = 6 };

/* As it is meant: small letters, without blanks, comments and escapes. What is longer than the room says nothing here. */
struct declaration {
	char name[NAME_MOST], value[VALUE_MOST];
	size_t name_length, value_length;
	bool important;
};

/* ---- reading ---- */

static void skip_comment(struct slice *rest)
{
	const char *end = memmem(rest->at, rest->len, "*/", 2);

	*rest = end ? slice_drop(*rest, (size_t)(end + 2 - rest->at)) : (struct slice){ 0 };
}

static bool hex_digit(char byte, uint32_t *number)
{
	char small = byte_lower(byte);

	if (byte_is_digit(byte))
		*number = *number << 4 | (uint32_t)(byte - '0');
	else if (small >= 'a' && small <= 'f')
		*number = *number << 4 | (uint32_t)(small - 'a' + 10);
	else
		return false;
	return true;
}

/* "\64 isplay" and "d\isplay" are "display". */
static char take_escape(struct slice *rest)
{
	uint32_t number = 0;
	size_t digits = 0;

	while (digits < ESCAPE_MOST && digits < rest->len && hex_digit(rest->at[digits], &number))
		digits++;
	if (digits == 0)
		return *slice_take(rest, 1).at;
	*rest = slice_drop(*rest, digits);
	if (rest->len && (unsigned char)*rest->at <= ' ')
		*rest = slice_drop(*rest, 1);
	return number > ' ' && number < 0x7f ? (char)number : '?';
}

struct style_reader { struct slice rest; char quote; unsigned nested; };

/* The next byte that counts: 0 where the declaration ends. */
static char next_byte(struct style_reader *reader)
{
	while (reader->rest.len) {
		char byte;

		if (reader->quote == 0 && slice_begins(reader->rest, SLICE("/*"))) {
			skip_comment(&reader->rest);
			continue;
		}
		byte = *slice_take(&reader->rest, 1).at;
		if (byte == '\\' && reader->rest.len)
			return byte_lower(take_escape(&reader->rest));
		if (reader->quote) {
			reader->quote = byte == reader->quote ? 0 : reader->quote;
			return '"';
		}
		if (byte == ';' && reader->nested == 0)
			return 0;
		if (byte == '"' || byte == '\'')
			reader->quote = byte;
		reader->nested += byte == '(';
		reader->nested -= byte == ')' && reader->nested;
		if ((unsigned char)byte > ' ')
			return byte_lower(byte);
	}
	return 0;
}

static void keep(char *room, size_t most, size_t *length, char byte)
{
	if (*length < most)
		room[*length] = byte;
	++*length;
}

static void read_declaration(struct style_reader *reader, struct declaration *ret_declaration)
{
	struct declaration found = { .name_length = 0 };
	bool valued = false;
	char byte;

	while ((byte = next_byte(reader)) != 0) {
		if (byte == '!')
			found.important = true;
		else if (byte == ':' && !valued)
			valued = true;
		else if (valued && !found.important)
			keep(found.value, sizeof(found.value), &found.value_length, byte);
		else if (!valued)
			keep(found.name, sizeof(found.name), &found.name_length, byte);
	}
	*ret_declaration = found;
}

/* ---- lengths ---- */

static struct slice take_number(struct slice *rest, double *ret_number)
{
	double number = 0, unit = 0, sign = 1;
	struct slice before = *rest;

	if (rest->len && (*rest->at == '-' || *rest->at == '+'))
		sign = *slice_take(rest, 1).at == '-' ? -1 : 1;
	for (; rest->len && (byte_is_digit(*rest->at) || (*rest->at == '.' && unit == 0)); *rest = slice_drop(*rest, 1)) {
		if (*rest->at == '.') {
			unit = 1;
			continue;
		}
		unit /= 10;
		number = unit > 0 ? number + unit * (*rest->at - '0') : number * 10 + (*rest->at - '0');
	}
	*ret_number = sign * number;
	before.len -= rest->len;
	return before;
}

/* In points of a screen, about; false: it is no length. */
static bool read_length(struct slice value, double *ret_length)
{
	static const struct { struct slice name; double points; } units[] = {
		{ LIT("px"), 1 },  { LIT("pt"), 1.3 }, { LIT("em"), 16 },   { LIT("rem"), 16 }, { LIT("ex"), 8 },
		{ LIT("%"), 0.16 }, { LIT("in"), 96 }, { LIT("cm"), 38 },   { LIT("mm"), 3.8 }, { LIT("pc"), 16 },
	};
	double number;

	if (!slice_has(take_number(&value, &number), '0') && number > -0.001 && number < 0.001)
		return false;
	*ret_length = number;
	if (value.len == 0)
		return true;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (slice_same(value, units[i].name)) {
			*ret_length = number * units[i].points;
			return true;
		}
	return false;
}

/* ---- what hides ---- */

enum { NOT_SEEN = 1 << 0, NO_ROOM = 1 << 1, CUT = 1 << 2 };

static const double tiny = 1.4, none = 0.05, far_left = -200;

static bool is_tiny(struct slice value)
{
	double length;

	return read_length(value, &length) && length >= 0 && length < tiny;
}

static bool is_none(struct slice value)
{
	double length;

	return read_length(value, &length) && length >= 0 && length < none;
}

static bool is_far_left(struct slice value)
{
	double length;

	return read_length(value, &length) && length < far_left;
}

static const struct hider {
	struct slice name, value;                /* value: the word that it must be; empty: `is` says */
	bool (*is)(struct slice value);
	unsigned means;
} hiders[] = {
	{ LIT("display"), LIT("none"), NULL, NOT_SEEN },        { LIT("visibility"), LIT("hidden"), NULL, NOT_SEEN },
	{ LIT("visibility"), LIT("collapse"), NULL, NOT_SEEN }, { LIT("mso-hide"), LIT("all"), NULL, NOT_SEEN },
	{ LIT("font-size"), LIT(""), is_tiny, NOT_SEEN },       { LIT("opacity"), LIT(""), is_none, NOT_SEEN },
	{ LIT("text-indent"), LIT(""), is_far_left, NOT_SEEN }, { LIT("max-height"), LIT(""), is_none, NO_ROOM },
	{ LIT("height"), LIT(""), is_none, NO_ROOM },           { LIT("max-width"), LIT(""), is_none, NO_ROOM },
	{ LIT("width"), LIT(""), is_none, NO_ROOM },            { LIT("overflow"), LIT("hidden"), NULL, CUT },
};

/* One for each row of the table. */
struct verdict { bool holds, important; };

/* ---- colours ---- */

static bool read_hex(struct slice text, uint32_t *ret_number)
{
	*ret_number = 0;
	for (size_t i = 0; i < text.len; i++)
		if (!hex_digit(text.at[i], ret_number))
			return false;
	return true;
}

/* "rgb(255,255,255)", without the blanks. */
static int32_t read_rgb(struct slice text)
{
	int32_t colour = 0;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t number;

		if (slice_number(slice_cut(&text, i < 2 ? ',' : ')'), 255, &number) != OK)
			return COLOUR_UNKNOWN;
		colour = colour << 8 | (int32_t)number;
	}
	return text.len ? COLOUR_UNKNOWN : colour;
}

int32_t colour_of(struct slice text)
{
	static const struct { struct slice name; int32_t colour; } names[] = {
		{ LIT("white"), 0xffffff }, { LIT("black"), 0 }, { LIT("snow"), 0xfffafa }, { LIT("ivory"), 0xfffff0 },
	};
	uint32_t number;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_same_nocase(text, names[i].name))
			return names[i].colour;
	if (slice_begins_nocase(text, SLICE("rgb(")))
		return read_rgb(slice_drop(text, 4));
	if (slice_begins(text, SLICE("#")))
		text = slice_drop(text, 1);
	if ((text.len != 3 && text.len != 6) || !read_hex(text, &number))
		return COLOUR_UNKNOWN;
	if (text.len == 3)
		number = (number >> 8) * 0x110000 | (number >> 4 & 15) * 0x1100 | (number & 15) * 0x11;
	return (int32_t)number;
}

static bool is_one(struct slice text, const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_same(text, list[i]))
			return true;
	return false;
}

static void see_colours(struct style *style, struct slice name, struct slice value)
{
	static const struct slice papers[] = { LIT("background"), LIT("background-color"), LIT("background-image") };
	static const struct slice same[] = { LIT("transparent"), LIT("inherit"), LIT("none"), LIT("initial"), LIT("unset") };

	if (is_one(value, same, COUNT_OF(same)))
		return;
	if (is_one(name, papers, COUNT_OF(papers)))
		style->paper = colour_of(value);
	else if (slice_same(name, SLICE("color")))
		style->ink = colour_of(value);
}

/* ---- the whole ---- */

static void weigh(struct style *style, struct verdict verdicts[], const struct declaration *declaration)
{
	struct slice name = { declaration->name, declaration->name_length }, value = { declaration->value, 0 };

	if (name.len > NAME_MOST)
		return;
	/* What is too long to be kept is no word and no length that hides, and a colour that we do not know. */
	value.len = declaration->value_length > VALUE_MOST ? 0 : declaration->value_length;
	see_colours(style, name, value);
	for (size_t i = 0; i < COUNT_OF(hiders); i++) {
		const struct hider *hider = &hiders[i];

		if (!slice_same(name, hider->name) || (verdicts[i].important && !declaration->important))
			continue;
		verdicts[i].holds = hider->is ? hider->is(value) : slice_same(value, hider->value);
		verdicts[i].important = declaration->important;
	}
}

void style_read(struct slice text, struct style *style)
{
	struct style_reader reader = { .rest = text };
	struct verdict verdicts[COUNT_OF(hiders)] = { 0 };
	struct declaration declaration;
	unsigned means = 0;

	while (reader.rest.len) {
		read_declaration(&reader, &declaration);
		weigh(style, verdicts, &declaration);
	}
	for (size_t i = 0; i < COUNT_OF(hiders); i++)
		means |= verdicts[i].holds ? hiders[i].means : 0;
	style->hides = style->hides || (means & NOT_SEEN) || means == (NO_ROOM | CUT);
}
