/* SPDX-License-Identifier: Apache-2.0 */
/* buffer_test.c — adding, eating and cutting, and a model that knows the answer. */
#include "base/buffer.h"

#include "base/test.h"

#include <string.h>

enum { LIMIT = 1000 };

static bool holds(const struct buffer *buffer, const char *text)
{
	return slice_same(buffer_slice(buffer), slice_of(text));
}

static void test_steps(void)
{
	struct buffer buffer;
	char *room = NULL;

	buffer_init(&buffer, 10);
	CHECK(holds(&buffer, "") && buffer_room(&buffer) == 10, "a new buffer is empty");
	CHECK(buffer_add(&buffer, SLICE("hello")) == OK && buffer_add_byte(&buffer, '!') == OK, "bytes are added");
	CHECK(buffer_add(&buffer, SLICE("world")) == LATER && holds(&buffer, "hello!"), "too much changes nothing");
	buffer_eat(&buffer, 2);
	CHECK(holds(&buffer, "llo!") && buffer_room(&buffer) == 6, "what was eaten makes room");
	CHECK(buffer_add(&buffer, SLICE("abcdef")) == OK && holds(&buffer, "llo!abcdef"), "and it can be used");
	CHECK(buffer_add_byte(&buffer, 'x') == LATER, "to the limit and not over it");
	buffer_cut(&buffer, 4);
	buffer_cut(&buffer, 100);
	CHECK(holds(&buffer, "llo!"), "a cut drops from the end, and never adds");
	buffer_eat(&buffer, 100);
	CHECK(holds(&buffer, ""), "eating more than there is eats all");
	CHECK(buffer_reserve(&buffer, 11, &room) == LATER && room == NULL, "no room over the limit is promised");
	CHECK(buffer_reserve(&buffer, 10, &room) == OK, "room to the limit is");
	memcpy(room, "0123456789", 10);
	buffer_grew(&buffer, 3);
	CHECK(holds(&buffer, "012"), "what was written there is there once said");
	buffer_clear(&buffer);
	buffer_relax(&buffer);
	CHECK(buffer.bytes == NULL && buffer.limit == 10, "an empty buffer gives its memory back and keeps its limit");
	buffer_finish(&buffer);
}

static void test_format(void)
{
	struct buffer buffer;

	buffer_init(&buffer, 10);
	CHECK(buffer_format(&buffer, "%d-%.*s", 42, SHOW(SLICE("ab"))) == OK && holds(&buffer, "42-ab"), "a format");
	CHECK(buffer_format(&buffer, "%s", "too long for it") == LATER && holds(&buffer, "42-ab"),
	      "too long changes nothing");
	buffer_finish(&buffer);
}

/* A plain array does the same, slowly. */
static void test_against_model(void)
{
	char model[LIMIT], chunk[200];
	size_t length = 0;
	unsigned seed = 1;
	struct buffer buffer;

	buffer_init(&buffer, LIMIT);
	for (int step = 0; step < 20000; step++) {
		size_t size = (seed = seed * 1103515245 + 12345) >> 16 & 127;

		if (seed >> 8 & 1) {
			memset(chunk, (int)(step & 127), size);
			if (buffer_add(&buffer, (struct slice){ chunk, size }) == OK) {
				memcpy(model + length, chunk, size);
				length += size;
			} else if (length + size <= LIMIT) {
				CHECK(false, "what fits is added");
			}
		} else {
			size = size < length ? size : length;
			buffer_eat(&buffer, size);
			memmove(model, model + size, length - size);
			length -= size;
		}
		if (!slice_same(buffer_slice(&buffer), (struct slice){ model, length }))
			CHECK(false, "buffer and model agree");
	}
	CHECK(buffer.size <= LIMIT, "memory keeps to the limit");
	buffer_finish(&buffer);
}

int main(void)
{
	struct buffer zeroed = { 0 };

	buffer_finish(&zeroed);
	CHECK(buffer_add_byte(&zeroed, 'x') == LATER, "a zeroed buffer takes nothing");
	test_steps();
	test_format();
	test_against_model();
	return TEST_END();
}
