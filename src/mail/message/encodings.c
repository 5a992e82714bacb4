/* SPDX-License-Identifier: Apache-2.0 */
/* One function a kind, in a table. base64 takes sixteen letters at a time where the processor can, then four from the table
 * of values while all four are letters; everything else about it happens in the slow step for one byte. */
#include "mail/message/encodings.h"

#include "mail/message/encodings_old.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- base64 ---- */

enum { BLANK = 64, PAD = 65, OTHER = 66, URL_PLUS = 67, URL_SLASH = 68 };

#define X OTHER
#define B BLANK
static const unsigned char base64_values[256] = {
	X, X, X, X, X, X, X, X, X, B, B, B, B, B, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	B, X, X, X, X, X, X, X, X, X, X, 62, X, URL_PLUS, X, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X, X, X, PAD, X, X,
	X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X, URL_SLASH,
	X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
};
#undef X
#undef B

#if defined(__x86_64__)
/* Sixteen letters are twelve bytes. The high half of a letter's code says, with `/` set apart, what to add to make it its
 * value; `lows` and `highs` have a bit in common for each code that is no letter. Returns groups of four letters: the last
 * sixteen count as far as they are letters, so that the end of a line takes no other way. */
__attribute__((target("sse4.1")))
static size_t groups_by_instruction(const unsigned char *in, size_t length, size_t room, char *out)
{
	const __m128i lows = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m128i highs = _mm_setr_epi8(0x10, 0x10, 1, 2, 4, 8, 4, 8, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
	const __m128i shifts = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m128i half = _mm_set1_epi8(0x0f);
	size_t done = 0;
	unsigned letters_only = 16;

	for (; letters_only == 16 && length - done * 4 >= 16 && room - done * 3 >= 16; done += letters_only / 4) {
		__m128i letters = _mm_loadu_si128((const __m128i *)(const void *)(in + done * 4));
		__m128i high = _mm_and_si128(_mm_srli_epi32(letters, 4), half), low = _mm_and_si128(letters, half);
		__m128i slash = _mm_cmpeq_epi8(letters, _mm_set1_epi8('/'));
		__m128i others = _mm_and_si128(_mm_shuffle_epi8(lows, low), _mm_shuffle_epi8(highs, high));
		__m128i fine = _mm_cmpeq_epi8(others, _mm_setzero_si128());

		letters_only = (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(fine));
		letters = _mm_add_epi8(letters, _mm_shuffle_epi8(shifts, _mm_add_epi8(high, slash)));
		letters = _mm_madd_epi16(_mm_maddubs_epi16(letters, _mm_set1_epi32(0x01400140)), _mm_set1_epi32(0x00011000));
		_mm_storeu_si128((__m128i *)(void *)(out + done * 3), _mm_shuffle_epi8(letters, order));
	}
	return done;
}

static size_t base64_vector(const unsigned char *in, size_t length, size_t room, char *out)
{
	return __builtin_cpu_supports("sse4.1") ? groups_by_instruction(in, length, room, out) : 0;
}
#else
static size_t base64_vector(const unsigned char *in, size_t length, size_t room, char *out)
{
	(void)in, (void)length, (void)room, (void)out;
	return 0;
}
#endif

/* Whole groups, as long as nothing stands between their letters. */
static size_t base64_groups(const unsigned char *in, size_t length, size_t room, char *out, size_t *ret_eaten)
{
	size_t groups = length / 4 < room / 3 ? length / 4 : room / 3;
	size_t done = base64_vector(in, length, room, out);

	in += done * 4;
	out += done * 3;
	for (; done < groups; done++, in += 4, out += 3) {
		unsigned a = base64_values[in[0]], b = base64_values[in[1]], c = base64_values[in[2]], d = base64_values[in[3]];

		if ((a | b | c | d) >= BLANK)
			break;
		out[0] = (char)(a << 2 | b >> 4);
		out[1] = (char)(b << 4 | c >> 2);
		out[2] = (char)(c << 6 | d);
	}
	*ret_eaten = done * 4;
	return done * 3;
}

/* What is in hand when padding or the end comes: 2 letters are a byte, 3 are two; 1 is nothing. */
static size_t base64_flush(struct decoder *decoder, char *out)
{
	size_t bytes = decoder->count >= 2 ? decoder->count - 1 : 0;
	uint32_t bits = decoder->held << (6 * (4 - decoder->count));

	for (size_t i = 0; i < bytes; i++)
		out[i] = (char)(bits >> (16 - 8 * i));
	if (decoder->count == 1)
		decoder->faults |= DECODED_UNFINISHED;
	decoder->count = 0;
	decoder->held = 0;
	return bytes;
}

static size_t base64_letter(struct decoder *decoder, unsigned value, char *out)
{
	if (decoder->state) {
		decoder->faults |= DECODED_WENT_ON;
		decoder->state = 0;
	}
	decoder->held = decoder->held << 6 | value;
	if (++decoder->count < 4)
		return 0;
	for (unsigned i = 0; i < 3; i++)
		out[i] = (char)(decoder->held >> (16 - 8 * i));
	decoder->count = 0;
	decoder->held = 0;
	return 3;
}

static size_t base64_byte(struct decoder *decoder, unsigned char byte, char *out)
{
	unsigned value = base64_values[byte];

	if (value == URL_PLUS || value == URL_SLASH) {
		decoder->faults |= DECODED_URL;
		value = value == URL_PLUS ? 62 : 63;
	}
	if (value < BLANK)
		return base64_letter(decoder, value, out);
	if (value == OTHER)
		decoder->faults |= DECODED_JUNK;
	if (byte == '\n' && decoder->count)
		decoder->faults |= DECODED_UNEVEN;
	if (value != PAD)
		return 0;
	decoder->state = 1;
	return base64_flush(decoder, out);
}

/* Whole groups, line after line, as long as lines end behind a group. */
static size_t base64_lines(struct slice *rest, char *out, size_t room)
{
	size_t written = 0, eaten;
	bool goes_on;

	do {
		written += base64_groups((const unsigned char *)rest->at, rest->len, room - written, out + written, &eaten);
		*rest = slice_drop(*rest, eaten);
		goes_on = rest->len > 2 && rest->at[0] == '\r' && rest->at[1] == '\n';
		if (goes_on)
			*rest = slice_drop(*rest, 2);
	} while (goes_on);
	return written;
}

static size_t take_base64(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	size_t written = 0;

	while (rest->len && written + 4 <= room) {
		if (decoder->stops && decoder->state) {
			*rest = slice_drop(*rest, rest->len);
			break;
		}
		if (decoder->count == 0 && !decoder->state)
			written += base64_lines(rest, out + written, room - written);
		if (rest->len && written + 4 <= room) {
			written += base64_byte(decoder, (unsigned char)rest->at[0], out + written);
			*rest = slice_drop(*rest, 1);
		}
	}
	return written;
}

/* ---- quoted-printable ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = byte_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind `=`: how many bytes a soft line break takes, blanks before it included; 0: it is none. */
static size_t soft_break(struct slice rest)
{
	size_t length = 0;

	while (length < rest.len && (rest.at[length] == ' ' || rest.at[length] == '\t'))
		length++;
	if (length < rest.len && rest.at[length] == '\r')
		length++;
	if (length < rest.len && rest.at[length] == '\n')
		return length + 1;
	return length == rest.len ? length : 0;
}

static size_t quoted_escape(struct decoder *decoder, struct slice *rest, char *out)
{
	struct slice behind = slice_drop(*rest, 1);
	int high = behind.len > 0 ? hex_value(behind.at[0]) : -1, low = behind.len > 1 ? hex_value(behind.at[1]) : -1;
	size_t soft;

	if (high >= 0 && low >= 0) {
		*rest = slice_drop(behind, 2);
		out[0] = (char)(high << 4 | low);
		return 1;
	}
	soft = soft_break(behind);
	*rest = slice_drop(behind, soft);
	if (soft || behind.len == 0)
		return 0;
	decoder->faults |= DECODED_ESCAPE;
	out[0] = '=';
	return 1;
}

static size_t take_quoted(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	size_t written = 0;

	while (rest->len && written < room) {
		size_t most = rest->len < room - written ? rest->len : room - written;
		const char *escape = memchr(rest->at, '=', most);
		size_t plain = escape ? (size_t)(escape - rest->at) : most;

		memcpy(out + written, rest->at, plain);
		written += plain;
		*rest = slice_drop(*rest, plain);
		if (escape)
			written += quoted_escape(decoder, rest, out + written);
	}
	return written;
}

static size_t take_identity(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	struct slice piece = slice_take(rest, room);

	(void)decoder;
	if (piece.len)
		memcpy(out, piece.at, piece.len);
	return piece.len;
}

/* ---- the table ---- */

static const struct {
	const char *name;
	size_t (*take)(struct decoder *, struct slice *rest, char *out, size_t room);
} kinds[ENCODING_COUNT] = {
	[ENCODING_IDENTITY] = { "none", take_identity },
	[ENCODING_BASE64] = { "base64", take_base64 },
	[ENCODING_QUOTED] = { "quoted-printable", take_quoted },
	[ENCODING_UU] = { "uuencode", take_uu },
	[ENCODING_YENC] = { "yenc", take_yenc },
	[ENCODING_BINHEX] = { "binhex", take_binhex },
	[ENCODING_UNKNOWN] = { "unknown", take_identity },
};

void decoder_init(struct decoder *decoder, enum encoding kind)
{
	*decoder = (struct decoder){ .kind = kind, .left = -1 };
}

size_t decoder_take(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	return kinds[decoder->kind].take(decoder, rest, out, room);
}

size_t decoder_end(struct decoder *decoder, char *out)
{
	if (decoder->kind != ENCODING_BASE64)
		return 0;
	if (decoder->count)
		decoder->faults |= DECODED_UNFINISHED;
	return base64_flush(decoder, out);
}

const char *encoding_name(enum encoding encoding)
{
	return kinds[encoding].name;
}

static const struct { struct slice name; enum encoding encoding; } names[] = {
	{ LIT("7bit"), ENCODING_IDENTITY },         { LIT("8bit"), ENCODING_IDENTITY },
	{ LIT("binary"), ENCODING_IDENTITY },       { LIT("base64"), ENCODING_BASE64 },
	{ LIT("quoted-printable"), ENCODING_QUOTED }, { LIT("x-uuencode"), ENCODING_UU },
	{ LIT("uuencode"), ENCODING_UU },           { LIT("x-uue"), ENCODING_UU },
	{ LIT("uue"), ENCODING_UU },                { LIT("x-uu"), ENCODING_UU },
	{ LIT("x-yencode"), ENCODING_YENC },        { LIT("yenc"), ENCODING_YENC },
	{ LIT("x-binhex"), ENCODING_BINHEX },       { LIT("binhex"), ENCODING_BINHEX },
	{ LIT("x-binhex40"), ENCODING_BINHEX },     { LIT("mac-binhex40"), ENCODING_BINHEX },
	{ LIT("7-bit"), ENCODING_IDENTITY },        { LIT("8-bit"), ENCODING_IDENTITY },
	{ LIT("7bits"), ENCODING_IDENTITY },        { LIT("8bits"), ENCODING_IDENTITY },
};

enum encoding encoding_of(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_same_nocase(name, names[i].name))
			return names[i].encoding;
	return ENCODING_UNKNOWN;
}

/* A line of base64 as people meet it: letters only, padding at most at its end. */
static bool is_base64_line(struct slice line)
{
	size_t letters = 0;

	while (letters < line.len && base64_values[(unsigned char)line.at[letters]] < BLANK)
		letters++;
	while (line.len > letters && (line.at[line.len - 1] == '=' || line.at[line.len - 1] == '\r'))
		line.len--;
	return letters == line.len;
}

/* One short word is no sign; a line of 16 letters and a group's length, or several such lines, are. */
bool encoding_like_base64(struct slice body)
{
	struct slice rest = body;
	size_t lines = 0, letters = 0;
	bool mixed = false;

	while (rest.len && lines < 4) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));

		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			continue;
		if (!is_base64_line(line))
			return false;
		for (size_t i = 0; i < line.len; i++)
			mixed |= !(line.at[i] >= 'a' && line.at[i] <= 'z');
		letters += line.len;
		lines++;
	}
	return letters >= 16 && letters % 4 == 0 && mixed;
}
