/* SPDX-License-Identifier: Apache-2.0 */
/* zlib at its middle level, with memory from base/pool; the head is packed field by field, its checksum last. */
#include "store/block.h"

#include "base/checksum.h"
#include "base/pack.h"
#include "base/pool.h"

#include <string.h>
#include <zlib.h>

enum { MAGIC = 0x424c5350 /* "PSLB" */, VERSION = 1, RECORD_HEAD = 1 + 8 + RECORD_KEY + 4, LEVEL = 6,
       STORED_MOST = BLOCK_MOST + (BLOCK_MOST >> 8) };

static void *take(void *unused, unsigned count, unsigned size)
{
	(void)unused;
	return size && count > SIZE_MAX / size ? NULL : pool_resize(NULL, (size_t)count * size);
}

static void give(void *unused, void *stretch)
{
	void *none = pool_resize(stretch, 0);

	(void)unused;
	(void)none;
}

void block_init(struct block *block)
{
	*block = (struct block){ 0 };
	buffer_init(&block->raw, BLOCK_MOST);
}

void block_finish(struct block *block)
{
	buffer_finish(&block->raw);
	block->span = (struct block_span){ 0 };
}

void block_clear(struct block *block)
{
	buffer_clear(&block->raw);
	buffer_relax(&block->raw);
	block->span = (struct block_span){ 0 };
}

static void widen(struct block_span *span, const struct record *record)
{
	bool first = span->count++ == 0;

	if (first || memcmp(record->key, span->least, RECORD_KEY) < 0)
		memcpy(span->least, record->key, RECORD_KEY);
	if (first || memcmp(record->key, span->greatest, RECORD_KEY) > 0)
		memcpy(span->greatest, record->key, RECORD_KEY);
	if (first || record->when < span->since)
		span->since = record->when;
	if (first || record->when > span->until)
		span->until = record->when;
}

static enum result add_fields(struct buffer *to, const struct record *record)
{
	TRY(pack_u8(to, record->kind));
	TRY(pack_u64(to, (uint64_t)record->when));
	TRY(buffer_add(to, (struct slice){ record->key, RECORD_KEY }));
	return pack_slice(to, record->bytes);
}

enum result block_add(struct block *block, const struct record *record)
{
	size_t before = buffer_length(&block->raw);
	enum result result = record->bytes.len > RECORD_MOST ? LATER : add_fields(&block->raw, record);

	if (result == OK)
		widen(&block->span, record);
	else
		buffer_cut(&block->raw, before);
	return result;
}

/* ---- closing ---- */

static enum result deflate_all(struct slice raw, struct buffer *to, size_t *ret_stored)
{
	z_stream stream = { .zalloc = take, .zfree = give };
	uLong most = compressBound(raw.len) + 64;
	char *room;
	int end;

	TRY(buffer_reserve(to, most, &room));
	if (deflateInit(&stream, LEVEL) != Z_OK)
		return LATER;
	stream.next_in = (Bytef *)(uintptr_t)raw.at;
	stream.avail_in = (uInt)raw.len;
	stream.next_out = (Bytef *)room;
	stream.avail_out = (uInt)most;
	end = deflate(&stream, Z_FINISH);
	*ret_stored = stream.total_out;
	(void)deflateEnd(&stream);
	return end == Z_STREAM_END ? OK : LATER;
}

static enum result pack_head(const struct block_head *head, struct buffer *to)
{
	size_t before = buffer_length(to);

	TRY(pack_u32(to, MAGIC));
	TRY(pack_u32(to, VERSION));
	TRY(pack_u32(to, head->stored));
	TRY(pack_u32(to, head->raw));
	TRY(pack_u32(to, head->crc));
	TRY(pack_u32(to, head->span.count));
	TRY(buffer_add(to, (struct slice){ head->span.least, RECORD_KEY }));
	TRY(buffer_add(to, (struct slice){ head->span.greatest, RECORD_KEY }));
	TRY(pack_u64(to, (uint64_t)head->span.since));
	TRY(pack_u64(to, (uint64_t)head->span.until));
	TRY(pack_u32(to, 0));
	return pack_u32(to, checksum(0, slice_drop(buffer_slice(to), before)));
}

enum result block_close(const struct block *block, struct buffer *to)
{
	struct block_head head = { .raw = (uint32_t)buffer_length(&block->raw), .span = block->span };
	struct buffer stored;
	size_t length = 0;
	enum result result;

	buffer_init(&stored, STORED_MOST);
	result = deflate_all(buffer_slice(&block->raw), &stored, &length);
	if (result == OK) {
		buffer_grew(&stored, length);
		head.stored = (uint32_t)length;
		head.crc = checksum(0, buffer_slice(&stored));
		result = pack_head(&head, to);
	}
	if (result == OK)
		result = buffer_add(to, buffer_slice(&stored));
	buffer_finish(&stored);
	return result;
}

/* ---- opening ---- */

static void unpack_key(struct unpack *from, char key[RECORD_KEY])
{
	struct slice bytes = slice_take(&from->rest, RECORD_KEY);

	if (bytes.len == RECORD_KEY)
		memcpy(key, bytes.at, RECORD_KEY);
	else
		from->bad = true;
}

enum result block_head_read(struct slice bytes, struct block_head *ret_head)
{
	struct slice whole = { bytes.at, BLOCK_HEAD - sizeof(uint32_t) };
	struct unpack from = unpack_from((struct slice){ bytes.at, BLOCK_HEAD });
	struct block_head head = { 0 };
	uint32_t magic, version, spare;

	if (bytes.len < BLOCK_HEAD)
		return REFUSED;
	magic = unpack_u32(&from);
	version = unpack_u32(&from);
	head.stored = unpack_u32(&from);
	head.raw = unpack_u32(&from);
	head.crc = unpack_u32(&from);
	head.span.count = unpack_u32(&from);
	unpack_key(&from, head.span.least);
	unpack_key(&from, head.span.greatest);
	head.span.since = (int64_t)unpack_u64(&from);
	head.span.until = (int64_t)unpack_u64(&from);
	spare = unpack_u32(&from);
	if (magic != MAGIC || version != VERSION || spare != 0 || unpack_u32(&from) != checksum(0, whole) || from.bad)
		return REFUSED;
	if (head.raw > BLOCK_MOST || head.stored > STORED_MOST)
		return REFUSED;
	*ret_head = head;
	return OK;
}

bool block_may_hold(const struct block_head *head, const char key[RECORD_KEY])
{
	return head->span.count && memcmp(key, head->span.least, RECORD_KEY) >= 0 &&
	       memcmp(key, head->span.greatest, RECORD_KEY) <= 0;
}

static enum result inflate_all(struct slice stored, char *room, size_t size)
{
	z_stream stream = { .zalloc = take, .zfree = give };
	int end;

	if (inflateInit(&stream) != Z_OK)
		return LATER;
	stream.next_in = (Bytef *)(uintptr_t)stored.at;
	stream.avail_in = (uInt)stored.len;
	stream.next_out = (Bytef *)room;
	stream.avail_out = (uInt)size;
	end = inflate(&stream, Z_FINISH);
	(void)inflateEnd(&stream);
	return end == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0 ? OK : REFUSED;
}

enum result block_open(const struct block_head *head, struct slice stored, struct buffer *raw)
{
	char *room;

	buffer_clear(raw);
	if (stored.len != head->stored || checksum(0, stored) != head->crc || head->raw > BLOCK_MOST)
		return REFUSED;
	TRY(buffer_reserve(raw, head->raw + 1, &room));
	TRY(inflate_all(stored, room, head->raw));
	buffer_grew(raw, head->raw);
	return OK;
}

enum result record_cut(struct slice *rest, struct record *ret_record)
{
	struct unpack from = unpack_from(*rest);
	struct record record = { .kind = unpack_u8(&from) };

	record.when = (int64_t)unpack_u64(&from);
	unpack_key(&from, record.key);
	record.bytes = unpack_slice(&from, RECORD_MOST);
	if (from.bad)
		return REFUSED;
	*rest = from.rest;
	*ret_record = record;
	return OK;
}
