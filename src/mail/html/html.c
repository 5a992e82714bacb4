/* SPDX-License-Identifier: Apache-2.0 */
/* The source is copied once, with what SpamAssassin changes in it beforehand; its tokens change three buffers: all the
 * text, what is visible of it, and what is not. A piece of text is what stands between two marks. */
#include "mail/html/html.h"

#include "mail/html/reading.h"
#include "mail/message/message.h"

#include <string.h>

enum { ROOM_FIRST = 16, ROOM_OVER = 4096 };

enum result html_grow(struct arena *arena, void *list, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : ROOM_FIRST;
	void *old, *grown;

	if (count < *room)
		return OK;
	memcpy(&old, list, sizeof(old));
	grown = arena_take_many(arena, more, size);
	if (grown == NULL)
		return LATER;
	if (count)
		memcpy(grown, old, count * size);
	memcpy(list, &grown, sizeof(grown));
	*room = more;
	return OK;
}

static enum result append(struct html_reading *reading, struct html_texts *texts, struct slice text)
{
	TRY(html_grow(reading->arena, &texts->list, texts->count, &texts->room, sizeof(*texts->list)));
	texts->list[texts->count++] = text;
	return OK;
}

/* ---- pieces ---- */

static void begin_piece(struct html_reading *reading, bool breaks, bool hidden)
{
	reading->last = buffer_length(&reading->text);
	reading->any = true;
	reading->last_breaks = breaks;
	reading->last_hidden = hidden;
}

static void drop_last_blank(struct buffer *buffer)
{
	struct slice text = buffer_slice(buffer);

	if (text.len && text.at[text.len - 1] == ' ')
		buffer_cut(buffer, text.len - 1);
}

enum result html_see_break(struct html_reading *reading, struct slice blanks)
{
	if (reading->any && !reading->last_breaks && !reading->last_hidden && buffer_length(&reading->text) > reading->last) {
		drop_last_blank(&reading->text);
		drop_last_blank(&reading->seen);
	}
	begin_piece(reading, true, false);
	TRY(buffer_add(&reading->text, blanks));
	return buffer_add(&reading->seen, blanks);
}

/* A blank of Latin 1 that was made UTF-8 twice. */
static bool is_torn_blank(struct slice text)
{
	return slice_begins(text, SLICE("\xc3\x82\xc2\xa0"));
}

static bool is_blank_text(struct slice text)
{
	while (text.len) {
		if (is_torn_blank(text))
			text = slice_drop(text, 4);
		else if (html_is_space(text.at[0]))
			text = slice_drop(text, 1);
		else
			return false;
	}
	return true;
}

/* Runs of blanks become one. */
static enum result squeezed(struct arena *arena, struct slice text, struct slice *ret_text)
{
	char *room = arena_take(arena, text.len);
	size_t length = 0;

	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < text.len;) {
		if (is_torn_blank(slice_drop(text, i))) {
			room[length++] = ' ';
			i += 4;
		} else if (html_is_space(text.at[i])) {
			room[length++] = ' ';
			while (i < text.len && html_is_space(text.at[i]))
				i++;
		} else {
			room[length++] = text.at[i++];
		}
	}
	*ret_text = (struct slice){ room, length };
	return OK;
}

/* ---- marks within words ---- */

/* Letters, digits, and all beyond ASCII that is no blank. */
static bool is_of_word(struct slice character)
{
	char byte = character.len ? character.at[0] : ' ';

	if ((unsigned char)byte < 0x80)
		return byte_is_letter(byte) || byte_is_digit(byte) || ((unsigned char)byte < 0x20 && !html_is_space(byte)) || byte == 0x7f;
	return !slice_same(character, SLICE("\xc2\xa0"));
}

static struct slice first_character(struct slice text)
{
	size_t length = text.len ? utf8_character(text) : 0;

	return (struct slice){ text.at, length ? length : text.len > 0 };
}

static struct slice last_character(struct slice text)
{
	size_t at = text.len;

	while (at && at + 4 > text.len) {
		at--;
		if (((unsigned char)text.at[at] & 0xc0) != 0x80)
			break;
	}
	return slice_drop(text, at);
}

enum { TOO_LONG = HTML_BACKHAIR_MOST + 1 };

/* How many characters of a word stand at the end, up to TOO_LONG; 0 too where "_" is before them. */
static size_t word_at_end(struct slice text)
{
	size_t count = 0;
	struct slice last;

	for (; count < TOO_LONG && text.len; count++) {
		last = last_character(text);
		if (!is_of_word(last))
			return text.at[text.len - 1] == '_' ? 0 : count;
		text.len -= last.len;
	}
	return count;
}

static size_t word_at_front(struct slice text)
{
	size_t count = 0;

	for (; count < TOO_LONG && text.len; count++) {
		struct slice first = first_character(text);

		if (!is_of_word(first))
			return text.at[0] == '_' ? 0 : count;
		text = slice_drop(text, first.len);
	}
	return count;
}

static void see_seam(struct html_reading *reading, struct slice text)
{
	struct slice before = slice_drop(buffer_slice(&reading->text), reading->last);
	size_t left, right;

	if (before.len == 0 || !is_of_word(last_character(before)) || !is_of_word(first_character(text)))
		return;
	reading->page.obfuscation++;
	left = word_at_end(before);
	right = word_at_front(text);
	if (left && left < TOO_LONG && right && right < TOO_LONG)
		reading->page.backhair[left][right] = true;
}

/* ---- texts ---- */

static bool is_within(const struct html_name *name)
{
	return name && name->open > 0;
}

static enum result show(struct html_reading *reading, struct slice text, bool hidden)
{
	bool behind_break = reading->any && reading->last_breaks;

	TRY(squeezed(reading->arena, text, &text));
	if (behind_break && !hidden && text.len && text.at[0] == ' ')
		text = slice_drop(text, 1);
	begin_piece(reading, false, hidden);
	TRY(buffer_add(&reading->text, text));
	return buffer_add(hidden ? &reading->hidden : &reading->seen, text);
}

enum result html_see_text(struct html_reading *reading, struct slice text)
{
	bool hidden;

	if (text.len == 0 || (is_within(reading->style) && !is_within(reading->script)))
		return OK;
	if (is_within(reading->script))
		return append(reading, &reading->page.scripts, text);
	if (is_within(reading->a) && reading->page.anchor_count)
		TRY(buffer_add(&reading->linked, text));
	if (is_within(reading->title) && reading->title_count)
		TRY(buffer_add(&reading->titled, text));
	hidden = !is_blank_text(text) && html_styles_hide(reading->styles);
	if (reading->any)
		see_seam(reading, text);
	return show(reading, text, hidden);
}

/* ---- the source ---- */

/* What "<br/>" is longer than "<br>"; 0: this is none such. */
static size_t closed_mark(struct slice text, size_t *ret_name)
{
	size_t name = 1, at;

	while (name < text.len && (byte_is_letter(text.at[name]) || byte_is_digit(text.at[name]) || text.at[name] == '_'))
		name++;
	for (at = name; at < text.len && html_is_space(text.at[at]);)
		at++;
	*ret_name = name;
	return name > 1 && slice_begins(slice_drop(text, at), SLICE("/>")) ? at + 1 - name : 0;
}

static size_t prepare(struct slice source, char *out)
{
	size_t length = 0, name = 0, more;

	while (source.len) {
		char byte = source.at[0];

		if (byte == '&' && slice_begins(source, SLICE("&nbsp;"))) {
			out[length++] = ' ';
			source = slice_drop(source, 6);
		} else if (byte == '\xe2' && (slice_begins(source, SLICE("\xe2\x80\x9c")) || slice_begins(source, SLICE("\xe2\x80\x9d")))) {
			out[length++] = '"';
			source = slice_drop(source, 3);
		} else if (byte == '<' && (more = closed_mark(source, &name)) != 0) {
			memcpy(out + length, source.at, name);
			length += name;
			source = slice_drop(source, name + more);
		} else {
			out[length++] = byte;
			source = slice_drop(source, 1);
		}
	}
	return length;
}

static size_t characters_of(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static enum result see(struct html_reading *reading, const struct html_token *token)
{
	switch (token->kind) {
	case HTML_TEXT:
		return html_see_text(reading, token->text);
	case HTML_OPENS:
	case HTML_CLOSES:
		return html_see_tag(reading, token);
	case HTML_COMMENT:
		return append(reading, &reading->page.comments, token->text);
	case HTML_DECLARATION:
		reading->page.elements++;
		reading->page.tags++;
		return OK;
	}
	return BROKEN;
}

static enum result read_tokens(struct html_reading *reading, char *bytes, size_t length)
{
	struct html_tokens tokens;
	struct html_token token;

	html_tokens_begin(&tokens, bytes, length);
	while (html_tokens_next(&tokens, &token))
		TRY(see(reading, &token));
	reading->page.over = reading->page.over || tokens.over;
	return OK;
}

/* ---- the end ---- */

static struct slice between(struct slice all, size_t from, size_t to)
{
	return (struct slice){ all.at + from, to - from };
}

static enum result keep_linked(struct html_reading *reading)
{
	struct html_page *page = &reading->page;
	struct slice all;

	TRY(arena_keep(reading->arena, buffer_slice(&reading->linked), &all));
	for (size_t i = 0; all.len && i < page->anchor_count; i++)
		page->anchors[i].text = between(all, reading->anchor_starts[i], i + 1 < page->anchor_count ? reading->anchor_starts[i + 1] : all.len);
	TRY(arena_keep(reading->arena, buffer_slice(&reading->titled), &all));
	for (size_t i = 0; i < reading->title_count; i++)
		TRY(append(reading, &page->titles, all.len == 0 ? SLICE("") : between(all, reading->title_starts[i],
		           i + 1 < reading->title_count ? reading->title_starts[i + 1] : all.len)));
	return OK;
}

static enum result keep_all(struct html_reading *reading)
{
	struct html_page *page = &reading->page;

	TRY(arena_keep(reading->arena, buffer_slice(&reading->text), &page->text));
	TRY(arena_keep(reading->arena, buffer_slice(&reading->seen), &page->seen));
	TRY(arena_keep(reading->arena, buffer_slice(&reading->hidden), &page->hidden));
	page->least_size = reading->styles->least;
	page->most_size = reading->styles->most;
	page->low_contrast = reading->styles->low_contrast;
	page->invalid_color = reading->styles->invalid_color;
	page->over = page->over || reading->styles->over;
	return keep_linked(reading);
}

static enum result read_all(struct html_reading *reading, struct slice source)
{
	char *bytes = arena_take(reading->arena, source.len + 1);

	reading->styles = arena_new(reading->arena, struct html_styles);
	reading->page.names = arena_array(reading->arena, struct html_name, HTML_NAMES_MOST);
	if (bytes == NULL || reading->styles == NULL || reading->page.names == NULL)
		return LATER;
	html_styles_begin(reading->styles);
	reading->page.length = characters_of(source);
	TRY(read_tokens(reading, bytes, prepare(source, bytes)));
	return keep_all(reading);
}

enum result html_read(struct slice source, struct arena *arena, struct html_page *ret_page)
{
	struct html_reading reading = { .arena = arena };
	struct buffer *buffers[] = { &reading.text, &reading.seen, &reading.hidden, &reading.linked, &reading.titled };
	enum result result;

	for (size_t i = 0; i < COUNT_OF(buffers); i++)
		buffer_init(buffers[i], 2 * source.len + ROOM_OVER);
	result = read_all(&reading, source);
	for (size_t i = 0; i < COUNT_OF(buffers); i++)
		buffer_finish(buffers[i]);
	if (result == OK)
		*ret_page = reading.page;
	return result;
}
