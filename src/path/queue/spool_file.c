/* SPDX-License-Identifier: Apache-2.0 */
/* The reader hops from section head to section head, and believes no length that it has not compared with the size. */
#include "queue/spool_file.h"

#include "base/checksum.h"
#include "base/pack.h"

#include <string.h>

static const char magic[] = { 'P', 'o', 's', 't', 'e', 'r', 'n', '\n' };

static enum result account(struct spool_writer *writer, const struct buffer *to, size_t before, enum result end)
{
	struct slice all = buffer_slice(to);

	if (end == OK)
		spool_write_bytes(writer, slice_drop(all, before));
	return end;
}

static enum result put_head(uint32_t serial, struct buffer *to)
{
	TRY(buffer_add(to, (struct slice){ magic, sizeof(magic) }));
	TRY(pack_u32(to, SPOOL_VERSION));
	return pack_u32(to, serial);
}

static enum result put_section(enum spool_section kind, uint64_t length, struct buffer *to)
{
	TRY(pack_u32(to, kind));
	return pack_u64(to, length);
}

enum result spool_write_head(struct spool_writer *writer, uint32_t serial, struct buffer *to)
{
	size_t before = buffer_length(to);

	*writer = (struct spool_writer){ 0 };
	return account(writer, to, before, put_head(serial, to));
}

enum result spool_write_section(struct spool_writer *writer, enum spool_section kind, uint64_t length, struct buffer *to)
{
	size_t before = buffer_length(to);

	return account(writer, to, before, put_section(kind, length, to));
}

void spool_write_bytes(struct spool_writer *writer, struct slice bytes)
{
	writer->crc = checksum(writer->crc, bytes);
	writer->total += bytes.len;
}

enum result spool_write_end(struct spool_writer *writer, struct buffer *to)
{
	size_t before;

	TRY(spool_write_section(writer, SPOOL_END, 12, to));
	before = buffer_length(to);
	TRY(account(writer, to, before, pack_u64(to, writer->total + 12)));
	return pack_u32(to, writer->crc);
}

static enum result read_memory(const struct spool_source *source, uint64_t at, char *to, size_t length)
{
	const struct slice *bytes = source->owner;

	if (at > bytes->len || length > bytes->len - at)
		return REFUSED;
	if (length)
		memcpy(to, bytes->at + at, length);
	return OK;
}

struct spool_source spool_source_memory(const struct slice *bytes)
{
	return (struct spool_source){ .size = bytes->len, .read = read_memory, .owner = bytes, .fd = -1 };
}

static enum result map_head(const struct spool_source *source, struct spool_map *map)
{
	char head[SPOOL_HEAD];
	struct unpack from = unpack_from((struct slice){ head, sizeof(head) });

	if (source->size < SPOOL_HEAD + SPOOL_TAIL)
		return REFUSED;
	TRY(source->read(source, 0, head, sizeof(head)));
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return REFUSED;
	from.rest = slice_drop(from.rest, sizeof(magic));
	if (unpack_u32(&from) != SPOOL_VERSION)
		return REFUSED;
	map->serial = unpack_u32(&from);
	return unpack_end(&from);
}

static enum result map_end(const struct spool_source *source, uint64_t at)
{
	char end[8];
	struct unpack from = unpack_from((struct slice){ end, sizeof(end) });

	if (source->size - at != 12)
		return REFUSED;
	TRY(source->read(source, at, end, sizeof(end)));
	return unpack_u64(&from) == source->size ? OK : REFUSED;
}

/* One section; AGAIN: another follows. Kinds only go up, so none comes twice. */
static enum result map_section(const struct spool_source *source, struct spool_map *map, uint64_t *at, uint32_t *last)
{
	char head[SPOOL_SECTION_HEAD];
	struct unpack from = unpack_from((struct slice){ head, sizeof(head) });
	uint32_t kind;
	uint64_t length;

	if (source->size - *at < SPOOL_TAIL)
		return REFUSED;
	TRY(source->read(source, *at, head, sizeof(head)));
	kind = unpack_u32(&from);
	length = unpack_u64(&from);
	*at += SPOOL_SECTION_HEAD;
	if (kind <= *last || kind > SPOOL_END)
		return REFUSED;
	*last = kind;
	if (kind == SPOOL_END)
		return length == 12 ? map_end(source, *at) : REFUSED;
	if (length > source->size - *at)
		return REFUSED;
	map->has[kind] = true;
	map->spans[kind] = (struct spool_span){ *at, length };
	*at += length;
	return AGAIN;
}

enum result spool_map(const struct spool_source *source, struct spool_map *ret_map)
{
	struct spool_map map = { 0 };
	uint64_t at = SPOOL_HEAD;
	uint32_t last = 0;
	enum result end = AGAIN;

	TRY(map_head(source, &map));
	while (end == AGAIN)
		end = map_section(source, &map, &at, &last);
	if (end == OK)
		*ret_map = map;
	return end;
}

enum result spool_verify(const struct spool_source *source)
{
	char piece[16384], end[4];
	struct unpack from = unpack_from((struct slice){ end, sizeof(end) });
	uint32_t crc = 0;
	uint64_t whole;

	if (source->size < SPOOL_HEAD + SPOOL_TAIL)
		return REFUSED;
	whole = source->size - sizeof(end);
	for (uint64_t at = 0; at < whole;) {
		size_t length = whole - at < sizeof(piece) ? (size_t)(whole - at) : sizeof(piece);

		TRY(source->read(source, at, piece, length));
		crc = checksum(crc, (struct slice){ piece, length });
		at += length;
	}
	TRY(source->read(source, whole, end, sizeof(end)));
	return unpack_u32(&from) == crc ? OK : REFUSED;
}

bool spool_map_is_message(const struct spool_map *map)
{
	return map->has[SPOOL_ENVELOPE] && map->has[SPOOL_CONTENT];
}

bool spool_map_is_judgement(const struct spool_map *map)
{
	return map->has[SPOOL_JUDGEMENT] && !map->has[SPOOL_ENVELOPE] && !map->has[SPOOL_CONTENT];
}
