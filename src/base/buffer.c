/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles until its limit; eating moves `start`, and room at the front is used again before growing. */
#include "base/buffer.h"

#include "base/pool.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void buffer_finish(struct buffer *buffer)
{
	(void)!pool_resize(buffer->bytes, 0);
	*buffer = (struct buffer){ .limit = buffer->limit };
}

void buffer_clear(struct buffer *buffer)
{
	buffer->start = buffer->end = 0;
}

void buffer_relax(struct buffer *buffer)
{
	if (buffer_length(buffer) == 0)
		buffer_finish(buffer);
}

struct slice buffer_slice(const struct buffer *buffer)
{
	if (buffer->bytes == NULL)
		return (struct slice){ "", 0 };
	return (struct slice){ buffer->bytes + buffer->start, buffer->end - buffer->start };
}

size_t buffer_length(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

size_t buffer_room(const struct buffer *buffer)
{
	return buffer->limit - buffer_length(buffer);
}

static void move_to_front(struct buffer *buffer)
{
	size_t length = buffer_length(buffer);

	if (length)
		memmove(buffer->bytes, buffer->bytes + buffer->start, length);
	buffer->start = 0;
	buffer->end = length;
}

static enum result grow(struct buffer *buffer, size_t need)
{
	size_t size = buffer->size ? buffer->size : FIRST_SIZE;
	char *bytes;

	while (size < need)
		size *= 2;
	if (size > buffer->limit)
		size = buffer->limit;
	bytes = pool_resize(buffer->bytes, size);
	if (bytes == NULL)
		return LATER;
	buffer->bytes = bytes;
	buffer->size = size;
	return OK;
}

enum result buffer_reserve(struct buffer *buffer, size_t size, char **ret_room)
{
	if (size > buffer_room(buffer))
		return LATER;
	if (buffer->size - buffer->end < size && buffer->start)
		move_to_front(buffer);
	if (buffer->size - buffer->end < size)
		TRY(grow(buffer, buffer->end + size));
	*ret_room = buffer->bytes ? buffer->bytes + buffer->end : NULL;
	return OK;
}

void buffer_grew(struct buffer *buffer, size_t size)
{
	buffer->end += size;
}

enum result buffer_add(struct buffer *buffer, struct slice bytes)
{
	char *room;

	if (bytes.len == 0)
		return OK;
	TRY(buffer_reserve(buffer, bytes.len, &room));
	if (room == NULL)
		return LATER;                    /* cannot be: there is a byte to add */
	memcpy(room, bytes.at, bytes.len);
	buffer_grew(buffer, bytes.len);
	return OK;
}

enum result buffer_add_byte(struct buffer *buffer, char byte)
{
	return buffer_add(buffer, (struct slice){ &byte, 1 });
}

enum result buffer_format_list(struct buffer *buffer, const char *format, va_list list)
{
	va_list again;
	int length;
	char *room;

	va_copy(again, list);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return BROKEN;
	TRY(buffer_reserve(buffer, (size_t)length + 1, &room));
	(void)vsnprintf(room, (size_t)length + 1, format, list);
	buffer_grew(buffer, (size_t)length);
	return OK;
}

enum result buffer_format(struct buffer *buffer, const char *format, ...)
{
	enum result result;
	va_list list;

	va_start(list, format);
	result = buffer_format_list(buffer, format, list);
	va_end(list);
	return result;
}

void buffer_eat(struct buffer *buffer, size_t size)
{
	buffer->start += size < buffer_length(buffer) ? size : buffer_length(buffer);
	if (buffer->start == buffer->end)
		buffer_clear(buffer);
}

void buffer_cut(struct buffer *buffer, size_t length)
{
	if (length < buffer_length(buffer))
		buffer->end = buffer->start + length;
}
