/* SPDX-License-Identifier: Apache-2.0 */
/* A table of names first, then one function a built-in set; iconv for the rest, which skips one byte where it
 * finds no character. */
#include "mail/message/charsets.h"

#include <errno.h>
#include <string.h>

enum builtin { BUILTIN_UTF8, BUILTIN_LATIN, BUILTIN_ASCII, BUILTIN_UTF16, BUILTIN_UTF16BE, BUILTIN_UTF16LE, BUILTIN_NONE };

static const struct { struct slice name; enum builtin builtin; } builtins[] = {
	{ LIT("utf-8"), BUILTIN_UTF8 },            { LIT("utf8"), BUILTIN_UTF8 },
	{ LIT("unicode-1-1-utf-8"), BUILTIN_UTF8 }, { LIT("us-ascii"), BUILTIN_ASCII },
	{ LIT("ascii"), BUILTIN_ASCII },           { LIT("ansi_x3.4-1968"), BUILTIN_ASCII },
	{ LIT("646"), BUILTIN_ASCII },             { LIT("iso-8859-1"), BUILTIN_LATIN },
	{ LIT("iso8859-1"), BUILTIN_LATIN },       { LIT("iso_8859-1"), BUILTIN_LATIN },
	{ LIT("latin1"), BUILTIN_LATIN },          { LIT("windows-1252"), BUILTIN_LATIN },
	{ LIT("cp1252"), BUILTIN_LATIN },          { LIT("utf-16"), BUILTIN_UTF16 },
	{ LIT("utf-16be"), BUILTIN_UTF16BE },      { LIT("utf-16le"), BUILTIN_UTF16LE },
	{ LIT("ucs-2"), BUILTIN_UTF16 },           { LIT("iso-10646-ucs-2"), BUILTIN_UTF16 },
	{ LIT("utf16"), BUILTIN_UTF16 },           { LIT(""), BUILTIN_UTF8 },
};

/* A name in the mail, and what iconv calls it. */
static const struct { struct slice name; const char *open_as; } others[] = {
	{ LIT("gb2312"), "GB18030" },       { LIT("gbk"), "GB18030" },             { LIT("gb18030"), "GB18030" },
	{ LIT("cp936"), "GB18030" },        { LIT("x-gbk"), "GB18030" },           { LIT("gb_2312-80"), "GB18030" },
	{ LIT("hz-gb-2312"), "GB18030" },   { LIT("big5"), "BIG5-HKSCS" },         { LIT("big5-hkscs"), "BIG5-HKSCS" },
	{ LIT("cp950"), "BIG5-HKSCS" },     { LIT("shift_jis"), "CP932" },         { LIT("shift-jis"), "CP932" },
	{ LIT("sjis"), "CP932" },           { LIT("x-sjis"), "CP932" },            { LIT("cp932"), "CP932" },
	{ LIT("windows-31j"), "CP932" },    { LIT("euc-jp"), "EUC-JP" },           { LIT("x-euc-jp"), "EUC-JP" },
	{ LIT("iso-2022-jp"), "ISO-2022-JP-2" }, { LIT("iso-2022-jp-2"), "ISO-2022-JP-2" },
	{ LIT("iso-2022-jp-ms"), "ISO-2022-JP-2" }, { LIT("iso-2022-kr"), "ISO-2022-KR" },
	{ LIT("iso-2022-cn"), "ISO-2022-CN" }, { LIT("euc-kr"), "UHC" },           { LIT("ks_c_5601-1987"), "UHC" },
	{ LIT("ksc5601"), "UHC" },          { LIT("ks_c_5601"), "UHC" },           { LIT("cp949"), "UHC" },
	{ LIT("euc-tw"), "EUC-TW" },        { LIT("utf-7"), "UTF-7" },             { LIT("unicode-1-1-utf-7"), "UTF-7" },
	{ LIT("utf-32"), "UTF-32" },        { LIT("utf-32be"), "UTF-32BE" },       { LIT("utf-32le"), "UTF-32LE" },
	{ LIT("koi8-r"), "KOI8-R" },        { LIT("koi8r"), "KOI8-R" },            { LIT("koi8-u"), "KOI8-U" },
	{ LIT("windows-1250"), "CP1250" },  { LIT("windows-1251"), "CP1251" },     { LIT("windows-1253"), "CP1253" },
	{ LIT("windows-1254"), "CP1254" },  { LIT("windows-1255"), "CP1255" },     { LIT("windows-1256"), "CP1256" },
	{ LIT("windows-1257"), "CP1257" },  { LIT("windows-1258"), "CP1258" },     { LIT("windows-874"), "CP874" },
	{ LIT("cp1250"), "CP1250" },        { LIT("cp1251"), "CP1251" },           { LIT("cp1253"), "CP1253" },
	{ LIT("cp1254"), "CP1254" },        { LIT("cp1255"), "CP1255" },           { LIT("cp1256"), "CP1256" },
	{ LIT("cp866"), "CP866" },          { LIT("ibm866"), "CP866" },            { LIT("cp437"), "CP437" },
	{ LIT("ibm437"), "CP437" },         { LIT("cp850"), "CP850" },             { LIT("ibm850"), "CP850" },
	{ LIT("iso-8859-2"), "ISO-8859-2" }, { LIT("iso-8859-3"), "ISO-8859-3" },  { LIT("iso-8859-4"), "ISO-8859-4" },
	{ LIT("iso-8859-5"), "ISO-8859-5" }, { LIT("iso-8859-6"), "ISO-8859-6" },  { LIT("iso-8859-7"), "ISO-8859-7" },
	{ LIT("iso-8859-8"), "ISO-8859-8" }, { LIT("iso-8859-8-i"), "ISO-8859-8" }, { LIT("iso-8859-9"), "CP1254" },
	{ LIT("iso-8859-10"), "ISO-8859-10" }, { LIT("iso-8859-11"), "CP874" },    { LIT("iso-8859-13"), "ISO-8859-13" },
	{ LIT("iso-8859-14"), "ISO-8859-14" }, { LIT("iso-8859-15"), "ISO-8859-15" }, { LIT("iso-8859-16"), "ISO-8859-16" },
	{ LIT("latin2"), "ISO-8859-2" },    { LIT("latin9"), "ISO-8859-15" },      { LIT("tis-620"), "CP874" },
	{ LIT("macintosh"), "MACINTOSH" },  { LIT("x-mac-roman"), "MACINTOSH" },   { LIT("mac"), "MACINTOSH" },
	{ LIT("x-mac-cyrillic"), "MAC-CYRILLIC" }, { LIT("viscii"), "VISCII" },
};

const char *const *charsets_wanted(void)
{
	static const char *const wanted[] = {
		"GB18030", "BIG5-HKSCS", "CP932", "EUC-JP", "ISO-2022-JP-2", "ISO-2022-KR", "ISO-2022-CN", "UHC", "EUC-TW", "UTF-7",
		"UTF-32", "UTF-32BE", "UTF-32LE", "KOI8-R", "KOI8-U", "CP1250", "CP1251", "CP1253", "CP1254", "CP1255", "CP1256",
		"CP1257", "CP1258", "CP874", "CP866", "CP437", "CP850", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5",
		"ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16",
		"MACINTOSH", "MAC-CYRILLIC", "VISCII", NULL,
	};

	return wanted;
}

static enum builtin builtin_of(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(builtins); i++)
		if (slice_same_nocase(builtins[i].name, name))
			return builtins[i].builtin;
	return BUILTIN_NONE;
}

static const struct charset *opened(const struct charsets *charsets, struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (slice_same_nocase(others[i].name, name))
			name = slice_of(others[i].open_as);
	for (size_t i = 0; charsets && i < charsets->count; i++)
		if (slice_same_nocase(charsets->list[i].name, name))
			return &charsets->list[i];
	return NULL;
}

bool charset_is_known(const struct charsets *charsets, struct slice name)
{
	return builtin_of(name) != BUILTIN_NONE || opened(charsets, name) != NULL;
}

/* ---- UTF-8 ---- */

size_t utf8_put(char *out, uint32_t c)
{
	size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[length] | c);
	return length;
}

size_t utf8_character(struct slice text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = text.len ? (unsigned char)text.at[0] : 0;
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	uint32_t c = length > 1 ? first & (0x7fU >> length) : first;

	if (length == 0 || length > text.len)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text.at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text.at[i] & 0x3f);
	}
	return length > 1 && (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) ? 0 : length;
}

bool utf8_is_valid(struct slice text)
{
	while (text.len) {
		size_t length = utf8_character(text);

		if (length == 0)
			return false;
		text = slice_drop(text, length);
	}
	return true;
}

/* ---- what is built in; `room` is 3 bytes for each of the input, which is enough for all of them ---- */

static const uint16_t windows_1252[32] = {
	0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
};

static size_t from_latin(struct slice bytes, char *out)
{
	size_t written = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.at[i];

		written += utf8_put(out + written, c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c);
	}
	return written;
}

static size_t from_utf8(struct slice bytes, char *out)
{
	size_t written = 0;

	while (bytes.len) {
		size_t length = utf8_character(bytes);

		if (length)
			memcpy(out + written, bytes.at, length);
		written += length ? length : utf8_put(out + written, 0xfffd);
		bytes = slice_drop(bytes, length ? length : 1);
	}
	return written;
}

static uint32_t unit_of(struct slice bytes, bool big)
{
	unsigned char a = (unsigned char)bytes.at[0], b = (unsigned char)bytes.at[1];

	return big ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

static size_t from_utf16(struct slice bytes, bool big, char *out, unsigned *faults)
{
	size_t written = 0;

	for (; bytes.len >= 2; bytes = slice_drop(bytes, 2)) {
		uint32_t c = unit_of(bytes, big), low = bytes.len >= 4 ? unit_of(slice_drop(bytes, 2), big) : 0;

		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			bytes = slice_drop(bytes, 2);
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
			*faults |= CHARSET_BROKEN;
		}
		written += utf8_put(out + written, c);
	}
	if (bytes.len)
		*faults |= CHARSET_BROKEN;
	return written;
}

/* Without a mark, the order in which most bytes of Latin text are zero at the right place. */
static size_t from_utf16_guessed(struct slice bytes, char *out, unsigned *faults)
{
	size_t high = 0, low = 0;

	if (bytes.len >= 2 && (unit_of(bytes, true) == 0xfeff || unit_of(bytes, true) == 0xfffe))
		return from_utf16(slice_drop(bytes, 2), unit_of(bytes, true) == 0xfeff, out, faults);
	*faults |= CHARSET_ORDER;
	for (size_t i = 0; i + 1 < bytes.len; i += 2) {
		high += bytes.at[i] == 0;
		low += bytes.at[i + 1] == 0;
	}
	return from_utf16(bytes, high >= low, out, faults);
}

static bool is_ascii(struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if ((unsigned char)bytes.at[i] >= 0x80)
			return false;
	return true;
}

static enum result take_room(struct arena *arena, size_t length, char **ret_room)
{
	char *room = length < SIZE_MAX / 4 ? arena_take(arena, length * 3 + 4) : NULL;

	if (room == NULL)
		return LATER;
	*ret_room = room;
	return OK;
}

static enum result from_builtin(enum builtin set, struct slice bytes, struct arena *arena, struct slice *ret_text,
                                unsigned *faults)
{
	bool whole = set <= BUILTIN_ASCII && is_ascii(bytes);
	size_t length = 0;
	char *room;

	if (!whole && set == BUILTIN_UTF8)
		whole = utf8_is_valid(bytes);
	if (whole) {
		*ret_text = bytes;
		return OK;
	}
	TRY(take_room(arena, bytes.len, &room));
	if (set == BUILTIN_UTF8 || (set == BUILTIN_ASCII && utf8_is_valid(bytes)))
		length = from_utf8(bytes, room);
	else if (set == BUILTIN_LATIN || set == BUILTIN_ASCII)
		length = from_latin(bytes, room);
	else if (set == BUILTIN_UTF16)
		length = from_utf16_guessed(bytes, room, faults);
	else
		length = from_utf16(bytes, set == BUILTIN_UTF16BE, room, faults);
	if (set == BUILTIN_UTF8 || set == BUILTIN_ASCII)
		*faults |= CHARSET_BROKEN;
	*ret_text = (struct slice){ room, length };
	return OK;
}

/* ---- iconv ---- */

struct room { char *at; size_t left; };

/* One stretch; a byte that begins no character becomes U+FFFD. Progress: each round eats or ends. */
static void convert(iconv_t converter, struct slice bytes, struct room *out, unsigned *faults)
{
	char *in = (char *)(uintptr_t)bytes.at;
	size_t left = bytes.len;

	while (left && out->left >= 4) {
		if (iconv(converter, &in, &left, &out->at, &out->left) != (size_t)-1)
			return;
		if (errno == E2BIG || left == 0)
			return;
		*faults |= CHARSET_BROKEN;
		if (out->left >= 3) {
			out->left -= utf8_put(out->at, 0xfffd);
			out->at += 3;
		}
		in++;
		left--;
	}
}

static enum result from_iconv(iconv_t converter, struct slice bytes, struct arena *arena, struct slice *ret_text,
                              unsigned *faults)
{
	size_t size = bytes.len < SIZE_MAX / 8 ? bytes.len * 4 + 16 : 0;
	char *room = size ? arena_take(arena, size) : NULL;
	struct room out = { room, size };

	if (room == NULL)
		return LATER;
	(void)iconv(converter, NULL, NULL, NULL, NULL);
	convert(converter, bytes, &out, faults);
	(void)iconv(converter, NULL, NULL, &out.at, &out.left);
	*ret_text = (struct slice){ room, (size_t)(out.at - room) };
	return OK;
}

enum result charset_to_utf8(const struct charsets *charsets, struct slice name, struct slice bytes, struct arena *arena,
                            struct slice *ret_text, unsigned *faults)
{
	enum builtin builtin = builtin_of(name);
	const struct charset *charset = builtin == BUILTIN_NONE ? opened(charsets, name) : NULL;

	if (bytes.len == 0) {
		*ret_text = SLICE("");
		return OK;
	}
	if (charset)
		return from_iconv(charset->converter, bytes, arena, ret_text, faults);
	if (builtin == BUILTIN_NONE) {
		*faults |= CHARSET_UNKNOWN;
		builtin = utf8_is_valid(bytes) ? BUILTIN_UTF8 : BUILTIN_LATIN;
	}
	return from_builtin(builtin, bytes, arena, ret_text, faults);
}

/* "cp037", "ibm01140", "ibm-37_P100-1995", "500": EBCDIC, in which no letter stands where it does in ASCII. */
static bool is_ebcdic(struct slice plain)
{
	static const unsigned short pages[] = {
		37, 273, 274, 275, 277, 278, 280, 281, 284, 285, 290, 297, 420, 423, 424, 500, 833, 836, 838, 870, 871, 875, 880, 905, 918,
		924, 1025, 1026, 1047, 1097, 1112, 1122, 1123, 1130, 1132, 1137, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148, 1149,
		1153, 1154, 1155, 1156, 1157, 1158, 1160, 1164,
	};
	uint64_t number;

	size_t digits = 0;

	while (plain.len && !byte_is_digit(plain.at[0]))
		plain = slice_drop(plain, 1);
	while (digits < plain.len && byte_is_digit(plain.at[digits]))
		digits++;
	if (slice_number((struct slice){ plain.at, digits }, 99999, &number) != OK)
		return false;
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (pages[i] == number)
			return true;
	return false;
}

/* By their letters and digits alone: "UTF-7", "unicode-1-1-utf-7", "x_utf16le". */
bool charset_hides(struct slice name)
{
	static const struct slice hiding[] = {
		LIT("utf7"), LIT("utf16"), LIT("utf32"), LIT("ucs2"), LIT("ucs4"), LIT("unicode"), LIT("iso10646"), LIT("ebcdic"),
		LIT("ibmthai"),
	};
	char plain[64];
	struct slice page;
	size_t length = 0;

	for (size_t i = 0; i < name.len && length < sizeof(plain); i++)
		if (byte_is_letter(name.at[i]) || byte_is_digit(name.at[i]))
			plain[length++] = byte_lower(name.at[i]);
	page = (struct slice){ plain, length };
	if (slice_begins(page, SLICE("cs")) || slice_begins(page, SLICE("x")))
		page = slice_drop(page, page.at[0] == 'x' ? 1 : 2);
	for (size_t i = 0; i < COUNT_OF(hiding) && length; i++)
		if (memmem(plain, length, hiding[i].at, hiding[i].len))
			return true;
	return page.len && (slice_begins(page, SLICE("ibm")) || slice_begins(page, SLICE("cp")) || byte_is_digit(page.at[0])) &&
	       is_ebcdic(page);
}
