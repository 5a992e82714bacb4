/* SPDX-License-Identifier: Apache-2.0 */
/* One pass: bytes are of classes, a table; a run of one class is a word. The last four words are remembered for pairs. */
#include "mail/spam/maker.h"

enum { REACH_MOST = 4, WORD_MOST = 32, WORD_KEPT = 20, LOUD_MOST = 4, SPLIT_LEAST = 4, SPLIT_MOST = 24, WIDE = 3 };

enum byte_class { BLANK = '_', DIGIT = 'D', LETTER = 'L', HIGH = 'H', LOUD = 'X', JOINT = 'J' };

/* Of the bytes from 32 to 127: digits, letters, loud ones, and what joins two halves of a word. */
static const char classes[] =
	"_X_XXX_J__XX_J__"
	"DDDDDDDDDD___X_X"
	"_LLLLLLLLLLLLLLL"
	"LLLLLLLLLLL____J"
	"_LLLLLLLLLLLLLLL"
	"LLLLLLLLLLL_____";
_Static_assert(sizeof(classes) == 97, "one for each");

struct word { uint32_t hash; struct slice text; };

struct words_pass {
	const struct words *words;
	uint32_t seed;
	struct word last[REACH_MOST];            /* the newest first */
	size_t known;
	char split[SPLIT_MOST];                  /* letters that stood alone, one byte between each two */
	size_t split_length;
	const char *split_next;                  /* where the next one would have to stand */
};

static enum byte_class class_of(char byte)
{
	unsigned char number = (unsigned char)byte;

	if (number >= 0x80)
		return HIGH;
	return number < 0x20 ? BLANK : (enum byte_class)classes[number - 0x20];
}

static bool is_word_byte(char byte)
{
	enum byte_class class = class_of(byte);

	return class == LETTER || class == DIGIT || class == HIGH;
}

/* ---- pairs ---- */

static struct slice pair_text(struct maker *maker, struct slice a, size_t gap, struct slice b)
{
	char *room;
	size_t length;

	if (a.len > WORD_MOST)
		a.len = WORD_MOST;
	if (b.len > WORD_MOST)
		b.len = WORD_MOST;
	length = a.len + gap + 1 + b.len;
	room = arena_take(maker->reader->arena, length);
	if (room == NULL)
		return SLICE("");
	memcpy(room, a.at, a.len);
	memset(room + a.len, gap ? '.' : ' ', gap + 1);
	memcpy(room + a.len + gap + 1, b.at, b.len);
	return (struct slice){ room, length };
}

static void add_pairs(struct words_pass *pass, const struct word *word)
{
	const struct words *words = pass->words;

	for (size_t gap = 0; gap < pass->known; gap++) {
		uint32_t before = pass->last[gap].hash;
		uint32_t hash = (before << 7 | before >> 25) * 0x9e3779b1u + word->hash + (uint32_t)gap * 0x85ebca77u;

		if (maker_put(words->maker, words->pair, hash) && words->maker->texts)
			maker_describe(words->maker, words->pair, words->label,
			               pair_text(words->maker, pass->last[gap].text, gap, word->text));
	}
}

static void add_word(struct words_pass *pass, uint32_t hash, struct slice text)
{
	const struct word word = { hash, text };

	maker_add(pass->words->maker, pass->words->word, hash, pass->words->label, text);
	add_pairs(pass, &word);
	memmove(&pass->last[1], &pass->last[0], sizeof(pass->last) - sizeof(pass->last[0]));
	pass->last[0] = word;
	if (pass->known < pass->words->reach)
		pass->known++;
}

/* ---- tricks ---- */

/* "v1agra": the word that is meant. */
static void add_unmasked(struct words_pass *pass, struct slice text)
{
	static const char meant[256] = { ['0'] = 'o', ['1'] = 'i', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['7'] = 't',
		                         ['$'] = 's', ['!'] = 'i' };
	uint32_t hash = pass->seed;
	size_t letters = 0, masks = 0;

	for (size_t i = 0; i < text.len; i++) {
		char byte = lower(text.at[i]), real = meant[(unsigned char)byte];

		letters += byte_is_letter(byte);
		masks += real != 0;
		hash = hash_byte(hash, real ? real : byte);
	}
	if (masks == 0 || letters < 2 || masks > letters || text.len < 4)
		return;
	maker_add(pass->words->maker, pass->words->word, hash, pass->words->label, text);
	maker_tell(pass->words->maker, FEATURE_trick, SLICE("letters and digits in a word"), SLICE(""));
}

static void end_split(struct words_pass *pass)
{
	struct slice text = { pass->split, pass->split_length };

	if (text.len >= SPLIT_LEAST) {
		maker_add(pass->words->maker, pass->words->word, hash_lower(pass->seed, text), pass->words->label, text);
		maker_tell(pass->words->maker, FEATURE_trick, SLICE("a split word"), SLICE(""));
	}
	pass->split_length = 0;
}

/* "v i a g r a", "v.i.a.g.r.a" */
static void follow_split(struct words_pass *pass, struct slice text)
{
	if (pass->split_length && (text.len != 1 || text.at != pass->split_next || pass->split_length == SPLIT_MOST))
		end_split(pass);
	if (text.len == 1 && byte_is_letter(*text.at)) {
		pass->split[pass->split_length++] = *text.at;
		pass->split_next = text.at + 2;
	}
}

static void add_text_word(struct words_pass *pass, struct slice text, bool digits)
{
	if (pass->words->tricks)
		follow_split(pass, text);
	if (text.len > WORD_MOST) {
		uint32_t hash = hash_number(hash_lower(pass->seed, (struct slice){ text.at, WORD_KEPT }), text.len / 8);

		add_word(pass, hash, text);
		return;
	}
	add_word(pass, hash_lower(pass->seed, text), text);
	if (digits && pass->words->tricks)
		add_unmasked(pass, text);
}

/* ---- where words end ---- */

/* Scripts that put no blanks between words, in three bytes a character: each character is a word. */
static bool is_wide(struct slice text)
{
	unsigned char first = (unsigned char)text.at[0];

	return text.len >= WIDE && ((first >= 0xe3 && first <= 0xed) || (first == 0xe0 && (unsigned char)text.at[1] >= 0xb8 &&
	                                                                 (unsigned char)text.at[1] <= 0xbb));
}

static size_t word_length(struct slice text, bool *ret_digits)
{
	size_t length = 0;

	while (length < text.len) {
		enum byte_class class = class_of(text.at[length]);
		bool more = length + 1 < text.len;

		if (class == HIGH && length && is_wide(slice_drop(text, length)))
			break;
		if (class == DIGIT)
			*ret_digits = true;
		else if ((class == JOINT || class == LOUD) && length && more && is_word_byte(text.at[length + 1])) {
			if (class == LOUD && (text.at[length] == '$' || text.at[length] == '!'))
				*ret_digits = true;
			else if (class == LOUD)
				break;
		} else if (class != LETTER && class != HIGH)
			break;
		length++;
	}
	return length;
}

static size_t loud_length(struct slice text)
{
	size_t length = 1;

	while (length < text.len && length < LOUD_MOST && text.at[length] == text.at[0])
		length++;
	return length;
}

void words_of(const struct words *words, struct slice text)
{
	struct words_pass pass = { .words = words };

	pass.seed = hash_byte(hash_lower(HASH_SEED, words->label), ':');
	while (text.len) {
		enum byte_class class = class_of(text.at[0]);
		bool digits = false;
		size_t length = 1;

		if (class == HIGH && is_wide(text))
			length = WIDE;
		else if (class == LETTER || class == DIGIT || class == HIGH)
			length = word_length(text, &digits);
		else if (class == LOUD)
			length = loud_length(text);
		if (is_word_byte(text.at[0]))
			add_text_word(&pass, (struct slice){ text.at, length }, digits);
		else if (class == LOUD)
			add_word(&pass, hash_bytes(pass.seed, (struct slice){ text.at, length }), (struct slice){ text.at, length });
		text = slice_drop(text, length);
	}
	end_split(&pass);
}

void grams_of(struct maker *maker, enum feature_kind kind, struct slice bytes)
{
	uint32_t four = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		four = four << 8 | (unsigned char)lower(bytes.at[i]);
		if (i >= 3)
			maker_add(maker, kind, four, SLICE(""), (struct slice){ bytes.at + i - 3, 4 });
	}
}
