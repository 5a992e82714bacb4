/* SPDX-License-Identifier: Apache-2.0 */
/* An embedded file is decoded twice: out of the body into the text, and out of the text. */
#include "mail/message/parts.h"

#include <string.h>

/* uuencode that a header names: what stands between `begin` and `end`, where there are such lines. */
static struct slice uu_body(struct slice body)
{
	struct slice rest = body;

	while (rest.len) {
		struct slice line = field_line(&rest), inner = rest;

		if (!slice_begins_nocase(line, SLICE("begin ")))
			continue;
		while (rest.len) {
			size_t left = rest.len;

			line = field_line(&rest);
			if (slice_same(slice_trim(line), SLICE("end")))
				return (struct slice){ inner.at, inner.len - left };
		}
		return inner;
	}
	return body;
}

static bool is_plain(enum encoding encoding)
{
	return encoding == ENCODING_IDENTITY || encoding == ENCODING_UNKNOWN;
}

/* What is not encoded need not be decoded to get there. */
static void skip_to(struct part_stream *stream)
{
	size_t over = stream->skip < stream->rest.len ? (size_t)stream->skip : stream->rest.len;

	stream->rest = slice_drop(stream->rest, over);
	stream->skip = 0;
}

void part_stream_init(struct part_stream *stream, const struct part *part)
{
	const struct part *source = part->within ? part->within : part;
	enum encoding outer = source->many ? ENCODING_IDENTITY : source->encoding;

	memset(stream, 0, offsetof(struct part_stream, piece));
	stream->held = (struct slice){ 0 };
	stream->part = part;
	stream->rest = outer == ENCODING_UU ? uu_body(source->body) : source->body;
	stream->skip = part->within_at;
	stream->left = part->within_length;
	decoder_init(&stream->outer, outer);
	stream->outer.stops = source->stops;
	decoder_init(&stream->inner, part->encoding);
	if (part->within && is_plain(outer))
		skip_to(stream);
}

uint64_t part_stream_before(const struct part *part)
{
	return part->within == NULL || is_plain(part->within->encoding) ? 0 : part->within_at;
}

static size_t take_outer(struct part_stream *stream, char *out, size_t room)
{
	size_t written = 0;

	while (stream->rest.len && room - written >= DECODE_ROOM)
		written += decoder_take(&stream->outer, &stream->rest, out + written, room - written);
	if (stream->rest.len == 0 && !stream->ended && room - written >= DECODE_ROOM) {
		stream->ended = true;
		written += decoder_end(&stream->outer, out + written);
	}
	return written;
}

/* The next stretch of the text that lies within the embedded file; false: there is none. */
static bool fill(struct part_stream *stream)
{
	while (stream->held.len == 0 && stream->left && !(stream->ended && stream->rest.len == 0)) {
		struct slice piece = { stream->piece, take_outer(stream, stream->piece, sizeof(stream->piece)) };
		size_t over = piece.len < stream->skip ? piece.len : (size_t)stream->skip;

		stream->skip -= over;
		piece = slice_drop(piece, over);
		if (piece.len > stream->left)
			piece.len = (size_t)stream->left;
		stream->left -= piece.len;
		stream->held = piece;
	}
	return stream->held.len > 0;
}

size_t part_stream_take(struct part_stream *stream, char *out, size_t room)
{
	size_t written = 0;

	if (stream->part->within == NULL)
		return take_outer(stream, out, room);
	while (room - written >= DECODE_ROOM && fill(stream))
		written += decoder_take(&stream->inner, &stream->held, out + written, room - written);
	if (written == 0)
		written += decoder_end(&stream->inner, out);
	return written;
}

/* Decoding never makes more than it takes, but for BinHex, whose runs are up to 254 times as long. */
enum result part_decoded(const struct part *part, struct arena *arena, struct slice *ret_bytes)
{
	struct part_stream stream;
	size_t size = (size_t)part->size + 2 * (size_t)DECODE_ROOM, written = 0, more;
	char *room;

	if (part->within == NULL && (part->many || is_plain(part->encoding))) {
		*ret_bytes = part->body;
		return OK;
	}
	room = arena_take(arena, size);
	if (room == NULL)
		return LATER;
	part_stream_init(&stream, part);
	while (size - written >= DECODE_ROOM && (more = part_stream_take(&stream, room + written, size - written)) > 0)
		written += more;
	*ret_bytes = (struct slice){ room, written };
	return OK;
}
