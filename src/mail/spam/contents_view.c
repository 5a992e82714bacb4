/* SPDX-License-Identifier: Apache-2.0 */
/* Each part as it is shown: HTML without its marks, and what is written so that nobody sees it. Whoever writes much pushes
 * nothing out: of many parts, of much text, and of many features the first and the last are looked at, and that there was
 * more is told. */
#include "mail/spam/maker.h"

enum { PARTS_EDGE = 32, NAMES_MOST = 4, DECODED_EACH = 160000, TEXT_EDGE = 2000, HIDDEN_TEXT = 15000, GRAMS_LAST = 1000 };

struct contents {
	struct maker *maker;
	size_t texts;                            /* parts of text that are still to come */
	size_t left, left_grams;                 /* bytes of text that may still be looked at */
};

static void tell(struct maker *maker, struct slice label, struct slice text)
{
	maker_tell(maker, FEATURE_part, label, text);
}

/* ---- a part's bytes ---- */

static void tell_cut(struct maker *maker, const char *what)
{
	maker_tell(maker, FEATURE_trick, SLICE("cut"), slice_of(what));
}

/* A text in two halves; where it is longer than `most`, what lies between them is left out. */
struct halves { struct slice first, last; };

static struct halves halves_of(struct slice text, size_t most)
{
	size_t length = text.len < most ? text.len : most;
	struct slice last = slice_drop(text, text.len - (length - length / 2));

	return (struct halves){ { text.at, length / 2 }, last };
}

/* What comes last of a stream, `room` bytes or fewer, at the beginning of `out`. */
static size_t last_bytes(struct part_stream *stream, char *out, size_t room)
{
	size_t length = 0, got;

	while ((got = part_stream_take(stream, out + length, room + DECODE_ROOM)) > 0) {
		length += got;
		if (length > room) {
			memmove(out, out + length - room, room);
			length = room;
		}
	}
	return length;
}

/* The first and the last of its bytes in a row, at most DECODED_EACH. */
static struct slice decoded(struct maker *maker, const struct part *part)
{
	bool plain = part->encoding == ENCODING_IDENTITY && part->within == NULL;
	uint64_t size = plain ? part->body.len : part->size;
	bool whole = size <= DECODED_EACH;
	size_t first = whole ? (size_t)size : DECODED_EACH / 2, last = whole ? 0 : DECODED_EACH / 2, length = 0, got;
	struct part_stream stream;
	char *room;

	if (!whole)
		tell_cut(maker, "part");
	else if (plain)
		return part->body;
	room = arena_take(maker->reader->arena, first + 2 * last + (size_t)2 * DECODE_ROOM);
	if (room == NULL) {
		maker->full = true;
		return SLICE("");
	}
	part_stream_init(&stream, part);
	while (length < first && (got = part_stream_take(&stream, room + length, first + DECODE_ROOM - length)) > 0)
		length += got;
	if (!whole)
		length += last_bytes(&stream, room + length, last);
	return (struct slice){ room, whole && length > first ? first : length };
}

/* Characters without width: they keep words apart for machines alone. */
static size_t widthless(struct slice text)
{
	static const struct slice list[] = { LIT("\xe2\x80\x8b"), LIT("\xe2\x80\x8c"), LIT("\xe2\x80\x8d"), LIT("\xc2\xad"),
		                             LIT("\xef\xbb\xbf"), LIT("\xe2\x81\xa0") };

	for (size_t i = 0; i < COUNT_OF(list); i++)
		if (slice_begins(text, list[i]))
			return list[i].len;
	return 0;
}

static struct slice without_widthless(struct contents *contents, struct slice text)
{
	char *room;
	size_t length = 0, found = 0;

	if (!slice_has_eight_bit(text))
		return text;
	room = arena_take(contents->maker->reader->arena, text.len + 1);
	if (room == NULL) {
		contents->maker->full = true;
		return text;
	}
	while (text.len) {
		size_t step = (unsigned char)*text.at >= 0xc2 ? widthless(text) : 0;

		found += step != 0;
		if (step == 0)
			room[length++] = *text.at;
		text = slice_drop(text, step ? step : 1);
	}
	if (found)
		maker_tell_number(contents->maker, FEATURE_trick, SLICE("characters without width"), small_size(found));
	return (struct slice){ room, length };
}

/* ---- text ---- */

static void see_grams(struct contents *contents, struct slice text)
{
	size_t most = contents->left_grams / (contents->texts ? contents->texts : 1);
	size_t last = text.len > most ? GRAMS_LAST * most / FEATURE_GRAM_TEXT : 0;

	if (text.len > most)
		grams_of(contents->maker, FEATURE_gram, slice_drop(text, text.len - last));
	else
		most = text.len;
	grams_of(contents->maker, FEATURE_gram, (struct slice){ text.at, most - last });
	contents->left_grams -= most;
}

static void see_piece(struct contents *contents, struct slice text, size_t left)
{
	const struct words words = { .maker = contents->maker, .word = FEATURE_word, .pair = FEATURE_pair, .reach = 4,
		                     .tricks = true };

	maker_share(contents->maker, left);
	words_of(&words, text);
	links_in(contents->maker, text);
}

/* Both edges before what lies between them, so that they have room. */
static void see_long(struct contents *contents, struct slice first, struct slice last)
{
	struct slice begin = slice_take(&first, TEXT_EDGE);
	struct slice end = slice_drop(last, last.len > TEXT_EDGE ? last.len - TEXT_EDGE : 0);

	last.len -= end.len;
	see_piece(contents, begin, 4 * contents->texts);
	see_piece(contents, end, 4 * contents->texts - 1);
	see_piece(contents, first, 4 * contents->texts - 2);
	see_piece(contents, last, 4 * contents->texts - 3);
}

/* Its share of what may be looked at. */
static void see_text(struct contents *contents, struct slice text)
{
	size_t share = contents->left / (contents->texts ? contents->texts : 1);
	struct halves halves;

	text = without_widthless(contents, text);
	halves = halves_of(text, share);
	if (text.len > share)
		tell_cut(contents->maker, "text");
	if (text.len > share || text.len > (size_t)3 * TEXT_EDGE)
		see_long(contents, halves.first, halves.last);
	else
		see_piece(contents, text, contents->texts);
	contents->left -= halves.first.len + halves.last.len;
	see_grams(contents, text);
}

/* Words that nobody sees; the last of very many before the first, so that both have room. */
static void see_hidden(struct contents *contents, struct slice text)
{
	const struct words words = { .maker = contents->maker, .word = FEATURE_trick, .pair = FEATURE_trick,
		                     .label = SLICE("hidden") };
	struct halves halves = halves_of(text, HIDDEN_TEXT);

	if (text.len > HIDDEN_TEXT) {
		maker_share(contents->maker, 2 * contents->texts);
		words_of(&words, halves.last);
		text = halves.first;
	}
	maker_share(contents->maker, contents->texts);
	words_of(&words, text);
}

static void see_html(struct contents *contents, struct slice text)
{
	struct markup markup;

	markup_of(contents->maker, text, &markup);
	see_text(contents, markup.seen);
	see_hidden(contents, markup.hidden);
}

static void see_text_part(struct contents *contents, const struct part *part)
{
	struct slice bytes = decoded(contents->maker, part), text;
	unsigned faults = 0;

	if (charset_to_utf8(contents->maker->reader->charsets, part->charset, bytes, contents->maker->reader->arena, &text,
	                    &faults) != OK) {
		contents->maker->full = true;
		return;
	}
	maker_share(contents->maker, contents->texts);
	if (faults)
		maker_tell_number(contents->maker, FEATURE_part, SLICE("charset faults"), faults);
	if (slice_same(part->type, SLICE("text/html")))
		see_html(contents, text);
	else
		see_text(contents, text);
	contents->texts--;
}

/* ---- what a part is ---- */

static void see_name(struct maker *maker, struct slice name)
{
	const struct words words = { .maker = maker, .word = FEATURE_part, .pair = FEATURE_part, .label = SLICE("name") };

	tell(maker, SLICE("extension"), name_extension(name));
	words_of(&words, name.len > 256 ? (struct slice){ name.at, 256 } : name);
}

static void see_part(struct contents *contents, const struct part *part)
{
	struct maker *maker = contents->maker;

	tell(maker, SLICE("type"), part->type);
	if (part->charset.len)
		tell(maker, SLICE("charset"), part->charset);
	tell(maker, part->type, slice_of(encoding_name(part->encoding)));
	if (part->disposition.len)
		tell(maker, part->type, part->disposition);
	maker_tell_number(maker, FEATURE_part, part->type, small_size(part->size));
	maker_tell_number(maker, FEATURE_part, SLICE("depth"), part->depth);
	if (part->traits)
		maker_tell_number(maker, FEATURE_trick, SLICE("a name with traits"), part->traits);
	for (size_t i = 0; i < part->names.count && i < NAMES_MOST; i++)
		see_name(maker, part->names.list[i]);
}

static void see_ambiguities(struct maker *maker, uint64_t ambiguities)
{
	for (unsigned bit = 0; bit < AMBIGUITY_COUNT; bit++)
		if (ambiguities >> bit & 1)
			maker_tell(maker, FEATURE_trick, SLICE("readers differ"), slice_of(ambiguity_text((enum ambiguity)bit)));
}

static bool is_text(const struct part *part)
{
	return slice_begins(part->type, SLICE("text/")) && part->children == 0;
}

static bool is_seen(const struct part *part)
{
	return part->reading == READING_FIRST && !part->recoded;
}

static bool at_an_end(size_t number, size_t count)
{
	return number < PARTS_EDGE || number + PARTS_EDGE >= count;
}

static size_t count_parts(const struct message_view *view)
{
	size_t count = 0;

	for (const struct part *part = view->first; part; part = part->next)
		count += is_seen(part);
	return count;
}

static size_t count_texts(const struct message_view *view, size_t parts)
{
	size_t number = 0, texts = 0;

	for (const struct part *part = view->first; part; part = part->next)
		if (is_seen(part))
			texts += at_an_end(number++, parts) && is_text(part);
	return texts;
}

void contents_view(struct maker *maker, const struct message_view *view)
{
	size_t parts = count_parts(view), texts = count_texts(view, parts), number = 0;
	struct contents contents = { .maker = maker, .texts = texts, .left = FEATURE_TEXT, .left_grams = FEATURE_GRAM_TEXT };

	maker_share(maker, 2);
	for (const struct part *part = view->first; part; part = part->next)
		if (is_seen(part) && at_an_end(number++, parts))
			see_part(&contents, part);
	number = 0;
	for (const struct part *part = view->first; part; part = part->next)
		if (is_seen(part) && at_an_end(number++, parts) && is_text(part))
			see_text_part(&contents, part);
	maker_share(maker, 1);
	if (parts > (size_t)2 * PARTS_EDGE)
		tell_cut(maker, "parts");
	maker_tell_number(maker, FEATURE_part, SLICE("parts"), parts);
	maker_tell_number(maker, FEATURE_part, SLICE("texts"), texts);
	see_ambiguities(maker, view->ambiguities);
}
