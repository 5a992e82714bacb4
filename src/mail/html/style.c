/* SPDX-License-Identifier: Apache-2.0 */
/* Open marks that change how text looks stand in a stack of frames, each with all that holds inside it; how many of each
 * element are open is counted, so that an end mark without its start costs nothing. */
#include "mail/html/style.h"

#include <stdlib.h>
#include <string.h>

/* ---- colours ---- */

enum { COLOR_NAME = 24, COLOR_TEXT = 64 };

static const struct named_color { char name[COLOR_NAME]; uint32_t value; } colors[] = {
	{ "aliceblue", 0xf0f8ff }, { "antiquewhite", 0xfaebd7 }, { "aqua", 0x00ffff }, { "aquamarine", 0x7fffd4 },
	{ "azure", 0xf0ffff }, { "beige", 0xf5f5dc }, { "bisque", 0xffe4c4 }, { "black", 0x000000 },
	{ "blanchedalmond", 0xffebcd }, { "blue", 0x0000ff }, { "blueviolet", 0x8a2be2 }, { "brown", 0xa52a2a },
	{ "burlywood", 0xdeb887 }, { "cadetblue", 0x5f9ea0 }, { "chartreuse", 0x7fff00 }, { "chocolate", 0xd2691e },
	{ "coral", 0xff7f50 }, { "cornflowerblue", 0x6495ed }, { "cornsilk", 0xfff8dc }, { "crimson", 0xdc143c },
	{ "cyan", 0x00ffff }, { "darkblue", 0x00008b }, { "darkcyan", 0x008b8b }, { "darkgoldenrod", 0xb8860b },
	{ "darkgray", 0xa9a9a9 }, { "darkgreen", 0x006400 }, { "darkgrey", 0xa9a9a9 }, { "darkkhaki", 0xbdb76b },
	{ "darkmagenta", 0x8b008b }, { "darkolivegreen", 0x556b2f }, { "darkorange", 0xff8c00 },
	{ "darkorchid", 0x9932cc }, { "darkred", 0x8b0000 }, { "darksalmon", 0xe9967a }, { "darkseagreen", 0x8fbc8f },
	{ "darkslateblue", 0x483d8b }, { "darkslategray", 0x2f4f4f }, { "darkslategrey", 0x2f4f4f },
	{ "darkturquoise", 0x00ced1 }, { "darkviolet", 0x9400d3 }, { "deeppink", 0xff1493 },
	{ "deepskyblue", 0x00bfff }, { "dimgray", 0x696969 }, { "dimgrey", 0x696969 }, { "dodgerblue", 0x1e90ff },
	{ "firebrick", 0xb22222 }, { "floralwhite", 0xfffaf0 }, { "forestgreen", 0x228b22 }, { "fuchsia", 0xff00ff },
	{ "gainsboro", 0xdcdcdc }, { "ghostwhite", 0xf8f8ff }, { "gold", 0xffd700 }, { "goldenrod", 0xdaa520 },
	{ "gray", 0x808080 }, { "green", 0x008000 }, { "greenyellow", 0xadff2f }, { "grey", 0x808080 },
	{ "honeydew", 0xf0fff0 }, { "hotpink", 0xff69b4 }, { "indianred", 0xcd5c5c }, { "indigo", 0x4b0082 },
	{ "ivory", 0xfffff0 }, { "khaki", 0xf0e68c }, { "lavender", 0xe6e6fa }, { "lavenderblush", 0xfff0f5 },
	{ "lawngreen", 0x7cfc00 }, { "lemonchiffon", 0xfffacd }, { "lightblue", 0xadd8e6 }, { "lightcoral", 0xf08080 },
	{ "lightcyan", 0xe0ffff }, { "lightgoldenrodyellow", 0xfafad2 }, { "lightgray", 0xd3d3d3 },
	{ "lightgreen", 0x90ee90 }, { "lightgrey", 0xd3d3d3 }, { "lightpink", 0xffb6c1 }, { "lightsalmon", 0xffa07a },
	{ "lightseagreen", 0x20b2aa }, { "lightskyblue", 0x87cefa }, { "lightslategray", 0x778899 },
	{ "lightslategrey", 0x778899 }, { "lightsteelblue", 0xb0c4de }, { "lightyellow", 0xffffe0 },
	{ "lime", 0x00ff00 }, { "limegreen", 0x32cd32 }, { "linen", 0xfaf0e6 }, { "magenta", 0xff00ff },
	{ "maroon", 0x800000 }, { "mediumaquamarine", 0x66cdaa }, { "mediumblue", 0x0000cd },
	{ "mediumorchid", 0xba55d3 }, { "mediumpurple", 0x9370db }, { "mediumseagreen", 0x3cb371 },
	{ "mediumslateblue", 0x7b68ee }, { "mediumspringgreen", 0x00fa9a }, { "mediumturquoise", 0x48d1cc },
	{ "mediumvioletred", 0xc71585 }, { "midnightblue", 0x191970 }, { "mintcream", 0xf5fffa },
	{ "mistyrose", 0xffe4e1 }, { "moccasin", 0xffe4b5 }, { "navajowhite", 0xffdead }, { "navy", 0x000080 },
	{ "oldlace", 0xfdf5e6 }, { "olive", 0x808000 }, { "olivedrab", 0x6b8e23 }, { "orange", 0xffa500 },
	{ "orangered", 0xff4500 }, { "orchid", 0xda70d6 }, { "palegoldenrod", 0xeee8aa }, { "palegreen", 0x98fb98 },
	{ "paleturquoise", 0xafeeee }, { "palevioletred", 0xdb7093 }, { "papayawhip", 0xffefd5 },
	{ "peachpuff", 0xffdab9 }, { "peru", 0xcd853f }, { "pink", 0xffc0cb }, { "plum", 0xdda0dd },
	{ "powderblue", 0xb0e0e6 }, { "purple", 0x800080 }, { "red", 0xff0000 }, { "rosybrown", 0xbc8f8f },
	{ "royalblue", 0x4169e1 }, { "saddlebrown", 0x8b4513 }, { "salmon", 0xfa8072 }, { "sandybrown", 0xf4a460 },
	{ "seagreen", 0x2e8b57 }, { "seashell", 0xfff5ee }, { "sienna", 0xa0522d }, { "silver", 0xc0c0c0 },
	{ "skyblue", 0x87ceeb }, { "slateblue", 0x6a5acd }, { "slategray", 0x708090 }, { "slategrey", 0x708090 },
	{ "snow", 0xfffafa }, { "springgreen", 0x00ff7f }, { "steelblue", 0x4682b4 }, { "tan", 0xd2b48c },
	{ "teal", 0x008080 }, { "thistle", 0xd8bfd8 }, { "tomato", 0xff6347 }, { "turquoise", 0x40e0d0 },
	{ "violet", 0xee82ee }, { "wheat", 0xf5deb3 }, { "white", 0xffffff }, { "whitesmoke", 0xf5f5f5 },
	{ "yellow", 0xffff00 }, { "yellowgreen", 0x9acd32 },
};

static int by_name(const void *key, const void *row)
{
	const struct slice *name = key;
	const struct named_color *color = row;

	return slice_order(*name, slice_of(color->name));
}

static const struct html_color no_color = { .is = COLOR_INVALID };

static struct html_color color_of(uint32_t value)
{
	return (struct html_color){ .is = COLOR_KNOWN, .value = value };
}

static struct slice trim(struct slice text)
{
	while (text.len && html_is_space(text.at[0]))
		text = slice_drop(text, 1);
	while (text.len && html_is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

static int hex_digit(char byte)
{
	if (byte_is_digit(byte))
		return byte - '0';
	byte = byte_lower(byte);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Behind "#": six digits; of more, the first six; of four or five, the first three; three are doubled. */
static struct html_color read_hex(struct slice text)
{
	unsigned digits[6] = { 0 }, count = 0;
	uint32_t value = 0;

	for (size_t i = 0; i < text.len && count < 6; i++)
		if (hex_digit(text.at[i]) >= 0)
			digits[count++] = (unsigned)hex_digit(text.at[i]);
	if (count == 0)
		return (struct html_color){ .is = COLOR_EMPTY };
	for (unsigned i = 0; i < 6; i++)
		value = value << 4 | digits[count == 6 ? i : i / 2];
	return color_of(value);
}

/* "rgb(1, 2, 3)", or "%" behind each. */
static bool read_rgb(struct slice text, struct html_color *ret_color)
{
	const char *from = memmem(text.at, text.len, "rgb(", 4);
	uint32_t value = 0;
	bool percent = false;

	if (from == NULL)
		return false;
	text = slice_drop(text, (size_t)(from - text.at) + 4);
	for (int i = 0; i < 3; i++) {
		uint32_t number = 0;
		size_t digits = 0;

		for (; digits < text.len && byte_is_digit(text.at[digits]); digits++)
			number = number < 10000 ? number * 10 + (uint32_t)(text.at[digits] - '0') : number;
		text = slice_drop(text, digits);
		percent = text.len && text.at[0] == '%';
		text = slice_drop(text, percent);
		number = percent ? number * 255 / 100 : number;
		value = value << 8 | (number > 255 ? 255 : number);
		if (digits == 0 || (i < 2 && (text.len == 0 || text.at[0] != ',')))
			return false;
		text = trim(slice_drop(text, i < 2));
	}
	*ret_color = color_of(value);
	return text.len && text.at[0] == ')';
}

struct html_color html_color_of(struct slice text)
{
	char room[COLOR_TEXT];
	const struct named_color *found;
	struct html_color color;
	struct slice name;

	text = trim(text);
	if (text.len == 0 || text.len > sizeof(room))
		return no_color;
	for (size_t i = 0; i < text.len; i++)
		room[i] = byte_lower(text.at[i]);
	name = (struct slice){ room, text.len };
	found = bsearch(&name, colors, COUNT_OF(colors), sizeof(*colors), by_name);
	if (found)
		return color_of(found->value);
	if (read_rgb(name, &color))
		return color;
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] != '#' && hex_digit(name.at[i]) < 0)
			return no_color;
	return name.at[0] == '#' ? read_hex(slice_drop(name, 1)) : no_color;
}

/* In a style, whatever stands around its numbers is passed over. */
static struct html_color loose_rgb(struct slice text)
{
	uint32_t value = 0, number = 0;
	int count = 0;

	for (size_t i = 0; i <= text.len && count < 3; i++) {
		if (i == text.len || text.at[i] == ',') {
			value = value << 8 | (number > 255 ? 255 : number);
			number = 0;
			count++;
		} else if (byte_is_digit(text.at[i]) && number < 10000) {
			number = number * 10 + (uint32_t)(text.at[i] - '0');
		}
	}
	for (; count < 3; count++)
		value <<= 8;
	return color_of(value);
}

/* ---- the stack ---- */

void html_styles_begin(struct html_styles *styles)
{
	*styles = (struct html_styles){ .base = 3, .least = 3, .most = 3 };
	styles->frames[0] = (struct html_frame){ .front = color_of(0), .back = color_of(0xffffff), .size = 3 };
	styles->depth = 1;
}

static void pop(struct html_styles *styles)
{
	styles->depth--;
	styles->open[styles->frames[styles->depth].element]--;
}

static bool is_any(enum html_styled element, unsigned set)
{
	return set & 1u << element;
}

/* A cell ends the one before it, a row the cells and the row. */
static void close_cells(struct html_styles *styles, enum html_styled element)
{
	unsigned set = 1u << STYLED_font | 1u << STYLED_td | (element == STYLED_tr ? 1u << STYLED_tr : 0);

	if (styles->open[element] == 0)
		return;
	while (styles->depth > 1 && is_any(styles->frames[styles->depth - 1].element, set))
		pop(styles);
}

void html_styles_close(struct html_styles *styles, enum html_styled element)
{
	enum html_styled is = STYLED_none;

	if (element == STYLED_body || styles->open[element] == 0)
		return;
	while (styles->depth > 1 && is != element) {
		is = styles->frames[styles->depth - 1].element;
		pop(styles);
	}
}

static int number_of(struct slice text)
{
	int number = 0;

	for (size_t i = 0; i < text.len && byte_is_digit(text.at[i]); i++)
		number = number < 100000 ? number * 10 + (text.at[i] - '0') : number;
	return number;
}

static void see_size(struct html_styles *styles, struct html_frame *frame, struct slice value)
{
	bool sign;

	value = trim(value);
	sign = value.len > 1 && (value.at[0] == '+' || value.at[0] == '-');
	if (value.len <= sign || !byte_is_digit(value.at[sign]))
		return;
	frame->size = number_of(slice_drop(value, sign));
	if (sign)
		frame->size = styles->base + (value.at[0] == '-' ? -frame->size : frame->size);
	styles->most = frame->size > styles->most ? frame->size : styles->most;
	styles->least = frame->size < styles->least ? frame->size : styles->least;
}

static void see_background(struct html_frame *frame, struct slice value)
{
	struct html_color found = no_color, last = no_color;
	unsigned brackets = 0;
	size_t from = 0;

	for (size_t i = 0; i <= value.len; i++) {
		char byte = i < value.len ? value.at[i] : ',';

		if (brackets == 0 && (byte == ' ' || byte == ',')) {
			if (found.is == COLOR_INVALID)
				found = html_color_of((struct slice){ value.at + from, i - from });
			from = i + 1;
			if (byte == ',') {
				last = found;
				found = no_color;
			}
		}
		if (byte == '(')
			brackets = 1;
		if (byte == ')')
			brackets = 0;
	}
	if (last.is != COLOR_INVALID)
		frame->back = last;
}

static void see_color(struct html_color *color, struct slice value)
{
	static const struct slice important = LIT("important");

	if (slice_ends_nocase(value, important)) {
		struct slice rest = trim((struct slice){ value.at, value.len - important.len });
		if (rest.len && rest.at[rest.len - 1] == '!')
			value = trim((struct slice){ rest.at, rest.len - 1 });
	}
	if (memmem(value.at, value.len, "rgb", 3) || memmem(value.at, value.len, "RGB", 3))
		*color = loose_rgb(value);
	else if (slice_same_nocase(value, SLICE("transparent")))
		color->is = COLOR_TRANSPARENT;
	else if (!slice_same_nocase(value, SLICE("inherit")))
		*color = html_color_of(value);
}

static void see_property(struct html_frame *frame, struct slice name, struct slice value)
{
	if (value.len == 0 || slice_has(value, '\n'))
		return;
	if (slice_same_nocase(name, SLICE("color")))
		see_color(&frame->front, value);
	else if (slice_same_nocase(name, SLICE("background-color")))
		see_color(&frame->back, value);
	else if (slice_same(name, SLICE("background")))
		see_background(frame, value);
	else if (slice_same(name, SLICE("display")))
		frame->not_displayed = slice_same_nocase(value, SLICE("none"));
	else if (slice_same(name, SLICE("visibility")))
		frame->not_visible = slice_same_nocase(value, SLICE("hidden"));
}

static void see_style(const struct html_frame *parent, struct html_frame *frame, struct slice style)
{
	while (style.len) {
		struct slice value = slice_cut(&style, ';'), name = slice_cut(&value, ':');

		see_property(frame, trim(name), trim(value));
	}
	if (frame->back.is == COLOR_TRANSPARENT)
		frame->back = parent->back;
	if (frame->front.is == COLOR_TRANSPARENT)
		frame->front = frame->back;
}

enum { TAKES_STYLE = 1, TAKES_COLOR = 2, TAKES_SIZE = 4, TAKES_TEXT = 8 };
static const unsigned takes[STYLED_elements] = {
	[STYLED_basefont] = TAKES_COLOR | TAKES_SIZE, [STYLED_body] = TAKES_TEXT, [STYLED_font] = TAKES_COLOR | TAKES_SIZE,
	[STYLED_table] = TAKES_STYLE, [STYLED_td] = TAKES_STYLE, [STYLED_tr] = TAKES_STYLE, [STYLED_span] = TAKES_STYLE,
	[STYLED_p] = TAKES_STYLE, [STYLED_div] = TAKES_STYLE, [STYLED_a] = TAKES_STYLE,
};

static void see_attributes(struct html_styles *styles, struct html_frame *frame, const struct html_token *token)
{
	unsigned what = takes[frame->element];
	const struct slice *value;

	if (what & TAKES_STYLE && (value = html_attribute(token, SLICE("style"))) != NULL)
		see_style(&styles->frames[styles->depth - 1], frame, *value);
	if (what & TAKES_COLOR && (value = html_attribute(token, SLICE("color"))) != NULL)
		frame->front = html_color_of(*value);
	if (what & TAKES_TEXT && (value = html_attribute(token, SLICE("text"))) != NULL)
		frame->front = html_color_of(*value);
	if (what & TAKES_SIZE && (value = html_attribute(token, SLICE("size"))) != NULL)
		see_size(styles, frame, *value);
}

void html_styles_open(struct html_styles *styles, enum html_styled element, const struct html_token *token)
{
	const struct slice *size = html_attribute(token, SLICE("size"));
	struct slice base = size ? trim(*size) : SLICE("");
	struct html_frame frame;

	if (element == STYLED_basefont && base.len && byte_is_digit(base.at[0])) {
		styles->base = number_of(base);
		return;
	}
	if (element == STYLED_td || element == STYLED_tr)
		close_cells(styles, element);
	if (styles->depth == HTML_DEPTH_MOST) {
		styles->over = true;
		return;
	}
	frame = styles->frames[styles->depth - 1];
	frame.element = element;
	if (element == STYLED_big)
		frame.size++;
	else if (element == STYLED_small)
		frame.size--;
	else
		see_attributes(styles, &frame, token);
	styles->frames[styles->depth++] = frame;
	styles->open[element]++;
}

/* ---- what is seen ---- */

enum { NEAR = 12 };      /* weighted distance of two colours that are taken for one */

static double apart(uint32_t a, uint32_t b, unsigned shift, double weight)
{
	double difference = (double)(a >> shift & 255) - (double)(b >> shift & 255);

	return difference * weight * difference * weight;
}

static bool is_same(const struct html_frame *frame)
{
	uint32_t a = frame->front.value, b = frame->back.value;

	if (frame->front.is != frame->back.is)
		return false;
	if (frame->front.is != COLOR_KNOWN)
		return true;
	return apart(a, b, 16, 0.2126) + apart(a, b, 8, 0.7152) + apart(a, b, 0, 0.0722) < NEAR * NEAR;
}

bool html_styles_hide(struct html_styles *styles)
{
	const struct html_frame *frame = &styles->frames[styles->depth - 1];

	if (is_same(frame)) {
		styles->low_contrast = true;
		return true;
	}
	if (frame->front.is == COLOR_INVALID || frame->back.is == COLOR_INVALID) {
		styles->invalid_color = true;
		return true;
	}
	return frame->size <= 1 || frame->not_displayed || frame->not_visible;
}
