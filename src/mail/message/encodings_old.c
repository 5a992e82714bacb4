/* SPDX-License-Identifier: Apache-2.0 */
/* Small machines: one byte in, a few bytes out, and a state between. */
#include "mail/message/encodings_old.h"

#include <string.h>

/* ---- uuencode: a length, then groups of four characters ---- */

static size_t uu_group(struct decoder *decoder, char *out)
{
	size_t bytes = decoder->left < 3 ? (size_t)decoder->left : 3;

	for (size_t i = 0; i < bytes; i++)
		out[i] = (char)(decoder->held >> (16 - 8 * i));
	decoder->left -= (int)bytes;
	decoder->held = 0;
	decoder->count = 0;
	return bytes;
}

/* A line that ends too soon lost blanks at its end on the way: they count as zero. */
static size_t uu_line_end(struct decoder *decoder, char *out)
{
	size_t written = 0;

	if (decoder->left > 0 && decoder->count) {
		decoder->held <<= 6 * (4 - decoder->count);
		written = uu_group(decoder, out);
	}
	while (decoder->left > 0 && written + 6 <= DECODE_ROOM)
		written += uu_group(decoder, out + written);
	decoder->left = -1;
	decoder->count = 0;
	return written;
}

static size_t uu_byte(struct decoder *decoder, unsigned char byte, char *out)
{
	if (byte == '\r')
		return 0;
	if (byte == '\n')
		return uu_line_end(decoder, out);
	if (byte < ' ' || byte > '`') {
		decoder->faults |= DECODED_JUNK;
		if (decoder->left < 0)
			decoder->left = 0;
		return 0;
	}
	if (decoder->left < 0) {
		decoder->left = (byte - ' ') & 63;
		return 0;
	}
	if (decoder->left == 0)
		return 0;
	decoder->held = decoder->held << 6 | ((byte - ' ') & 63U);
	return ++decoder->count == 4 ? uu_group(decoder, out) : 0;
}

/* ---- yEnc: bytes moved by 42, lines of its own that begin with =y ---- */

enum yenc_state { YENC_LINE, YENC_WITHIN, YENC_ESCAPE, YENC_ESCAPE_FIRST, YENC_COMMAND };

static size_t yenc_plain(struct decoder *decoder, unsigned char byte, unsigned moved, char *out)
{
	decoder->state = YENC_WITHIN;
	out[0] = (char)(unsigned char)(byte - moved);
	return 1;
}

static size_t yenc_byte(struct decoder *decoder, unsigned char byte, char *out)
{
	enum yenc_state state = (enum yenc_state)decoder->state;

	if (byte == '\n') {
		decoder->state = YENC_LINE;
		return 0;
	}
	if (byte == '\r' || state == YENC_COMMAND)
		return 0;
	if (state == YENC_ESCAPE_FIRST && byte == 'y') {
		decoder->state = YENC_COMMAND;
		return 0;
	}
	if (state == YENC_ESCAPE || state == YENC_ESCAPE_FIRST)
		return yenc_plain(decoder, byte, 42 + 64, out);
	if (byte != '=')
		return yenc_plain(decoder, byte, 42, out);
	decoder->state = state == YENC_LINE ? YENC_ESCAPE_FIRST : YENC_ESCAPE;
	return 0;
}

/* ---- BinHex: six bits a character, then runs, then forks ---- */

enum binhex_state { BINHEX_BEFORE, BINHEX_CODE, BINHEX_RUN, BINHEX_AFTER };
enum { RUN_MARK = 0x90, HEAD_FIXED = 21 };

/* One byte of the stream: name's length, name, 0, type, creator, flags, two lengths, sum; then the data fork. */
static size_t binhex_stream(struct decoder *decoder, unsigned char byte, char *out)
{
	uint64_t place = decoder->place++, head;

	if (place == 0) {
		decoder->name_length = byte < BINHEX_NAME ? byte : BINHEX_NAME - 1;
		return 0;
	}
	head = decoder->name_length + 1;
	if (place < head) {
		decoder->name[place - 1] = (char)byte;
		return 0;
	}
	if (place >= head + 11 && place < head + 15)
		decoder->data = decoder->data << 8 | byte;
	if (place < head + HEAD_FIXED || place - head - HEAD_FIXED >= decoder->data)
		return 0;
	out[0] = (char)byte;
	return 1;
}

static size_t binhex_unpacked(struct decoder *decoder, unsigned char byte, char *out)
{
	size_t written = 0;

	if (decoder->state == BINHEX_RUN) {
		decoder->state = BINHEX_CODE;
		if (byte == 0) {
			decoder->last = RUN_MARK;
			return binhex_stream(decoder, RUN_MARK, out);
		}
		for (unsigned i = 1; i < byte; i++)
			written += binhex_stream(decoder, decoder->last, out + written);
		return written;
	}
	if (byte == RUN_MARK) {
		decoder->state = BINHEX_RUN;
		return 0;
	}
	decoder->last = byte;
	return binhex_stream(decoder, byte, out);
}

static size_t binhex_byte(struct decoder *decoder, unsigned char byte, char *out)
{
	static const char letters[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	const char *letter;
	unsigned char whole;

	if (byte == ':') {
		decoder->state = decoder->state == BINHEX_BEFORE ? BINHEX_CODE : BINHEX_AFTER;
		return 0;
	}
	if (decoder->state == BINHEX_BEFORE || decoder->state == BINHEX_AFTER || byte <= ' ')
		return 0;
	letter = memchr(letters, byte, sizeof(letters) - 1);
	if (letter == NULL) {
		decoder->faults |= DECODED_JUNK;
		return 0;
	}
	decoder->held = (decoder->held << 6 | (uint32_t)(letter - letters)) & 0xffff;
	decoder->count += 6;
	if (decoder->count < 8)
		return 0;
	decoder->count -= 8;
	whole = (unsigned char)(decoder->held >> decoder->count);
	return binhex_unpacked(decoder, whole, out);
}

/* ---- byte by byte ---- */

static size_t take_bytes(struct decoder *decoder, struct slice *rest, char *out, size_t room, size_t most,
                         size_t (*step)(struct decoder *, unsigned char, char *))
{
	size_t written = 0, eaten = 0;

	for (; eaten < rest->len && written + most <= room; eaten++)
		written += step(decoder, (unsigned char)rest->at[eaten], out + written);
	*rest = slice_drop(*rest, eaten);
	return written;
}

size_t take_uu(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	return take_bytes(decoder, rest, out, room, DECODE_ROOM, uu_byte);
}

size_t take_yenc(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	return take_bytes(decoder, rest, out, room, 1, yenc_byte);
}

size_t take_binhex(struct decoder *decoder, struct slice *rest, char *out, size_t room)
{
	return take_bytes(decoder, rest, out, room, 255, binhex_byte);
}
