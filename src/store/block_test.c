/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks are closed and opened again; then each byte of one is damaged, and nothing of it may be believed. */
#include "store/block.h"

#include "base/test.h"

#include <string.h>

enum { FILE_LIMIT = 64 << 20 };

static struct record record_of(const char *key, int64_t when, struct slice bytes)
{
	struct record record = { .kind = 7, .when = when, .bytes = bytes };

	memset(record.key, '0', RECORD_KEY);
	memcpy(record.key, key, strlen(key));
	return record;
}

static void fill(struct block *block)
{
	const struct record records[] = {
		record_of("B", 20, SLICE("the second")), record_of("A", 10, SLICE("")), record_of("C", 15, SLICE("a\0b\n")),
	};

	block_init(block);
	for (size_t i = 0; i < COUNT_OF(records); i++)
		CHECK(block_add(block, &records[i]) == OK, "a record is added");
}

static void check_there_and_back(void)
{
	struct block block;
	struct buffer file, raw;
	struct block_head head;
	struct record record;
	struct slice rest;

	fill(&block);
	buffer_init(&file, FILE_LIMIT);
	buffer_init(&raw, FILE_LIMIT);
	CHECK(block_close(&block, &file) == OK && buffer_length(&file) > BLOCK_HEAD, "it is closed");
	CHECK(block_head_read(buffer_slice(&file), &head) == OK, "the head is read");
	CHECK(head.span.count == 3 && head.span.since == 10 && head.span.until == 20, "it tells of number and times");
	CHECK(block_may_hold(&head, "A000000000000000") && block_may_hold(&head, "B555555555555555"), "and which keys may be in it");
	CHECK(!block_may_hold(&head, "9000000000000000") && !block_may_hold(&head, "D000000000000000"), "and which not");
	CHECK(block_open(&head, slice_drop(buffer_slice(&file), BLOCK_HEAD), &raw) == OK, "it is opened");
	rest = buffer_slice(&raw);
	CHECK(record_cut(&rest, &record) == OK && record.kind == 7 && record.when == 20 &&
	      slice_same(record.bytes, SLICE("the second")), "the first record comes first");
	CHECK(record_cut(&rest, &record) == OK && record.key[0] == 'A' && record.bytes.len == 0, "an empty one is one");
	CHECK(record_cut(&rest, &record) == OK && slice_same(record.bytes, SLICE("a\0b\n")) && rest.len == 0, "all bytes come back");
	block_finish(&block);
	buffer_finish(&file);
	buffer_finish(&raw);
}

/* Reads a block whole; how many of its records were the ones that went in? */
static enum result read_all(struct slice file)
{
	struct block_head head;
	struct buffer raw;
	enum result result;

	TRY(block_head_read(file, &head));
	buffer_init(&raw, FILE_LIMIT);
	result = block_open(&head, slice_drop(file, BLOCK_HEAD), &raw);
	buffer_finish(&raw);
	return result;
}

static void check_damage(void)
{
	struct block block;
	struct buffer file;
	size_t believed = 0;

	fill(&block);
	buffer_init(&file, FILE_LIMIT);
	CHECK(block_close(&block, &file) == OK, "a block");
	for (size_t i = file.start; i < file.end; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			file.bytes[i] = (char)(file.bytes[i] ^ 1 << bit);
			believed += read_all(buffer_slice(&file)) == OK;
			file.bytes[i] = (char)(file.bytes[i] ^ 1 << bit);
		}
	CHECK(believed == 0, "a single bit that is wrong anywhere is seen");
	for (size_t length = 0; length < buffer_length(&file); length++)
		believed += read_all((struct slice){ buffer_slice(&file).at, length }) == OK;
	CHECK(believed == 0, "a block that is cut anywhere is none");
	CHECK(read_all(buffer_slice(&file)) == OK, "and undamaged it is one");
	block_finish(&block);
	buffer_finish(&file);
}

static void check_limits(void)
{
	static char much[1 << 20];
	struct block block;
	struct record record = record_of("A", 1, (struct slice){ much, sizeof(much) });
	size_t added = 0, before;

	block_init(&block);
	while (block_add(&block, &record) == OK)
		added++;
	before = buffer_length(&block.raw);
	CHECK(added > 16 && before <= BLOCK_MOST && block.span.count == added, "a full block takes no more");
	record.bytes = SLICE("");
	CHECK(block_add(&block, &record) == OK && buffer_length(&block.raw) > before, "but what has room");
	block_clear(&block);
	CHECK(block.span.count == 0 && buffer_length(&block.raw) == 0, "and is empty again");
	block_finish(&block);
}

int main(void)
{
	check_there_and_back();
	check_damage();
	check_limits();
	return TEST_END();
}
