/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is a stretch: a quoted string, a comment, brackets, or one byte. A bracket whose end was once looked for in
 * vain is not looked for again, so that the time is linear. */
#include "mail/message/address_text.h"

#include "mail/message/fields.h"

#include <string.h>

enum { ALL_KINDS = 4 };
static const char opening[] = "\"(<[", separators[] = ",;:";

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Behind the closing quote; 0: there is none. */
static size_t quote_end(struct slice text, size_t at)
{
	for (size_t i = at + 1; i < text.len; i++)
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return i + 1;
	return 0;
}

static size_t comment_end(struct slice text, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '(')
			depth++;
		else if (text.at[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

static size_t angle_end(struct slice text, size_t at)
{
	bool quotes = true;

	for (size_t i = at + 1; i < text.len; i++) {
		size_t end = text.at[i] == '"' && quotes ? quote_end(text, i) : 0;

		if (text.at[i] == '>')
			return i + 1;
		quotes &= text.at[i] != '"' || end != 0;
		i = end ? end - 1 : i;
	}
	return 0;
}

static size_t literal_end(struct slice text, size_t at)
{
	const char *end = memchr(text.at + at, ']', text.len - at);

	return end ? (size_t)(end - text.at) + 1 : 0;
}

static size_t (*const ends[ALL_KINDS])(struct slice, size_t) = { quote_end, comment_end, angle_end, literal_end };

size_t address_stretch(struct slice text, size_t at, unsigned *unclosed)
{
	const char *kind = is_one_of(text.at[at], opening) ? strchr(opening, text.at[at]) : NULL;
	unsigned row = kind ? (unsigned)(kind - opening) : 0;
	size_t end;

	if (kind == NULL)
		return text.at[at] == '\\' && at + 1 < text.len ? at + 2 : at + 1;
	end = *unclosed >> row & 1 ? 0 : ends[row](text, at);
	if (end == 0)
		*unclosed |= 1U << row;
	return end;
}

enum result address_text_init(struct address_text *text, struct arena *arena)
{
	text->room = arena_take(arena, 2 * text->rest.len + 1);
	return text->room ? OK : LATER;
}

static void add(struct slice *to, struct slice more)
{
	char *room = (char *)(uintptr_t)to->at;

	memcpy(room + to->len, more.at, more.len);
	to->len += more.len;
}

static void take_stretch(struct mailbox *mailbox, struct slice stretch)
{
	struct slice inner = stretch.len > 1 ? (struct slice){ stretch.at + 1, stretch.len - 2 } : SLICE("");
	bool closed = stretch.len > 1;

	if (stretch.at[0] == '<' && closed && mailbox->angles++ == 0)
		mailbox->angle = inner;
	if (stretch.at[0] == '(' && closed)
		mailbox->comment = inner;
	add(&mailbox->bare, is_one_of(stretch.at[0], "<>()") || (!closed && is_one_of(stretch.at[0], "\"[]")) ? SLICE(" ") : stretch);
}

static void take_phrase(struct mailbox *mailbox)
{
	for (size_t i = 0; i < mailbox->bare.len; i++) {
		if (mailbox->bare.at[i] == '"')
			continue;
		if (mailbox->bare.at[i] == '\\' && i + 1 < mailbox->bare.len)
			i++;
		add(&mailbox->phrase, (struct slice){ mailbox->bare.at + i, 1 });
	}
}

void address_mailbox(struct address_text *text, struct mailbox *ret_mailbox)
{
	struct slice rest = text->rest;
	struct mailbox mailbox = { .bare = { text->room, 0 } };
	size_t at = 0;

	while (at < rest.len && !is_one_of(rest.at[at], separators)) {
		size_t end = address_stretch(rest, at, &text->unclosed);

		if (end == 0 || is_one_of(rest.at[at], ">)]"))
			text->faults |= ADDRESS_BROKEN;
		end = end ? end : at + 1;
		take_stretch(&mailbox, (struct slice){ rest.at + at, end - at });
		at = end;
	}
	mailbox.phrase.at = text->room + mailbox.bare.len;
	take_phrase(&mailbox);
	text->room += mailbox.bare.len + mailbox.phrase.len;
	mailbox.text = (struct slice){ rest.at, at };
	text->rest = at < rest.len ? slice_drop(rest, at + 1) : SLICE("");
	*ret_mailbox = mailbox;
}

struct slice address_word(struct slice *rest)
{
	struct slice text = *rest;
	unsigned unclosed = ~1U;                 /* only quotes hold a word together */
	size_t begin = 0, at;

	while (begin < text.len && field_is_space(text.at[begin]))
		begin++;
	for (at = begin; at < text.len && !field_is_space(text.at[at]);) {
		size_t end = address_stretch(text, at, &unclosed);

		at = end ? end : at + 1;
	}
	*rest = slice_drop(text, at);
	return at > begin ? (struct slice){ text.at + begin, at - begin } : SLICE("");
}

size_t address_at(struct slice text)
{
	unsigned unclosed = ~1U;

	for (size_t at = 0; at < text.len;) {
		size_t end = address_stretch(text, at, &unclosed);

		if (text.at[at] == '@')
			return at;
		at = end ? end : at + 1;
	}
	return SIZE_MAX;
}

enum result address_join(struct arena *arena, struct slice text, struct slice *ret_text)
{
	struct slice joined = { arena_take(arena, text.len + 1), 0 }, rest = text, word;
	char last = '@';

	if (joined.at == NULL)
		return LATER;
	while ((word = address_word(&rest)).len) {
		if (!is_one_of(last, ".@") && !is_one_of(word.at[0], ".@"))
			add(&joined, SLICE(" "));
		add(&joined, word);
		last = word.at[word.len - 1];
	}
	*ret_text = joined;
	return OK;
}
