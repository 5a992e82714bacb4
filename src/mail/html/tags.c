/* SPDX-License-Identifier: Apache-2.0 */
/* Each element is a row: does HTML know it, how does it change the look, what break does it make, where has it a link. */
#include "mail/html/links.h"
#include "mail/html/reading.h"

#include <stdlib.h>
#include <string.h>

enum { GUESSED_SIDE = 200, SCREEN_WIDTH_PERCENT = 8, SCREEN_HEIGHT_PERCENT = 6, SIDE_DIGITS_MOST = 9 };

/* ---- links ---- */

static enum result add_link(struct html_reading *reading, struct slice element, struct slice uri)
{
	struct html_page *page = &reading->page;

	if (page->link_count == HTML_LINKS_MOST) {
		page->over = true;
		return OK;
	}
	TRY(html_grow(reading->arena, &page->links, page->link_count, &reading->link_room, sizeof(*page->links)));
	page->links[page->link_count++] = (struct html_link){ uri, element };
	return OK;
}

static enum result push(struct html_reading *reading, struct slice element, struct slice link)
{
	static const struct slice whole[] = { LIT("data:"), LIT("mailto:"), LIT("file:"), LIT("cid:"), LIT("tel:") };
	struct slice uri = html_link_trim(link, &reading->page.link_cut);

	if (uri.len == 0)
		return OK;
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (slice_begins_nocase(uri, whole[i]))
			return add_link(reading, element, uri);
	TRY(html_link_resolve(reading->base, uri, reading->arena, &uri));
	return uri.len ? add_link(reading, element, uri) : OK;
}

/* "foo/href" is taken for "href" too. */
static const struct slice *find_loosely(const struct html_token *token, struct slice name)
{
	for (size_t i = token->count; i-- > 0;) {
		struct slice have = token->attributes[i].name;
		size_t before = have.len - name.len;

		if (have.len < name.len + 2 || !slice_ends_nocase(have, name) || have.at[before - 1] != '/')
			continue;
		if (byte_is_letter(have.at[before - 2]) || byte_is_digit(have.at[before - 2]) || have.at[before - 2] == '_')
			return &token->attributes[i].value;
	}
	return html_attribute(token, name);
}

static enum result push_attribute(struct html_reading *reading, const struct html_token *token, struct slice name)
{
	const struct slice *value = html_attribute(token, name);

	return value ? push(reading, token->text, *value) : OK;
}

static enum result see_background(struct html_reading *reading, const struct html_token *token)
{
	return push_attribute(reading, token, SLICE("background"));
}

/* Without the mark of a byte order, which somebody may have put within. */
static enum result without_marks(struct arena *arena, struct slice link, struct slice *ret_link)
{
	static const struct slice mark = LIT("\xef\xbb\xbf");
	size_t length = 0;
	char *room;

	*ret_link = link;
	if (link.len == 0 || memmem(link.at, link.len, mark.at, mark.len) == NULL)
		return OK;
	room = arena_take(arena, link.len);
	if (room == NULL)
		return LATER;
	while (link.len)
		if (slice_begins(link, mark))
			link = slice_drop(link, mark.len);
		else
			room[length++] = *slice_take(&link, 1).at;
	*ret_link = (struct slice){ room, length };
	return OK;
}

static enum result see_href(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *value = find_loosely(token, SLICE("href"));
	struct slice link;

	if (value) {
		TRY(without_marks(reading->arena, *value, &link));
		TRY(push(reading, token->text, link));
	}
	return push_attribute(reading, token, SLICE("data-saferedirecturl"));
}

static enum result see_src(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *value = find_loosely(token, SLICE("src"));

	return value ? push(reading, token->text, *value) : OK;
}

static enum result see_action(struct html_reading *reading, const struct html_token *token)
{
	return push_attribute(reading, token, SLICE("action"));
}

static enum result see_base(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *value = html_attribute(token, SLICE("href"));
	struct slice base;

	if (value == NULL || value->len == 0)
		return OK;
	TRY(push(reading, token->text, *value));
	TRY(html_link_base(html_link_trim(*value, &reading->page.link_cut), reading->arena, &base));
	if (base.len)
		reading->base = base;
	return OK;
}

static bool holds(struct slice text, struct slice word)
{
	for (size_t i = 0; i + word.len <= text.len; i++)
		if (slice_begins_nocase(slice_drop(text, i), word))
			return true;
	return false;
}

/* Behind the last "url=" of a refresh, up to ";". */
static bool refresh_target(struct slice content, struct slice *ret_link)
{
	bool found = false;

	for (size_t i = 0; i + 3 < content.len; i++) {
		struct slice rest = slice_drop(content, i);

		if (!slice_begins_nocase(rest, SLICE("url")) || (i && (byte_is_letter(content.at[i - 1]) || byte_is_digit(content.at[i - 1]))))
			continue;
		for (rest = slice_drop(rest, 3); rest.len && html_is_space(rest.at[0]);)
			rest = slice_drop(rest, 1);
		if (rest.len == 0 || rest.at[0] != '=')
			continue;
		*ret_link = slice_drop(rest, 1);
		found = true;
	}
	*ret_link = slice_cut(ret_link, ';');
	return found;
}

static enum result see_refresh(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *kind = html_attribute(token, SLICE("http-equiv")), *content = html_attribute(token, SLICE("content"));
	struct slice link = SLICE("");

	if (kind == NULL || content == NULL || !holds(*kind, SLICE("refresh")) || !refresh_target(*content, &link))
		return OK;
	return push(reading, token->text, link);
}

/* ---- the table ---- */

enum breaks { BREAK_NONE, BREAK_LINE, BREAK_BLANK, BREAK_PARAGRAPH };
static const struct slice breaks[] = {
	[BREAK_NONE] = { "", 0 }, [BREAK_LINE] = LIT("\n"), [BREAK_BLANK] = LIT(" "), [BREAK_PARAGRAPH] = LIT("\n\n"),
};

static const struct element {
	struct slice name;
	bool counts;                                     /* HTML knows it */
	enum html_styled styled;
	enum breaks breaks;
	enum result (*link)(struct html_reading *, const struct html_token *);
} elements[] = {
	{ LIT("a"), .counts = true, .styled = STYLED_a, .link = see_href }, { LIT("abbr"), .counts = true },
	{ LIT("acronym"), .counts = true }, { LIT("address"), .counts = true }, { LIT("applet"), .counts = true },
	{ LIT("area"), .counts = true, .link = see_href }, { LIT("b"), .counts = true },
	{ LIT("base"), .counts = true, .link = see_base },
	{ LIT("basefont"), .counts = true, .styled = STYLED_basefont }, { LIT("bdo"), .counts = true },
	{ LIT("bgsound"), .link = see_src }, { LIT("big"), .counts = true, .styled = STYLED_big },
	{ LIT("blockquote"), .counts = true, .breaks = BREAK_PARAGRAPH },
	{ LIT("body"), .counts = true, .styled = STYLED_body, .link = see_background },
	{ LIT("br"), .counts = true, .breaks = BREAK_LINE }, { LIT("button"), .counts = true },
	{ LIT("caption"), .counts = true }, { LIT("center"), .counts = true }, { LIT("cite"), .counts = true },
	{ LIT("code"), .counts = true }, { LIT("col"), .counts = true }, { LIT("colgroup"), .counts = true },
	{ LIT("dd"), .counts = true, .breaks = BREAK_BLANK }, { LIT("del"), .counts = true },
	{ LIT("dfn"), .counts = true }, { LIT("dir"), .counts = true },
	{ LIT("div"), .counts = true, .styled = STYLED_div, .breaks = BREAK_LINE }, { LIT("dl"), .counts = true },
	{ LIT("dt"), .counts = true, .breaks = BREAK_BLANK }, { LIT("em"), .counts = true },
	{ LIT("embed"), .breaks = BREAK_BLANK, .link = see_src }, { LIT("fieldset"), .counts = true },
	{ LIT("font"), .counts = true, .styled = STYLED_font }, { LIT("form"), .counts = true, .link = see_action },
	{ LIT("frame"), .counts = true, .link = see_src }, { LIT("frameset"), .counts = true },
	{ LIT("h1"), .counts = true, .breaks = BREAK_BLANK }, { LIT("h2"), .counts = true, .breaks = BREAK_BLANK },
	{ LIT("h3"), .counts = true, .breaks = BREAK_BLANK }, { LIT("h4"), .counts = true, .breaks = BREAK_BLANK },
	{ LIT("h5"), .counts = true, .breaks = BREAK_BLANK }, { LIT("h6"), .counts = true, .breaks = BREAK_BLANK },
	{ LIT("head"), .counts = true }, { LIT("hr"), .counts = true, .breaks = BREAK_PARAGRAPH },
	{ LIT("html"), .counts = true }, { LIT("i"), .counts = true },
	{ LIT("iframe"), .counts = true, .link = see_src }, { LIT("img"), .counts = true, .link = see_src },
	{ LIT("input"), .counts = true }, { LIT("ins"), .counts = true }, { LIT("isindex"), .counts = true },
	{ LIT("kbd"), .counts = true }, { LIT("label"), .counts = true }, { LIT("legend"), .counts = true },
	{ LIT("li"), .counts = true, .breaks = BREAK_BLANK }, { LIT("link"), .counts = true, .link = see_href },
	{ LIT("listing"), .breaks = BREAK_PARAGRAPH }, { LIT("map"), .counts = true }, { LIT("menu"), .counts = true },
	{ LIT("meta"), .counts = true, .link = see_refresh }, { LIT("nobr"), .counts = true },
	{ LIT("noframes"), .counts = true }, { LIT("noscript"), .counts = true }, { LIT("object"), .counts = true },
	{ LIT("ol"), .counts = true }, { LIT("optgroup"), .counts = true }, { LIT("option"), .counts = true },
	{ LIT("p"), .counts = true, .styled = STYLED_p, .breaks = BREAK_PARAGRAPH }, { LIT("param"), .counts = true },
	{ LIT("plaintext"), .breaks = BREAK_PARAGRAPH }, { LIT("pre"), .counts = true, .breaks = BREAK_PARAGRAPH },
	{ LIT("q"), .counts = true }, { LIT("s"), .counts = true }, { LIT("samp"), .counts = true },
	{ LIT("script"), .counts = true, .link = see_src }, { LIT("select"), .counts = true },
	{ LIT("small"), .counts = true, .styled = STYLED_small },
	{ LIT("span"), .counts = true, .styled = STYLED_span }, { LIT("strike"), .counts = true },
	{ LIT("strong"), .counts = true }, { LIT("style"), .counts = true }, { LIT("sub"), .counts = true },
	{ LIT("sup"), .counts = true },
	{ LIT("table"), .counts = true, .styled = STYLED_table, .link = see_background },
	{ LIT("tbody"), .counts = true },
	{ LIT("td"), .counts = true, .styled = STYLED_td, .breaks = BREAK_BLANK, .link = see_background },
	{ LIT("textarea"), .counts = true }, { LIT("tfoot"), .counts = true },
	{ LIT("th"), .counts = true, .styled = STYLED_td, .breaks = BREAK_BLANK }, { LIT("thead"), .counts = true },
	{ LIT("title"), .counts = true, .breaks = BREAK_PARAGRAPH },
	{ LIT("tr"), .counts = true, .styled = STYLED_tr, .link = see_background }, { LIT("tt"), .counts = true },
	{ LIT("u"), .counts = true }, { LIT("ul"), .counts = true }, { LIT("var"), .counts = true },
	{ LIT("x-sigsep"), .counts = true }, { LIT("x-tab"), .counts = true },
	{ LIT("xmp"), .breaks = BREAK_PARAGRAPH },
};

static int by_name(const void *key, const void *row)
{
	const struct slice *name = key;
	const struct element *element = row;

	return slice_order(*name, element->name);
}

/* ---- what is tested ---- */

static const char *skip_name(const char *at, const char *end, bool *ret_good)
{
	const char *from = at;

	while (at < end && (byte_is_letter(*at) || *at == ' ' || *at == '-'))
		at++;
	*ret_good = at - from >= 2 && *from != '-' && byte_is_letter(at[-1]);
	at += at < end && byte_is_digit(*at);
	at += at < end && (*at == '"' || *at == '\'');
	return at;
}

/* A list of names, as mail programs write it. */
static bool is_font_face(struct slice face)
{
	const char *at = face.at, *end = face.at + face.len;
	bool good = false;

	while (at < end && html_is_space(*at))
		at++;
	at += at < end && (*at == '"' || *at == '\'' || *at == '.');
	at = skip_name(at, end, &good);
	while (good && at < end && *at == ',') {
		at++;
		while (at < end && html_is_space(*at))
			at++;
		at += at < end && (*at == '"' || *at == '\'');
		at = skip_name(at, end, &good);
	}
	at += at < end && *at == ';';
	return good && (at == end || (at + 1 == end && *at == '\n'));
}

static double side_of(struct slice value, double percent)
{
	double side = 0;
	size_t digits = 0;

	for (; digits < value.len && byte_is_digit(value.at[digits]) && digits < SIDE_DIGITS_MOST; digits++)
		side = side * 10 + (value.at[digits] - '0');
	value = slice_drop(value, digits);
	if (value.len == 1 && value.at[0] == '%')
		side *= percent;
	else if (value.len)
		side = 0;
	return side > 0 ? side : GUESSED_SIDE;
}

static bool is_open(const struct html_name *name)
{
	return name && name->open > 0;
}

static enum result see_image(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *width = html_attribute(token, SLICE("width")), *height = html_attribute(token, SLICE("height"));

	if (width && height)
		reading->page.image_area += side_of(*width, SCREEN_WIDTH_PERCENT) * side_of(*height, SCREEN_HEIGHT_PERCENT);
	if (is_open(reading->a) && reading->page.anchor_count)
		return buffer_add(&reading->linked, SLICE("<img>\n"));
	return OK;
}

static enum result see_font(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *face = html_attribute(token, SLICE("face"));

	if (face && !is_font_face(*face))
		reading->page.bad_font_face = true;
	return OK;
}

static enum result see_form(struct html_reading *reading, const struct html_token *token)
{
	const struct slice *action = html_attribute(token, SLICE("action"));

	if (action && holds(*action, SLICE("mailto:")))
		reading->page.mails_form = true;
	return OK;
}

static enum result see_embedded(struct html_reading *reading, const struct html_token *token)
{
	(void)token;
	reading->page.embeds = true;
	return OK;
}

static enum result see_anchor(struct html_reading *reading, const struct html_token *token)
{
	struct html_page *page = &reading->page;
	const struct slice *href = find_loosely(token, SLICE("href"));
	size_t room = reading->anchor_room;

	if (page->anchor_count == HTML_LINKS_MOST) {
		page->over = true;
		return OK;
	}
	TRY(html_grow(reading->arena, &page->anchors, page->anchor_count, &reading->anchor_room, sizeof(*page->anchors)));
	TRY(html_grow(reading->arena, &reading->anchor_starts, page->anchor_count, &room, sizeof(*reading->anchor_starts)));
	reading->anchor_starts[page->anchor_count] = buffer_length(&reading->linked);
	page->anchors[page->anchor_count++].href = href ? html_link_trim(*href, &page->link_cut) : SLICE("");
	return OK;
}

static enum result see_title(struct html_reading *reading, const struct html_token *token)
{
	(void)token;
	if (reading->title_count == HTML_LINKS_MOST) {
		reading->page.over = true;
		return OK;
	}
	TRY(html_grow(reading->arena, &reading->title_starts, reading->title_count, &reading->title_room, sizeof(*reading->title_starts)));
	reading->title_starts[reading->title_count++] = buffer_length(&reading->titled);
	return OK;
}

static const struct { struct slice name; enum result (*see)(struct html_reading *, const struct html_token *); } tests[] = {
	{ LIT("a"), see_anchor }, { LIT("img"), see_image }, { LIT("font"), see_font }, { LIT("form"), see_form },
	{ LIT("object"), see_embedded }, { LIT("embed"), see_embedded }, { LIT("title"), see_title },
};

static enum result see_opened(struct html_reading *reading, const struct element *element, const struct html_token *token)
{
	if (element->link)
		TRY(element->link(reading, token));
	for (size_t i = 0; i < COUNT_OF(tests); i++)
		if (slice_same(token->text, tests[i].name))
			return tests[i].see(reading, token);
	return OK;
}

/* ---- all marks ---- */

/* Of Microsoft's: "o:p", "st1:place". */
static bool is_foreign(struct slice name)
{
	bool of_office = slice_begins(name, SLICE("o:")), smart = slice_begins(name, SLICE("st")) && name.len > 4 &&
	                                                          byte_is_digit(name.at[2]) && name.at[3] == ':';
	struct slice rest = slice_drop(name, of_office ? 2 : 4);
	size_t length = 0;

	if (!of_office && !smart)
		return false;
	while (length < rest.len && (byte_is_letter(rest.at[length]) || byte_is_digit(rest.at[length]) || rest.at[length] == '_' ||
	                             rest.at[length] == '-'))
		length++;
	return length && (length == rest.len || (length + 1 == rest.len && rest.at[length] == '/'));
}

static void count(struct html_reading *reading, const struct html_token *token, bool counts)
{
	struct html_page *page = &reading->page;
	struct html_name *name = html_names_place(page, token->text);
	bool ever = name == NULL || name->ever;

	page->tags++;
	page->elements += counts;
	page->names_seen += !ever;
	page->elements_seen += counts && !ever;
	if (name == NULL)
		return;
	*name = (struct html_name){ token->text, name->open, true };
	if (token->kind == HTML_OPENS)
		name->open++;
	else if (name->open)
		name->open--;
	else
		page->closed_extra++;
}

/* The names that are asked for at each text. */
static void remember(struct html_reading *reading, struct slice name)
{
	const struct { struct slice name; const struct html_name **place; } kept[] = {
		{ SLICE("a"), &reading->a }, { SLICE("title"), &reading->title }, { SLICE("script"), &reading->script },
		{ SLICE("style"), &reading->style },
	};

	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (*kept[i].place == NULL && slice_same(name, kept[i].name))
			*kept[i].place = html_find(&reading->page, name);
}

enum result html_see_tag(struct html_reading *reading, const struct html_token *token)
{
	bool foreign = is_foreign(token->text), opens = token->kind == HTML_OPENS;
	const struct element *element = bsearch(&token->text, elements, COUNT_OF(elements), sizeof(*elements), by_name);

	count(reading, token, foreign || (element && element->counts));
	remember(reading, token->text);
	if (foreign || element == NULL)
		return OK;
	if (element->styled != STYLED_none && opens)
		html_styles_open(reading->styles, element->styled, token);
	else if (element->styled != STYLED_none)
		html_styles_close(reading->styles, element->styled);
	if (element->breaks != BREAK_NONE)
		TRY(html_see_break(reading, breaks[element->breaks]));
	return opens ? see_opened(reading, element, token) : OK;
}
