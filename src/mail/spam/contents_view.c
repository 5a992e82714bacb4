/* SPDX-License-Identifier: Apache-2.0 */
/* Parts in order, until so many bytes of text were seen: each as it is shown, HTML without its marks, and what is written
 * so that nobody sees it. */
#include "mail/spam/maker.h"

enum { PARTS_MOST = 64, NAMES_MOST = 4 };

struct contents {
	struct maker *maker;
	size_t left;                             /* bytes of text that may still be looked at */
	size_t left_grams;
	unsigned texts;
};

static void tell(struct maker *maker, struct slice label, struct slice text)
{
	maker_tell(maker, FEATURE_part, label, text);
}

/* ---- a part's bytes ---- */

/* The first of them, at most `most`. */
static struct slice first_bytes(struct maker *maker, const struct part *part, size_t most)
{
	struct part_stream stream;
	size_t length = 0, got;
	char *room;

	if (part->encoding == ENCODING_IDENTITY && part->within == NULL)
		return (struct slice){ part->body.at, part->body.len < most ? part->body.len : most };
	if (part->size < most)
		most = (size_t)part->size;
	room = arena_take(maker->reader->arena, most + DECODE_ROOM);
	if (room == NULL) {
		maker->full = true;
		return SLICE("");
	}
	part_stream_init(&stream, part);
	while (length < most && (got = part_stream_take(&stream, room + length, most + DECODE_ROOM - length)) > 0)
		length += got;
	return (struct slice){ room, length < most ? length : most };
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

static void see_text(struct contents *contents, struct slice text)
{
	const struct words words = { .maker = contents->maker, .word = FEATURE_word, .pair = FEATURE_pair, .reach = 4,
		                     .tricks = true };

	text = without_widthless(contents, text);
	words_of(&words, text);
	links_in(contents->maker, text);
	if (text.len > contents->left_grams)
		text.len = contents->left_grams;
	grams_of(contents->maker, FEATURE_gram, text);
	contents->left_grams -= text.len;
}

static void see_html(struct contents *contents, struct slice text)
{
	const struct words hidden = { .maker = contents->maker, .word = FEATURE_trick, .pair = FEATURE_trick,
		                      .label = SLICE("hidden") };
	struct markup markup;

	markup_of(contents->maker, text, &markup);
	see_text(contents, markup.seen);
	words_of(&hidden, markup.hidden);
}

static void see_text_part(struct contents *contents, const struct part *part)
{
	struct slice bytes = first_bytes(contents->maker, part, contents->left), text;
	unsigned faults = 0;

	contents->left -= bytes.len;
	contents->texts++;
	if (charset_to_utf8(contents->maker->reader->charsets, part->charset, bytes, contents->maker->reader->arena, &text,
	                    &faults) != OK) {
		contents->maker->full = true;
		return;
	}
	if (faults)
		maker_tell_number(contents->maker, FEATURE_part, SLICE("charset faults"), faults);
	if (slice_same(part->type, SLICE("text/html")))
		see_html(contents, text);
	else
		see_text(contents, text);
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

void contents_view(struct maker *maker, const struct message_view *view)
{
	struct contents contents = { .maker = maker, .left = FEATURE_TEXT, .left_grams = FEATURE_GRAM_TEXT };
	unsigned number = 0;

	for (const struct part *part = view->first; part && number < PARTS_MOST; part = part->next) {
		if (part->reading != READING_FIRST || part->recoded)
			continue;
		number++;
		see_part(&contents, part);
		if (is_text(part) && contents.left)
			see_text_part(&contents, part);
	}
	maker_tell_number(maker, FEATURE_part, SLICE("parts"), number);
	maker_tell_number(maker, FEATURE_part, SLICE("texts"), contents.texts);
	see_ambiguities(maker, view->ambiguities);
}
