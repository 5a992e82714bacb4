/* SPDX-License-Identifier: Apache-2.0 */
/* A text is copied once, with each run of blanks made one, or an end of a line where the run holds two of those; then it
 * is cut. Lengths and places are those of SpamAssassin 4.0.1. */
#include "mail/rules/view_text.h"

#include "mail/rules/reading.h"

enum { RAW_LEAST = 2048, RAW_MOST = 4096, CUT_SEARCH = 1024 };

static enum result append(struct view_pieces *pieces, struct slice piece, struct arena *arena)
{
	if (pieces->count == pieces->room) {
		size_t room = pieces->room ? pieces->room * 2 : 32;
		struct slice *list = arena_array(arena, struct slice, room);

		if (list == NULL)
			return LATER;
		if (pieces->count)
			memcpy(list, pieces->list, pieces->count * sizeof(*list));
		pieces->list = list;
		pieces->room = room;
	}
	pieces->list[pieces->count++] = piece;
	return OK;
}

/* ---- blanks ---- */

/* How many bytes of white space stand at the front: one character of it, in UTF-8; 0: none. */
static size_t blank_length(struct slice text)
{
	static const struct slice wide[] = {
		LIT("\xc2\x85"), LIT("\xc2\xa0"), LIT("\xe1\x9a\x80"), LIT("\xe2\x80\x80"), LIT("\xe2\x80\x81"), LIT("\xe2\x80\x82"),
		LIT("\xe2\x80\x83"), LIT("\xe2\x80\x84"), LIT("\xe2\x80\x85"), LIT("\xe2\x80\x86"), LIT("\xe2\x80\x87"),
		LIT("\xe2\x80\x88"), LIT("\xe2\x80\x89"), LIT("\xe2\x80\x8a"), LIT("\xe2\x80\xa8"), LIT("\xe2\x80\xa9"),
		LIT("\xe2\x80\xaf"), LIT("\xe2\x81\x9f"), LIT("\xe3\x80\x80"),
	};

	if (text.len == 0)
		return 0;
	if (rules_is_space(text.at[0]))
		return 1;
	if ((unsigned char)text.at[0] < 0xc2)
		return 0;
	for (size_t i = 0; i < COUNT_OF(wide); i++)
		if (slice_begins(text, wide[i]))
			return wide[i].len;
	return 0;
}

size_t view_characters(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

size_t view_letters(struct slice text)
{
	size_t count = 0, blank;

	while (text.len) {
		blank = blank_length(text);
		count += blank == 0 && ((unsigned char)text.at[0] & 0xc0) != 0x80;
		text = slice_drop(text, blank ? blank : 1);
	}
	return count;
}

/* What a run of blanks becomes: one blank; one end of a line for its two, and a blank for what stands around those. */
static size_t put_run(struct slice run, char *out)
{
	size_t first = run.len, last = 0, length = 0;

	for (size_t i = 0; i < run.len; i++)
		if (run.at[i] == '\n') {
			first = first == run.len ? i : first;
			last = i;
		}
	if (last <= first) {
		out[0] = ' ';
		return 1;
	}
	if (first > 0)
		out[length++] = ' ';
	out[length++] = '\n';
	if (last + 1 < run.len)
		out[length++] = ' ';
	return length;
}

static size_t squeeze(struct slice text, char *out)
{
	size_t length = 0, blank;

	while (text.len) {
		struct slice run = { text.at, 0 };

		while ((blank = blank_length(slice_drop(text, run.len))) != 0)
			run.len += blank;
		if (run.len) {
			length += put_run(run, out + length);
			text = slice_drop(text, run.len);
		} else {
			out[length++] = text.at[0] ? text.at[0] : '\n';
			text = slice_drop(text, 1);
		}
	}
	return length;
}

/* ---- to cut ---- */

/* The last blank within the line's length stays with the first piece. */
static size_t line_length(struct slice line)
{
	if (line.len <= VIEW_LINE)
		return line.len;
	for (size_t i = VIEW_LINE + 1; i-- > 0;)
		if (line.at[i] == ' ')
			return i + 1;
	return VIEW_LINE;
}

enum result view_lines(struct slice text, struct arena *arena, struct view_pieces *pieces)
{
	while (text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		struct slice line = slice_take(&text, end ? (size_t)(end - text.at) + 1 : text.len);

		while (line.len)
			TRY(append(pieces, slice_take(&line, line_length(line)), arena));
	}
	return OK;
}

enum result view_paragraphs(struct slice text, struct arena *arena, struct view_pieces *pieces)
{
	char *out = arena_take(arena, text.len + 1);

	if (out == NULL)
		return LATER;
	return view_lines((struct slice){ out, squeeze(text, out) }, arena, pieces);
}

/* Where the byte stands first, from `from` on and before `to`; `to`: nowhere. */
static size_t find_byte(struct slice text, char byte, size_t from, size_t to)
{
	const char *found;

	to = to < text.len ? to : text.len;
	found = from < to ? memchr(text.at + from, byte, to - from) : NULL;
	return found ? (size_t)(found - text.at) : to;
}

static const char raw_stops[] = { '\n', '>', ' ' };

/* The end of a part that is longer than what is read of it. */
static struct slice cut_raw_part(struct slice text)
{
	if (text.len <= VIEW_RAW_PART)
		return text;
	for (size_t i = 0; i < sizeof(raw_stops); i++) {
		size_t at = find_byte(text, raw_stops[i], VIEW_RAW_PART, VIEW_RAW_PART + CUT_SEARCH);

		if (at < text.len && text.at[at] == raw_stops[i] && at < VIEW_RAW_PART + CUT_SEARCH)
			return (struct slice){ text.at, at + 1 };
	}
	return (struct slice){ text.at, VIEW_RAW_PART };
}

static size_t raw_length(struct slice text)
{
	for (size_t i = 0; i < sizeof(raw_stops); i++) {
		size_t at = find_byte(text, raw_stops[i], RAW_LEAST, RAW_MOST);

		if (at < RAW_MOST && at < text.len)
			return at + 1;
	}
	return RAW_LEAST + 1;
}

enum result view_raw(struct slice text, struct arena *arena, struct view_pieces *pieces)
{
	struct slice rest = cut_raw_part(text);

	if (rest.len > RAW_LEAST)
		while (rest.len > RAW_MOST)
			TRY(append(pieces, slice_take(&rest, raw_length(rest)), arena));
	return append(pieces, rest, arena);
}

struct slice view_cut_characters(struct slice text, size_t most)
{
	size_t at = 0, count = 0, end = 0;

	while (at < text.len && count < most + CUT_SEARCH) {
		if (count == most)
			end = at;
		if (count >= most && text.at[at] == '\n')
			return (struct slice){ text.at, at + 1 };
		count += ((unsigned char)text.at[at++] & 0xc0) != 0x80;
	}
	if (count < most || at == text.len)
		return text;
	at = find_byte(text, ' ', end, end + CUT_SEARCH);
	if (at < text.len && at < end + CUT_SEARCH)
		end = at + 1;
	return (struct slice){ text.at, end };
}

/* ---- to decode ---- */

enum result view_plain_ends(struct slice text, struct arena *arena, struct slice *ret_text)
{
	char *out;
	size_t length = 0;

	if (!slice_has(text, '\r')) {
		*ret_text = text;
		return OK;
	}
	out = arena_take(arena, text.len);
	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '\r' || i + 1 == text.len || text.at[i + 1] != '\n')
			out[length++] = text.at[i];
	*ret_text = (struct slice){ out, length };
	return OK;
}

enum result view_utf8(const struct message_reader *reader, struct slice charset, struct slice text, struct slice *ret_text)
{
	unsigned faults = 0;
	enum result result;

	*ret_text = text;
	if (!slice_has_eight_bit(text) ? !slice_begins_nocase(charset, SLICE("iso-2022")) && !slice_begins_nocase(charset, SLICE("utf-16"))
	                               : utf8_is_valid(text))
		return OK;
	result = charset_to_utf8(reader->charsets, charset, text, reader->arena, ret_text, &faults);
	if (result == OK && faults)
		return charset_to_utf8(reader->charsets, SLICE("windows-1252"), text, reader->arena, ret_text, &faults);
	return result;
}

/* Line ends and the blanks behind them become one blank. */
static enum result unfold(struct arena *arena, struct slice raw, struct slice *ret_text)
{
	char *out = arena_take(arena, raw.len + 1);
	size_t length = 0;

	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.at[i] == '\r' && i + 1 < raw.len && raw.at[i + 1] == '\n')
			continue;
		if (raw.at[i] != '\n') {
			out[length++] = raw.at[i];
			continue;
		}
		while (i + 1 < raw.len && (raw.at[i + 1] == ' ' || raw.at[i + 1] == '\t'))
			i++;
		out[length++] = ' ';
	}
	*ret_text = rules_trim((struct slice){ out, length });
	return OK;
}

static bool is_never_encoded(struct slice name)
{
	static const struct slice names[] = {
		LIT("Received"), LIT("Message-ID"), LIT("Resent-Message-ID"), LIT("Date"), LIT("Resent-Date"), LIT("MIME-Version"),
		LIT("References"), LIT("In-Reply-To"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_same_nocase(name, names[i]))
			return true;
	return slice_begins_nocase(name, SLICE("List-"));
}

static bool holds_word(struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.at[i] == '=' && text.at[i + 1] == '?')
			return true;
	return false;
}

enum result view_decoded(const struct message_reader *reader, struct slice name, struct slice raw, struct slice *ret_text)
{
	struct slice text;
	unsigned faults = 0;

	TRY(unfold(reader->arena, raw, &text));
	TRY(view_utf8(reader, SLICE("utf-8"), text, &text));
	if (holds_word(text) && !is_never_encoded(name))
		TRY(header_text(reader, text, &text, &faults));
	*ret_text = text;
	return OK;
}
