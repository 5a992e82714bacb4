/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files are read back; a file that was cut or changed anywhere is never one. */
#include "queue/spool_file.h"

#include "base/test.h"

#include <string.h>

static const struct file_row {
	const char *about;
	const char *envelope, *content, *judgement;      /* NULL: no such section */
	bool message, alone;
} file_rows[] = {
	{ "a message with its judgement",       "envelope", "the bytes\r\n", "verdict", true,  false },
	{ "a message that is judged later",     "envelope", "the bytes\r\n", NULL,      true,  false },
	{ "a judgement of its own",             NULL,       NULL,            "verdict", false, true },
	{ "empty sections are sections",        "",         "",              "",        true,  false },
	{ "an envelope alone is no message",    "envelope", NULL,            NULL,      false, false },
	{ "content alone is no message",        NULL,       "the bytes",     NULL,      false, false },
};

static enum result add_section(struct spool_writer *writer, enum spool_section kind, const char *text, struct buffer *to)
{
	if (text == NULL)
		return OK;
	TRY(spool_write_section(writer, kind, strlen(text), to));
	spool_write_bytes(writer, slice_of(text));
	return buffer_add(to, slice_of(text));
}

static enum result write_file(const struct file_row *row, struct buffer *to)
{
	struct spool_writer writer;

	TRY(spool_write_head(&writer, 7, to));
	TRY(add_section(&writer, SPOOL_ENVELOPE, row->envelope, to));
	TRY(add_section(&writer, SPOOL_CONTENT, row->content, to));
	TRY(add_section(&writer, SPOOL_JUDGEMENT, row->judgement, to));
	return spool_write_end(&writer, to);
}

static bool span_is(struct slice bytes, const struct spool_map *map, enum spool_section kind, const char *text)
{
	struct spool_span span = map->spans[kind];

	if (map->has[kind] != (text != NULL))
		return false;
	return text == NULL || slice_same((struct slice){ bytes.at + span.at, span.length }, slice_of(text));
}

static enum result whole(struct slice bytes, struct spool_map *ret_map)
{
	struct spool_source source = spool_source_memory(&bytes);

	TRY(spool_map(&source, ret_map));
	return spool_verify(&source);
}

static void check_file(const struct file_row *row)
{
	struct buffer file;
	struct spool_map map;
	struct slice bytes;

	buffer_init(&file, 4096);
	CHECK(write_file(row, &file) == OK, row->about);
	bytes = buffer_slice(&file);
	CHECK(whole(bytes, &map) == OK, row->about);
	CHECK(map.serial == 7, row->about);
	CHECK(span_is(bytes, &map, SPOOL_ENVELOPE, row->envelope), row->about);
	CHECK(span_is(bytes, &map, SPOOL_CONTENT, row->content), row->about);
	CHECK(span_is(bytes, &map, SPOOL_JUDGEMENT, row->judgement), row->about);
	CHECK(spool_map_is_message(&map) == row->message, row->about);
	CHECK(spool_map_is_judgement(&map) == row->alone, row->about);
	buffer_finish(&file);
}

static void check_damage(const struct file_row *row)
{
	struct buffer file;
	struct spool_map map;
	struct slice bytes;
	unsigned taken = 0;

	buffer_init(&file, 4096);
	CHECK(write_file(row, &file) == OK, row->about);
	bytes = buffer_slice(&file);
	for (size_t length = 0; length < bytes.len; length++)
		taken += whole((struct slice){ bytes.at, length }, &map) == OK;
	CHECK(taken == 0, "a file cut anywhere is never whole");
	for (size_t at = 0; at < bytes.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			file.bytes[file.start + at] ^= (char)(1 << bit);
			taken += whole(bytes, &map) == OK;
			file.bytes[file.start + at] ^= (char)(1 << bit);
		}
	CHECK(taken == 0, "a file with any bit flipped is never whole");
	CHECK(buffer_add_byte(&file, 0) == OK && whole(buffer_slice(&file), &map) != OK, "nor one with a byte behind its end");
	buffer_finish(&file);
}

static void check_order(void)
{
	static const enum spool_section orders[][2] = {
		{ SPOOL_CONTENT, SPOOL_ENVELOPE }, { SPOOL_ENVELOPE, SPOOL_ENVELOPE }, { 9, SPOOL_CONTENT } };

	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct buffer file;
		struct spool_writer writer;
		struct spool_map map;
		struct slice bytes;

		buffer_init(&file, 4096);
		CHECK(spool_write_head(&writer, 1, &file) == OK, "head");
		CHECK(add_section(&writer, orders[i][0], "a", &file) == OK, "first section");
		CHECK(add_section(&writer, orders[i][1], "b", &file) == OK, "second section");
		CHECK(spool_write_end(&writer, &file) == OK, "end");
		bytes = buffer_slice(&file);
		CHECK(whole(bytes, &map) == REFUSED, "sections out of order, doubled or unknown are refused");
		buffer_finish(&file);
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(file_rows); i++)
		check_file(&file_rows[i]);
	check_damage(&file_rows[0]);
	check_damage(&file_rows[2]);
	check_order();
	return TEST_END();
}
