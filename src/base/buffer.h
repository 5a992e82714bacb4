/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffer.h — bytes that grow at the end and are eaten at the front, up to a limit it was born with.
 *
 * Knows:   its limit. Appending past it changes nothing and says LATER.
 * Ignores: what the bytes mean.
 * Owns:    its memory; buffer_finish() gives it back. Slices into it end with the next append.
 * Fails:   LATER at the limit or without memory; the buffer then stands as it was.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"

#include <stdarg.h>

struct buffer {
	char *bytes;
	size_t start, end, size, limit;        /* filled from start to end; bytes taken; bytes at most */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_finish(struct buffer *buffer);             /* safe on a zeroed buffer */
void buffer_clear(struct buffer *buffer);              /* forgets the bytes, keeps the memory */
void buffer_relax(struct buffer *buffer);              /* gives the memory back when it is empty */

struct slice buffer_slice(const struct buffer *buffer);
size_t buffer_length(const struct buffer *buffer);
size_t buffer_room(const struct buffer *buffer);       /* bytes until the limit */

must_use enum result buffer_add(struct buffer *buffer, struct slice bytes);
must_use enum result buffer_add_byte(struct buffer *buffer, char byte);
must_use enum result buffer_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
must_use enum result buffer_format_list(struct buffer *buffer, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

/* Room for `size` bytes at the end; write there, then say with buffer_grew() how many came. */
must_use enum result buffer_reserve(struct buffer *buffer, size_t size, char **ret_room);
void buffer_grew(struct buffer *buffer, size_t size);

void buffer_eat(struct buffer *buffer, size_t size);   /* drop from the front */
void buffer_cut(struct buffer *buffer, size_t length); /* back to `length` bytes, dropping from the end */

#endif
