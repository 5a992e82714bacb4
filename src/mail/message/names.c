/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the characters against a table of ranges, then a few looks at the bytes. */
#include "mail/message/names.h"

#include "mail/message/charsets.h"

#include <string.h>

static const char *const facts[NAME_TRAITS] = {
	"name-direction", "name-invisible", "name-control", "name-tail", "name-stream", "name-path", "name-reserved",
	"name-spaced", "name-long", "name-double", "name-mixed", "name-dot",
};

const char *name_trait_fact(unsigned bit)
{
	return bit < NAME_TRAITS ? facts[bit] : "";
}

static const struct { uint32_t from, to; unsigned trait; } ranges[] = {
	{ 0x00, 0x1f, NAME_CONTROL },       { 0x7f, 0x9f, NAME_CONTROL },        { 0xad, 0xad, NAME_INVISIBLE },
	{ 0x34f, 0x34f, NAME_INVISIBLE },   { 0x61c, 0x61c, NAME_DIRECTION },    { 0x115f, 0x1160, NAME_INVISIBLE },
	{ 0x180e, 0x180e, NAME_INVISIBLE }, { 0x200b, 0x200d, NAME_INVISIBLE },  { 0x200e, 0x200f, NAME_DIRECTION },
	{ 0x2028, 0x2029, NAME_CONTROL },   { 0x202a, 0x202e, NAME_DIRECTION },  { 0x2060, 0x2064, NAME_INVISIBLE },
	{ 0x2066, 0x2069, NAME_DIRECTION }, { 0x3164, 0x3164, NAME_INVISIBLE },  { 0xfeff, 0xfeff, NAME_INVISIBLE },
	{ 0xe0000, 0xe007f, NAME_INVISIBLE }, { 0xb7, 0xb7, NAME_DOT },          { 0x387, 0x387, NAME_DOT },
	{ 0x6d4, 0x6d4, NAME_DOT },         { 0x701, 0x702, NAME_DOT },          { 0x1427, 0x1427, NAME_DOT },
	{ 0x2024, 0x2024, NAME_DOT },       { 0x2027, 0x2027, NAME_DOT },        { 0x2219, 0x2219, NAME_DOT },
	{ 0x22c5, 0x22c5, NAME_DOT },       { 0x3002, 0x3002, NAME_DOT },        { 0xa4f8, 0xa4f8, NAME_DOT },
	{ 0xfe52, 0xfe52, NAME_DOT },       { 0xff0e, 0xff0e, NAME_DOT },        { 0xff61, 0xff61, NAME_DOT },
};

static uint32_t character_at(struct slice text, size_t *ret_length)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t length = utf8_character(text);
	uint32_t c = length ? (unsigned char)text.at[0] & mask[length] : 0xfffd;

	for (size_t i = 1; i < length; i++)
		c = c << 6 | ((unsigned char)text.at[i] & 0x3f);
	*ret_length = length ? length : 1;
	return c;
}

static unsigned range_traits(uint32_t c)
{
	unsigned traits = 0;

	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			traits |= ranges[i].trait;
	return traits;
}

size_t name_with_dots(struct slice name, char *room)
{
	size_t written = 0, length;

	for (; name.len; name = slice_drop(name, length)) {
		if (range_traits(character_at(name, &length)) & NAME_DOT) {
			room[written++] = '.';
		} else {
			memcpy(room + written, name.at, length);
			written += length;
		}
	}
	return written;
}

bool name_is_overlong(struct slice bytes)
{
	for (size_t i = 0; i + 1 < bytes.len; i++) {
		unsigned char first = (unsigned char)bytes.at[i], second = (unsigned char)bytes.at[i + 1];

		if (((first == 0xc0 || first == 0xc1) && second >= 0x80 && second <= 0xbf) ||
		    (first == 0xe0 && second >= 0x80 && second <= 0x9f) || (first == 0xf0 && second >= 0x80 && second <= 0x8f))
			return true;
	}
	return false;
}

enum { SCRIPT_LATIN = 1, SCRIPT_OTHER = 2 };

static unsigned script_of(uint32_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return SCRIPT_LATIN;
	return c >= 0x370 && c < 0x530 ? SCRIPT_OTHER : 0;
}

static unsigned character_traits(struct slice name)
{
	unsigned traits = 0, scripts = 0;

	while (name.len) {
		size_t length;
		uint32_t c = character_at(name, &length);

		traits |= c > 0x1e ? range_traits(c) : NAME_CONTROL;
		scripts = name.at[0] == '.' || name.at[0] == ' ' ? 0 : scripts | script_of(c);
		if (scripts == (SCRIPT_LATIN | SCRIPT_OTHER))
			traits |= NAME_MIXED;
		name = slice_drop(name, length);
	}
	return traits;
}

static bool is_tail(char c)
{
	return c == '.' || c == ' ' || c == '\t' || c == '\0';
}

static struct slice without_tail(struct slice name)
{
	while (name.len && is_tail(name.at[name.len - 1]))
		name.len--;
	return name;
}

struct slice name_extension(struct slice name)
{
	struct slice whole = without_tail(name);
	const char *dot = whole.len ? memrchr(whole.at, '.', whole.len) : NULL;

	return dot ? slice_drop(whole, (size_t)(dot + 1 - whole.at)) : SLICE("");
}

static bool is_reserved(struct slice name)
{
	static const struct slice words[] = { LIT("con"), LIT("prn"), LIT("aux"), LIT("nul"), LIT("com"), LIT("lpt") };
	struct slice rest = name, stem = slice_trim(slice_cut(&rest, '.'));

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (slice_begins_nocase(stem, words[i]) && (stem.len == 3 ? i < 4 : stem.len == 4 && i >= 4 && byte_is_digit(stem.at[3])))
			return true;
	return false;
}

/* Extensions of things that people open without a thought. */
static bool is_document(struct slice extension)
{
	static const struct slice list[] = {
		LIT("pdf"), LIT("doc"), LIT("docx"), LIT("xls"), LIT("xlsx"), LIT("ppt"), LIT("pptx"), LIT("txt"), LIT("rtf"),
		LIT("jpg"), LIT("jpeg"), LIT("png"), LIT("gif"), LIT("bmp"), LIT("mp3"), LIT("mp4"), LIT("avi"), LIT("csv"),
		LIT("odt"), LIT("htm"), LIT("html"), LIT("eml"), LIT("msg"),
	};

	for (size_t i = 0; i < COUNT_OF(list); i++)
		if (slice_same_nocase(list[i], extension))
			return true;
	return false;
}

static unsigned extension_traits(struct slice name)
{
	struct slice extension = name_extension(name), stem = without_tail(name), before;
	unsigned traits = 0;

	if (extension.len == 0 || stem.len <= extension.len + 1)
		return 0;
	stem.len -= extension.len + 1;
	if (stem.at[stem.len - 1] == ' ' || stem.at[stem.len - 1] == '\t')
		traits |= NAME_SPACED;
	before = name_extension(stem);
	if (is_document(slice_trim(before)) && !slice_same_nocase(before, extension))
		traits |= NAME_DOUBLE;
	return traits;
}

unsigned name_traits(struct slice name)
{
	unsigned traits = character_traits(name) | extension_traits(name);

	if (name.len && is_tail(name.at[name.len - 1]))
		traits |= NAME_TAIL;
	if (slice_has(name, ':'))
		traits |= NAME_STREAM;
	if (slice_has(name, '/') || slice_has(name, '\\') || slice_same(name, SLICE("..")))
		traits |= NAME_PATH;
	if (is_reserved(name))
		traits |= NAME_RESERVED;
	if (name.len > 255)
		traits |= NAME_LONG;
	return traits;
}

static const struct { struct slice extension, begins; } promises[] = {
	{ LIT("png"), LIT("\x89PNG") }, { LIT("gif"), LIT("GIF8") }, { LIT("jpg"), LIT("\xff\xd8") },
	{ LIT("jpeg"), LIT("\xff\xd8") },
};

bool name_is_denied(struct slice name, struct slice first)
{
	struct slice extension = name_extension(name);

	if (first.len < 8)
		return false;
	for (size_t i = 0; i < COUNT_OF(promises); i++)
		if (slice_same_nocase(extension, promises[i].extension))
			return !slice_begins(first, promises[i].begins);
	return false;
}
