/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of plain text and words alternate. Words of one set and one encoding that follow each other are joined as
 * bytes before their set is converted, because some writers cut characters in two. */
#include "mail/message/header_text.h"

#include "mail/message/encodings.h"
#include "mail/message/fields.h"

#include <string.h>

struct word { struct slice charset, text; bool base64, whole; };

struct writing {
	const struct message_reader *reader;
	char *out;
	size_t length;
	char *bytes;                             /* of words not yet converted */
	size_t held;
	struct slice charset;                    /* theirs */
	unsigned *faults;
};

static bool is_charset(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~' || name.at[i] == '=' || name.at[i] == '?')
			return false;
	return name.len > 0 && name.len <= 64;
}

/* Up to "?="; a `?` within is let pass where the rest still reads as a word. */
static size_t word_end(struct slice rest)
{
	for (size_t i = 0; i + 1 < rest.len; i++)
		if (rest.at[i] == '?' && rest.at[i + 1] == '=')
			return i;
	return SIZE_MAX;
}

/* The word at the front, cut off; false: there is none. Without its end it goes to the next blank. `endless`: no word from
 * here on has one, so that it is looked for once and not for each. */
static bool cut_word(struct slice *rest, bool *endless, struct word *ret_word)
{
	struct slice after = slice_drop(*rest, 2), charset, encoding, text;
	size_t end;

	if (!slice_begins(*rest, SLICE("=?")))
		return false;
	charset = slice_cut(&after, '?');
	encoding = slice_cut(&after, '?');
	if (!is_charset(charset) || encoding.len != 1 || after.at == NULL)
		return false;
	if (byte_lower(encoding.at[0]) != 'b' && byte_lower(encoding.at[0]) != 'q')
		return false;
	end = *endless ? SIZE_MAX : word_end(after);
	*endless = end == SIZE_MAX;
	*ret_word = (struct word){ .charset = slice_cut(&charset, '*'), .base64 = byte_lower(encoding.at[0]) == 'b',
	                           .whole = end != SIZE_MAX };
	if (end == SIZE_MAX)
		for (end = 0; end < after.len && !field_is_space(after.at[end]) && after.at[end] != '"'; end++)
			;
	text = slice_take(&after, end);
	ret_word->text = text;
	*rest = ret_word->whole ? slice_drop(after, 2) : after;
	if (rest->at == NULL)
		*rest = SLICE("");
	return true;
}

static enum result flush_words(struct writing *writing)
{
	struct slice bytes = { writing->bytes, writing->held }, text;
	unsigned faults = 0;

	if (writing->held == 0)
		return OK;
	TRY(charset_to_utf8(writing->reader->charsets, writing->charset, bytes, writing->reader->arena, &text, &faults));
	memcpy(writing->out + writing->length, text.at, text.len);
	writing->length += text.len;
	if (faults & (CHARSET_UNKNOWN | CHARSET_BROKEN))
		*writing->faults |= TEXT_CHARSET;
	if (faults & CHARSET_ORDER)
		*writing->faults |= TEXT_ORDER;
	writing->held = 0;
	return OK;
}

/* Room for the bytes of a word is always there: `bytes` is as long as the value. */
static void add_word_bytes(struct writing *writing, const struct word *word)
{
	size_t room = word->text.len + DECODE_ROOM;
	struct slice rest = word->text;
	struct decoder decoder;

	decoder_init(&decoder, word->base64 ? ENCODING_BASE64 : ENCODING_QUOTED);
	while (rest.len)
		writing->held += decoder_take(&decoder, &rest, writing->bytes + writing->held, room);
	writing->held += decoder_end(&decoder, writing->bytes + writing->held);
	if (!word->whole || decoder.faults & (DECODED_JUNK | DECODED_WENT_ON | DECODED_ESCAPE))
		*writing->faults |= TEXT_BROKEN;
}

/* `_` that was written as =5F must stay: so the exchange is made before the escapes are read. */
static enum result underscores(struct arena *arena, struct word *word)
{
	char *copy;

	if (word->base64 || !slice_has(word->text, '_'))
		return OK;
	copy = arena_take(arena, word->text.len);
	if (copy == NULL)
		return LATER;
	for (size_t i = 0; i < word->text.len; i++)
		copy[i] = word->text.at[i] == '_' ? ' ' : word->text.at[i];
	word->text.at = copy;
	return OK;
}

static enum result add_word(struct writing *writing, struct word *word)
{
	TRY(underscores(writing->reader->arena, word));
	if (writing->held && !slice_same_nocase(writing->charset, word->charset))
		TRY(flush_words(writing));
	writing->charset = word->charset;
	*writing->faults |= TEXT_ENCODED;
	add_word_bytes(writing, word);
	return OK;
}

static enum result add_plain(struct writing *writing, struct slice text)
{
	struct slice utf8;
	unsigned faults = 0;

	if (text.len == 0)
		return OK;
	TRY(flush_words(writing));
	TRY(charset_to_utf8(NULL, utf8_is_valid(text) ? SLICE("utf-8") : SLICE("iso-8859-1"), text, writing->reader->arena, &utf8,
	                    &faults));
	memcpy(writing->out + writing->length, utf8.at, utf8.len);
	writing->length += utf8.len;
	return OK;
}

static bool is_blank(struct slice text)
{
	return field_trim(text).len == 0;
}

/* The next word, and the plain text before it; without one, all is plain. */
static bool seek_word(struct slice text, bool *endless, struct slice *ret_plain, struct slice *ret_rest, struct word *ret_word)
{
	struct slice rest = text;

	*ret_plain = text;
	while (rest.len) {
		const char *sign = memmem(rest.at, rest.len, "=?", 2);

		if (sign == NULL)
			break;
		rest = slice_drop(rest, (size_t)(sign - rest.at));
		if (cut_word(&rest, endless, ret_word)) {
			ret_plain->len = (size_t)(sign - text.at);
			*ret_rest = rest;
			return true;
		}
		rest = slice_drop(rest, 2);
	}
	return false;
}

static enum result write_all(struct writing *writing, struct slice text)
{
	bool after_word = false, endless = false;

	while (text.len) {
		struct slice plain, rest = { 0 };
		struct word word;
		bool found = seek_word(text, &endless, &plain, &rest, &word);

		if (!(found && after_word && is_blank(plain)))
			TRY(add_plain(writing, plain));
		if (found)
			TRY(add_word(writing, &word));
		after_word = found;
		text = rest;
	}
	return flush_words(writing);
}

enum result header_unfold(struct arena *arena, struct slice value, struct slice *ret_text)
{
	size_t length = 0;
	char *copy;

	*ret_text = value;
	if (value.len == 0 || !memchr(value.at, '\n', value.len))
		return OK;
	copy = arena_take(arena, value.len);
	if (copy == NULL)
		return LATER;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] != '\n' && !(value.at[i] == '\r' && i + 1 < value.len && value.at[i + 1] == '\n'))
			copy[length++] = value.at[i];
	*ret_text = (struct slice){ copy, length };
	return OK;
}

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] >= 0x80 || (text.at[i] == '=' && i + 1 < text.len && text.at[i + 1] == '?'))
			return false;
	return true;
}

enum result header_text(const struct message_reader *reader, struct slice value, struct slice *ret_text, unsigned *faults)
{
	struct writing writing = { .reader = reader, .faults = faults };
	struct slice text;

	TRY(header_unfold(reader->arena, value, &text));
	*ret_text = text;
	if (is_plain(text))
		return OK;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] >= 0x80)
			*faults |= TEXT_EIGHTBIT;
	writing.out = arena_take(reader->arena, text.len * 4 + 64);
	writing.bytes = arena_take(reader->arena, text.len + 2 * (size_t)DECODE_ROOM);
	if (writing.out == NULL || writing.bytes == NULL)
		return LATER;
	TRY(write_all(&writing, text));
	*ret_text = (struct slice){ writing.out, writing.length };
	return OK;
}
