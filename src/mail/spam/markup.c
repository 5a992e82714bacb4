/* SPDX-License-Identifier: Apache-2.0 */
/* One pass: what a mark hides lasts as long as it is open (nesting.c). Attributes that matter are a table. */
#include "mail/spam/maker.h"

enum { VALUE_MOST = 24, TAG_MOST = 16, ENTITY_MOST = 10 };

struct html {
	struct maker *maker;
	struct slice rest;
	struct slice tag;                        /* being read */
	struct style style;                      /* … as far as it was read */
	bool ends;
	char *seen, *hidden;
	size_t seen_length, hidden_length;
	struct nesting nesting;
	unsigned split, comments, numbers;       /* marks and comments within words; letters written as numbers */
};

static void tell(struct maker *maker, struct slice label, struct slice text)
{
	maker_tell(maker, FEATURE_markup, label, text);
}

/* ---- text ---- */

static void put(struct html *html, char byte)
{
	if (nesting_hides(&html->nesting))
		html->hidden[html->hidden_length++] = byte;
	else
		html->seen[html->seen_length++] = byte;
}

static void put_all(struct html *html, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		put(html, bytes.at[i]);
}

static const struct { struct slice name; struct slice text; } entities[] = {
	{ LIT("nbsp"), LIT(" ") }, { LIT("amp"), LIT("&") }, { LIT("lt"), LIT("<") }, { LIT("gt"), LIT(">") },
	{ LIT("quot"), LIT("\"") }, { LIT("apos"), LIT("'") }, { LIT("copy"), LIT("\xc2\xa9") }, { LIT("reg"), LIT("\xc2\xae") },
	{ LIT("rsquo"), LIT("'") }, { LIT("shy"), LIT("") }, { LIT("zwnj"), LIT("") }, { LIT("zwj"), LIT("") },
};

static bool read_number(struct slice text, uint32_t *ret_number)
{
	bool hex = text.len && (text.at[0] | 0x20) == 'x';
	uint32_t number = 0;

	for (size_t i = hex; i < text.len; i++) {
		char byte = byte_lower(text.at[i]);

		if (byte_is_digit(byte))
			number = number * (hex ? 16 : 10) + (uint32_t)(byte - '0');
		else if (hex && byte >= 'a' && byte <= 'f')
			number = number * 16 + (uint32_t)(byte - 'a') + 10;
		else
			return false;
		if (number > 0x10ffff)
			return false;
	}
	*ret_number = number;
	return text.len > hex && number >= ' ' && (number < 0xd800 || number > 0xdfff);
}

/* The shortest number, "&#9;", has as many bytes as the longest character. */
static bool put_entity(struct html *html, struct slice name)
{
	uint32_t number;
	char room[4];

	if (name.len && name.at[0] == '#') {
		if (!read_number(slice_drop(name, 1), &number))
			return false;
		html->numbers += number < 0x80 && byte_is_letter((char)number);
		put_all(html, (struct slice){ room, utf8_put(room, number) });
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(entities); i++)
		if (slice_same_nocase(name, entities[i].name)) {
			put_all(html, entities[i].text);
			return true;
		}
	return false;
}

static void take_entity(struct html *html)
{
	size_t length = 1;
	char byte;

	while (length < html->rest.len && length < ENTITY_MOST) {
		byte = html->rest.at[length];
		if (!byte_is_letter(byte) && !byte_is_digit(byte) && byte != '#')
			break;
		length++;
	}
	if (length > 2 && put_entity(html, (struct slice){ html->rest.at + 1, length - 1 })) {
		bool closed = length < html->rest.len && html->rest.at[length] == ';';

		html->rest = slice_drop(html->rest, length + closed);
		return;
	}
	put(html, '&');
	html->rest = slice_drop(html->rest, 1);
}

/* ---- attributes ---- */

static void see_link(struct html *html, struct slice value)
{
	link_of(html->maker, value);
}

static void see_style(struct html *html, struct slice value)
{
	style_read(value, &html->style);
}

static void see_hidden(struct html *html, struct slice value)
{
	(void)value;
	html->style.hides = true;
}

static void see_paper(struct html *html, struct slice value)
{
	html->style.paper = colour_of(value);
}

static void see_picture(struct html *html, struct slice value)
{
	html->style.paper = COLOUR_UNKNOWN;
	see_link(html, value);
}

static void see_ink(struct html *html, struct slice value)
{
	html->style.ink = colour_of(value);
}

static const struct { struct slice name; void (*see)(struct html *, struct slice value); } attributes[] = {
	{ LIT("href"), see_link }, { LIT("src"), see_link }, { LIT("action"), see_link }, { LIT("background"), see_picture },
	{ LIT("style"), see_style }, { LIT("hidden"), see_hidden }, { LIT("bgcolor"), see_paper },
	{ LIT("color"), see_ink },
};

static void see_attribute(struct html *html, struct slice name, struct slice value)
{
	tell(html->maker, html->tag, name);
	if (value.len && value.len <= VALUE_MOST)
		tell(html->maker, name, value);
	for (size_t i = 0; i < COUNT_OF(attributes); i++)
		if (is_word(name, attributes[i].name)) {
			attributes[i].see(html, value);
			return;
		}
}

static size_t run_until(struct slice text, const char *stops)
{
	size_t length = 0;

	while (length < text.len && (unsigned char)text.at[length] > ' ' && strchr(stops, text.at[length]) == NULL)
		length++;
	return length;
}

static void skip_blanks(struct slice *text)
{
	while (text->len && (unsigned char)*text->at <= ' ')
		*text = slice_drop(*text, 1);
}

static struct slice take_value(struct slice *rest)
{
	char quote;

	skip_blanks(rest);
	if (rest->len == 0 || *rest->at != '=')
		return SLICE("");
	*rest = slice_drop(*rest, 1);
	skip_blanks(rest);
	quote = rest->len ? *rest->at : ' ';
	if (quote == '"' || quote == '\'') {
		*rest = slice_drop(*rest, 1);
		return slice_cut(rest, quote);
	}
	return slice_take(rest, run_until(*rest, ">"));
}

/* Up to and with the ">" that ends the mark. */
static void take_attributes(struct html *html)
{
	while (html->rest.len) {
		struct slice name, value;

		skip_blanks(&html->rest);
		if (html->rest.len && *html->rest.at == '>') {
			html->rest = slice_drop(html->rest, 1);
			return;
		}
		name = slice_take(&html->rest, run_until(html->rest, "=>"));
		value = take_value(&html->rest);
		if (name.len && !html->ends)
			see_attribute(html, name, value);
	}
}

/* ---- marks ---- */

static bool within_word(const struct html *html)
{
	return html->seen_length && byte_is_letter(html->seen[html->seen_length - 1]) && html->rest.len &&
	       byte_is_letter(*html->rest.at);
}

/* What stands in a script or a style sheet is no text. */
static void skip_code(struct html *html)
{
	if (html->ends || (!is_word(html->tag, SLICE("script")) && !is_word(html->tag, SLICE("style"))))
		return;
	while (html->rest.len) {
		struct slice before = slice_cut(&html->rest, '<');

		(void)before;
		if (html->rest.len && *html->rest.at == '/' && slice_begins_nocase(slice_drop(html->rest, 1), html->tag)) {
			(void)slice_cut(&html->rest, '>');
			return;
		}
	}
}

static void end_mark(struct html *html)
{
	if (!mark_joins(html->tag))
		put(html, ' ');
	else if (within_word(html))
		html->split++;
	if (html->ends)
		nesting_end(&html->nesting, html->tag);
	else
		nesting_begin(&html->nesting, html->tag, &html->style);
	skip_code(html);
}

static void take_mark(struct html *html)
{
	html->rest = slice_drop(html->rest, 1);
	html->ends = html->rest.len && *html->rest.at == '/';
	if (html->ends)
		html->rest = slice_drop(html->rest, 1);
	html->tag = slice_take(&html->rest, run_until(html->rest, ">"));
	if (html->tag.len > TAG_MOST)
		html->tag.len = TAG_MOST;
	if (!html->ends) {
		nesting_before(&html->nesting, html->tag);
		tell(html->maker, SLICE("mark"), html->tag);
	}
	html->style = *nesting_style(&html->nesting);
	take_attributes(html);
	end_mark(html);
}

static void take_comment(struct html *html)
{
	const char *end = memmem(html->rest.at, html->rest.len, "-->", 3);

	html->rest = end ? slice_drop(html->rest, (size_t)(end + 3 - html->rest.at)) : (struct slice){ 0 };
	html->comments += within_word(html);
	tell(html->maker, SLICE("a comment"), SLICE(""));
}

static bool begins_mark(struct slice rest)
{
	return rest.len > 1 && rest.at[0] == '<' && (byte_is_letter(rest.at[1]) || slice_has(SLICE("/!?"), rest.at[1]));
}

static void take_next(struct html *html)
{
	if (slice_begins(html->rest, SLICE("<!--"))) {
		take_comment(html);
	} else if (begins_mark(html->rest)) {
		take_mark(html);
	} else if (*html->rest.at == '&') {
		take_entity(html);
	} else {
		put(html, *html->rest.at);
		html->rest = slice_drop(html->rest, 1);
	}
}

static void tell_trick(struct html *html, const char *what, size_t number)
{
	if (number)
		maker_tell_number(html->maker, FEATURE_trick, slice_of(what), small_size(number));
}

void markup_of(struct maker *maker, struct slice text, struct markup *ret_markup)
{
	struct html html = { .maker = maker, .rest = text };
	struct arena *arena = maker->reader->arena;

	*ret_markup = (struct markup){ 0 };
	nesting_init(&html.nesting);
	html.seen = arena_take(arena, text.len + 1);
	html.hidden = arena_take(arena, text.len + 1);
	if (html.seen == NULL || html.hidden == NULL) {
		maker->full = true;
		return;
	}
	while (html.rest.len)
		take_next(&html);
	tell_trick(&html, "hidden text", html.hidden_length);
	tell_trick(&html, "marks within words", html.split);
	tell_trick(&html, "comments within words", html.comments);
	tell_trick(&html, "marks deeper than any reader nests them", html.nesting.deep);
	tell_trick(&html, "letters written as numbers", html.numbers);
	maker_tell_number(maker, FEATURE_markup, SLICE("length"), small_size(text.len));
	maker_tell_number(maker, FEATURE_markup, SLICE("text in eight of it"), html.seen_length * 8 / (text.len + 1));
	*ret_markup = (struct markup){ { html.seen, html.seen_length }, { html.hidden, html.hidden_length } };
}
