/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers are shifted out byte by byte, so the machine's own order never matters. */
#include "base/pack.h"

#include <string.h>

static enum result pack_number(struct buffer *to, uint64_t number, size_t width)
{
	char bytes[sizeof(number)];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (char)(number >> (8 * i));
	return buffer_add(to, (struct slice){ bytes, width });
}

enum result pack_u8(struct buffer *to, uint8_t number)
{
	return pack_number(to, number, 1);
}

enum result pack_u32(struct buffer *to, uint32_t number)
{
	return pack_number(to, number, 4);
}

enum result pack_u64(struct buffer *to, uint64_t number)
{
	return pack_number(to, number, 8);
}

enum result pack_slice(struct buffer *to, struct slice bytes)
{
	if (bytes.len > UINT32_MAX)
		return LATER;
	TRY(pack_u32(to, (uint32_t)bytes.len));
	return buffer_add(to, bytes);
}

struct unpack unpack_from(struct slice bytes)
{
	return (struct unpack){ .rest = bytes };
}

static struct slice take(struct unpack *from, size_t len)
{
	if (from->bad || from->rest.len < len) {
		from->bad = true;
		return (struct slice){ 0 };
	}
	return slice_take(&from->rest, len);
}

static uint64_t unpack_number(struct unpack *from, size_t width)
{
	struct slice bytes = take(from, width);
	uint64_t number = 0;

	for (size_t i = bytes.len; i-- > 0;)
		number = number << 8 | (unsigned char)bytes.at[i];
	return number;
}

uint8_t unpack_u8(struct unpack *from)
{
	return (uint8_t)unpack_number(from, 1);
}

uint32_t unpack_u32(struct unpack *from)
{
	return (uint32_t)unpack_number(from, 4);
}

uint64_t unpack_u64(struct unpack *from)
{
	return unpack_number(from, 8);
}

struct slice unpack_slice(struct unpack *from, size_t most)
{
	size_t len = unpack_u32(from);

	if (len > most)
		from->bad = true;
	return take(from, len);
}

bool unpack_more(const struct unpack *from)
{
	return !from->bad && from->rest.len;
}

enum result unpack_end(const struct unpack *from)
{
	return from->bad || from->rest.len ? REFUSED : OK;
}
