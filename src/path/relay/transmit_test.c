/* SPDX-License-Identifier: Apache-2.0 */
/* What goes in and what comes out, for every size of room, every cut of the original, and across the block's end. */
#include "relay/transmit.h"
#include "base/checksum.h"
#include "base/test.h"

#define CRLF "\r\n"

static const struct row {
	const char *about;
	struct slice bytes;
	struct slice dotted, lines;        /* empty and `refused`: it must fail; for BDAT it stays as it is */
	bool refused;
} rows[] = {
	{ "a plain message",             LIT("A: b" CRLF CRLF "hi" CRLF), LIT("A: b" CRLF CRLF "hi" CRLF "." CRLF),
	  LIT("A: b\n\nhi\n"), false },
	{ "an empty one",                LIT(""),                         LIT("." CRLF),                            LIT(""),
	  false },
	{ "no line end at the end",      LIT("hi"),                       LIT("hi" CRLF "." CRLF),
	                   LIT("hi"), false },
	{ "a dot alone",                 LIT("a" CRLF "." CRLF "b" CRLF), LIT("a" CRLF ".." CRLF "b" CRLF "." CRLF),
	  LIT("a\n.\nb\n"), false },
	{ "a dot first of all",          LIT(".a" CRLF),                  LIT("..a" CRLF "." CRLF),
	                  LIT(".a\n"), false },
	{ "dots in a row",               LIT("..." CRLF ".." CRLF),       LIT("...." CRLF "..." CRLF "." CRLF),
	      LIT("...\n..\n"), false },
	{ "a dot and no line end",       LIT("."),                        LIT(".." CRLF "." CRLF),
	                   LIT("."), false },
	{ "a dot inside a line",         LIT("a.b" CRLF),                 LIT("a.b" CRLF "." CRLF),
	                  LIT("a.b\n"), false },
	{ "empty lines",                 LIT(CRLF CRLF CRLF),             LIT(CRLF CRLF CRLF "." CRLF),
	              LIT("\n\n\n"), false },
	{ "a bare LF",                   LIT("a\nb" CRLF),                LIT(""), LIT(""), true },
	{ "a bare CR",                   LIT("a\rb" CRLF),                LIT(""), LIT(""), true },
	{ "a dot behind a bare CR",      LIT("a\r.\r\n"),                 LIT(""), LIT(""), true },
	{ "CR CR LF",                    LIT("a\r\r\n"),                  LIT(""), LIT(""), true },
	{ "CR at the very end",          LIT("a" CRLF "b\r"),             LIT(""), LIT(""), true },
	{ "LF at the very start",        LIT("\na" CRLF),                 LIT(""), LIT(""), true },
	{ "a smuggled end",              LIT("a\n." CRLF "b" CRLF),       LIT(""), LIT(""), true },
	{ "a NUL",                       LIT("a\0b" CRLF),                LIT(""), LIT(""), true },
};

struct original { struct slice bytes; uint64_t padding; };      /* so many lines of 64 bytes before `bytes` */

static enum result read_original(void *source, uint64_t from, char *to, size_t size)
{
	const struct original *original = source;

	for (size_t i = 0; i < size; i++, from++) {
		if (from < original->padding)
			to[i] = from % 64 == 62 ? '\r' : from % 64 == 63 ? '\n' : 'p';
		else
			to[i] = original->bytes.at[from - original->padding];
	}
	return OK;
}

static enum result run(const struct transmit_plan *plan, size_t room_size, struct buffer *out)
{
	static struct transmit transmit;
	enum result result = AGAIN;

	transmit_init(&transmit, plan);
	while (result == AGAIN) {
		char room[512];
		size_t filled = 0;

		result = transmit_fill(&transmit, room, room_size, &filled);
		if ((result == OK || result == AGAIN) && buffer_add(out, (struct slice){ room, filled }) != OK)
			return BROKEN;
	}
	return result;
}

static void check_out(const struct row *row, enum transmit_form form, enum result result, struct slice out,
                      uint64_t padding)
{
	const struct slice wants[] = { [TRANSMIT_DOTTED] = row->dotted, [TRANSMIT_PLAIN] = row->bytes,
		                       [TRANSMIT_LINES] = row->lines };
	struct slice want = wants[form];
	uint64_t lead = form == TRANSMIT_LINES ? padding / 64 * 63 : padding;

	CHECK(result == (row->refused ? REFUSED : OK), row->about);
	if (!row->refused)
		CHECK(slice_same(slice_drop(out, (size_t)lead), want) && out.len == lead + want.len, row->about);
	CHECK(form == TRANSMIT_LINES || row->refused || !slice_has(out, '\0'), row->about);
}

/* An edit that changes nothing cuts the original in two at `cut`. */
static void try_row(const struct row *row, enum transmit_form form, uint64_t padding, uint64_t cut, size_t room)
{
	struct original original = { row->bytes, padding };
	struct edit edit = { .at = padding + cut, .drop = 1 };
	struct edits edits = { &edit, cut < row->bytes.len };
	struct buffer out;

	if (edits.count)
		edit.put = (struct slice){ row->bytes.at + cut, 1 };
	buffer_init(&out, 1 << 20);
	enum result result = run(&(struct transmit_plan){ form, false, NULL, { 0 }, &edits, padding + row->bytes.len,
	                                                  read_original, &original }, room, &out);
	check_out(row, form, result, buffer_slice(&out), padding);
	buffer_finish(&out);
}

static void try_all_cuts(const struct row *row, enum transmit_form form)
{
	for (uint64_t cut = 0; cut <= row->bytes.len; cut++)
		for (size_t room = TRANSMIT_LEAST; room < TRANSMIT_LEAST + 12; room++)
			try_row(row, form, 0, cut, room);
	try_row(row, form, TRANSMIT_BLOCK - 64, row->bytes.len, 512);
	try_row(row, form, TRANSMIT_BLOCK, row->bytes.len, 512);
}

/* What some server takes for the end of data: none leaves, by DATA or by BDAT; and nothing that looks like one is changed. */
static const struct sequence { struct slice bytes, dotted; } sequences[] = {       /* dotted empty: refused */
	{ LIT("\n.\n"), LIT("") }, { LIT("\n.\r\n"), LIT("") }, { LIT("\r\n.\n"), LIT("") }, { LIT("\r.\r"), LIT("") },
	{ LIT("\r.\r\n"), LIT("") }, { LIT("\r\n.\r"), LIT("") }, { LIT("\n.\r"), LIT("") }, { LIT("\r.\n"), LIT("") },
	{ LIT("\r\r\n.\r\r\n"), LIT("") }, { LIT("\r\n.\r\r\n"), LIT("") }, { LIT("\r\r\n.\r\n"), LIT("") },
	{ LIT("\r\n\0.\r\n"), LIT("") }, { LIT("\n\0.\r\n"), LIT("") }, { LIT("\r\n.\0\r\n"), LIT("") },
	{ LIT("\r\n.\r\n"), LIT("\r\n..\r\n") }, { LIT("\r\n..\r\n"), LIT("\r\n...\r\n") },
	{ LIT("\r\n. \r\n"), LIT("\r\n.. \r\n") }, { LIT("\r\n .\r\n"), LIT("\r\n .\r\n") },
	{ LIT("\v.\v"), LIT("\v.\v") }, { LIT("\xc2\x85.\xc2\x85"), LIT("\xc2\x85.\xc2\x85") },
	{ LIT("\xe2\x80\xa8.\xe2\x80\xa8"), LIT("\xe2\x80\xa8.\xe2\x80\xa8") },
};
static const struct { struct slice before, behind; } places[] = {
	{ LIT("A: b\r\n\r\ntext"), LIT("MAIL FROM:<>\r\n") }, { LIT("A: b"), LIT("B: c\r\n\r\n") }, { LIT("x"), LIT("x\r\n") },
};

static enum result add_all(struct buffer *to, struct slice before, struct slice middle, struct slice behind)
{
	TRY(buffer_add(to, before));
	TRY(buffer_add(to, middle));
	return buffer_add(to, behind);
}

static void try_sequence(const struct sequence *sequence, struct slice before, struct slice behind)
{
	struct buffer bytes, dotted;
	struct row row = { .about = "a sequence", .refused = sequence->dotted.len == 0 };

	buffer_init(&bytes, 256);
	buffer_init(&dotted, 256);
	CHECK(add_all(&bytes, before, sequence->bytes, behind) == OK, "room");
	CHECK(add_all(&dotted, before, sequence->dotted, behind) == OK && buffer_add(&dotted, SLICE(".\r\n")) == OK, "room");
	row.bytes = buffer_slice(&bytes);
	row.dotted = buffer_slice(&dotted);
	try_all_cuts(&row, TRANSMIT_DOTTED);
	try_all_cuts(&row, TRANSMIT_PLAIN);
	buffer_finish(&bytes);
	buffer_finish(&dotted);
}

static void every_sequence(void)
{
	for (size_t i = 0; i < COUNT_OF(sequences); i++)
		for (size_t k = 0; k < COUNT_OF(places); k++)
			try_sequence(&sequences[i], places[k].before, places[k].behind);
}

/* Across the end of a block, at every byte. */
static void across_blocks(void)
{
	static char bytes[TRANSMIT_BLOCK + 64];
	static const char tail[] = "\r\n.\r\n..x\r\n";
	uint32_t first = 0;

	for (size_t start = TRANSMIT_BLOCK - 12; start <= TRANSMIT_BLOCK + 2; start++) {
		struct original original = { { bytes, start + sizeof(tail) - 1 }, 0 };
		struct edits none = { NULL, 0 };
		struct buffer out;

		memset(bytes, 'x', sizeof(bytes));
		memcpy(bytes + start, tail, sizeof(tail) - 1);
		buffer_init(&out, 1 << 20);
		CHECK(run(&(struct transmit_plan){ TRANSMIT_DOTTED, false, NULL, { 0 }, &none, original.bytes.len,
		                                   read_original, &original }, 100, &out) == OK, "it goes through");
		struct slice end = slice_drop(buffer_slice(&out), start);
		CHECK(slice_same(end, SLICE("\r\n..\r\n...x\r\n.\r\n")), "dots are doubled across blocks");
		uint32_t digest = checksum(0, end);
		first = first ? first : digest;
		CHECK(digest == first, "the same digest wherever the block ends");
		buffer_finish(&out);
	}
}

static enum result fail_to_read(void *source, uint64_t from, char *to, size_t size)
{
	(void)source;
	(void)from;
	(void)to;
	(void)size;
	return LATER;
}

static void other_failures(void)
{
	static struct transmit transmit;
	struct edit past = { .at = 100, .drop = 1 };
	struct edits bad = { &past, 1 }, none = { NULL, 0 };
	struct original eight = { SLICE("caf\xc3\xa9\r\n"), 0 };
	struct buffer out;
	char room[64];
	size_t filled;

	transmit_init(&transmit, &(struct transmit_plan){ TRANSMIT_DOTTED, false, NULL, { 0 }, &none, 9, fail_to_read, NULL });
	CHECK(transmit_fill(&transmit, room, sizeof(room), &filled) == LATER, "an unreadable original is later");
	CHECK(transmit_fill(&transmit, room, sizeof(room), &filled) == LATER, "and stays so");
	transmit_init(&transmit, &(struct transmit_plan){ TRANSMIT_DOTTED, false, NULL, { 0 }, &bad, 9, fail_to_read, NULL });
	CHECK(transmit_fill(&transmit, room, sizeof(room), &filled) == LATER, "edits past the end send nothing");
	buffer_init(&out, 4096);
	CHECK(run(&(struct transmit_plan){ TRANSMIT_DOTTED, true, NULL, { 0 }, &none, eight.bytes.len, read_original, &eight },
	          64, &out) == REFUSED, "8 bits do not go to a 7-bit hop");
	buffer_clear(&out);
	CHECK(run(&(struct transmit_plan){ TRANSMIT_DOTTED, false, NULL, SLICE("R: x\r\n"), &none, eight.bytes.len, read_original,
	                                   &eight }, 64, &out) == OK, "8 bits go where they may");
	CHECK(slice_same(buffer_slice(&out), SLICE("R: x\r\ncaf\xc3\xa9\r\n.\r\n")), "behind our head, unchanged");
	buffer_finish(&out);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		try_all_cuts(&rows[i], TRANSMIT_DOTTED);
		try_all_cuts(&rows[i], TRANSMIT_PLAIN);
		try_all_cuts(&rows[i], TRANSMIT_LINES);
	}
	every_sequence();
	across_blocks();
	other_failures();
	return TEST_END();
}
