/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second message hidden in the first, behind what some server has taken for the end of data: every sequence, in every
 * place, by DATA (from strangers and from those we trust) and by BDAT (where that makes no difference), cut at every byte,
 * through the real client. What counts is what reaches the queue.
 */
#include "front/smuggling_rows.h"

static void greet(struct bench *bench)
{
	bench_begin(bench, bench->who);
	bench_say(bench, SLICE("EHLO x\r\n"));
	bench_say(bench, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\n"));
	buffer_clear(&bench->heard);
	bench->deposits = 0;
	bench->hidden = bench->foul = false;
}

static void end(struct bench *bench)
{
	while (bench->shared.first)
		client_end(bench->shared.first);
}

static void by_data(struct bench *bench, const struct sequence *sequence, const char *about, struct slice all, size_t cut)
{
	greet(bench);
	bench_say(bench, SLICE("DATA\r\n"));
	buffer_clear(&bench->heard);
	bench_say(bench, slice_take(&all, cut));
	bench_say(bench, all);
	smuggling_judge(bench, sequence, about);
	end(bench);
}

static void say_chunk(struct bench *bench, struct slice bytes, bool last, bool at_once)
{
	struct buffer line;

	buffer_init(&line, 4096);
	CHECK(buffer_format(&line, "BDAT %zu%s\r\n", bytes.len, last ? " LAST" : "") == OK, "room");
	if (at_once)
		CHECK(buffer_add(&line, bytes) == OK, "room");
	bench_say(bench, buffer_slice(&line));
	if (!at_once)
		bench_say(bench, bytes);
	buffer_finish(&line);
}

/* Nothing in a chunk ends it: one message, whatever stands there, and line ends are put right. */
static void one_message(struct bench *bench, const char *about)
{
	CHECK(!bench->hidden && !bench->foul && bench->deposits == 1, about);
	end(bench);
}

static void by_chunks(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	struct slice rest = all, first = slice_take(&rest, cut);

	greet(bench);
	say_chunk(bench, first, false, cut % 2);
	say_chunk(bench, rest, true, cut % 2);
	one_message(bench, sequence->about);
}

/* One chunk, in two segments. */
static void by_chunk(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	struct buffer whole;
	struct slice rest;

	buffer_init(&whole, 4096);
	CHECK(buffer_format(&whole, "BDAT %zu LAST\r\n", all.len) == OK && buffer_add(&whole, all) == OK, "room");
	greet(bench);
	rest = buffer_slice(&whole);
	bench_say(bench, slice_take(&rest, cut));
	bench_say(bench, rest);
	one_message(bench, sequence->about);
	buffer_finish(&whole);
}

/* A chunk that is refused: its bytes are no commands, wherever they are cut. */
static void by_refused_chunk(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	struct slice rest = all;

	greet(bench);
	bench_say(bench, SLICE("RSET\r\n"));
	say_chunk(bench, slice_take(&rest, cut), false, cut % 2);
	say_chunk(bench, rest, true, cut % 2);
	CHECK(!bench->hidden && bench->deposits == 0, sequence->about);
	end(bench);
}

/* Chunks of which nobody knows the length, or others may see one and we none. */
static const struct { const char *about; struct slice before, behind; } unmeasured[] = {
	{ "in hex", LIT("BDAT 0x"), LIT(" LAST\r\n") },
	{ "behind a tab", LIT("BDAT\t"), LIT(" LAST\r\n") },
	{ "with a byte that cannot be printed", LIT("BDAT "), LIT(" LAST\x01\r\n") },
	{ "with a NUL in the word", LIT("BD\0AT "), LIT(" LAST\r\n") },
	{ "behind eight bits", LIT("\xef\xbb\xbf" "BDAT "), LIT(" LAST\r\n") },
	{ "glued to the word", LIT("bdat"), LIT(" LAST\r\n") },
	{ "without CR", LIT("BDAT "), LIT(" LAST\n") },
};

/* What stands behind it is not obeyed, at once or later, and the session ends. */
static void by_unmeasured_chunk(struct bench *bench, const struct sequence *sequence, struct slice all, size_t which, bool at_once)
{
	struct buffer whole;

	buffer_init(&whole, 4096);
	CHECK(buffer_add(&whole, unmeasured[which].before) == OK && buffer_format(&whole, "%zu", all.len) == OK &&
	      buffer_add(&whole, unmeasured[which].behind) == OK && (!at_once || buffer_add(&whole, all) == OK), "room");
	greet(bench);
	bench_say(bench, buffer_slice(&whole));
	CHECK(slice_begins(buffer_slice(&bench->heard), at_once ? SLICE("554 5.5.0") : SLICE("50")), unmeasured[which].about);
	if (!at_once)
		bench_say(bench, all);
	CHECK(!bench->hidden && bench->deposits == 0, sequence->about);
	CHECK(bench->shared.first == NULL || bench->shared.first->session.stage == STAGE_GOODBYE, unmeasured[which].about);
	end(bench);
	buffer_finish(&whole);
}

/* The same, in a line that is too long. */
static void by_endless_chunk(struct bench *bench, const struct sequence *sequence, struct slice all)
{
	struct buffer line;

	buffer_init(&line, 8192);
	CHECK(buffer_format(&line, "BDAT %zu%*s LAST\r\n", all.len, 3000, "") == OK, "room");
	greet(bench);
	bench_say(bench, buffer_slice(&line));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("500 5.5.2")), sequence->about);
	bench_say(bench, all);
	CHECK(!bench->hidden && bench->deposits == 0, sequence->about);
	CHECK(bench->shared.first == NULL || bench->shared.first->session.stage == STAGE_GOODBYE, sequence->about);
	end(bench);
	buffer_finish(&line);
}

static void check(struct bench *bench, const struct sequence *sequence, const struct place *place)
{
	struct buffer all;

	smuggling_text(sequence, place, &all);
	for (size_t cut = 0; cut <= buffer_length(&all); cut++) {
		bench->who = SESSION_TRUSTED;
		by_data(bench, sequence, place->about, buffer_slice(&all), cut);
		bench->who = 0;
		by_data(bench, sequence, place->about, buffer_slice(&all), cut);
		by_chunk(bench, sequence, buffer_slice(&all), cut);
		by_chunks(bench, sequence, buffer_slice(&all), cut);
		by_refused_chunk(bench, sequence, buffer_slice(&all), cut);
	}
	for (size_t i = 0; i < 2 * COUNT_OF(unmeasured); i++)
		by_unmeasured_chunk(bench, sequence, buffer_slice(&all), i / 2, i % 2);
	by_endless_chunk(bench, sequence, buffer_slice(&all));
	buffer_finish(&all);
}

int main(void)
{
	static struct bench bench;

	bench_init(&bench, &rules);
	for (size_t i = 0; i < COUNT_OF(sequences); i++)
		for (size_t j = 0; j < COUNT_OF(places); j++)
			check(&bench, &sequences[i], &places[j]);
	bench_finish(&bench);
	return TEST_END();
}
