/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the smuggling matrix inside TLS: by DATA and by BDAT, cut at every byte into records, and the records cut at
 * every byte into segments, from strangers and from those we trust. Sessions go on from one message to the next, as far as they live.
 */
#include "front/front_bench_tls.h"
#include "front/smuggling_rows.h"

#define ENVELOPE "RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\n"
static const char noted[] = "250 2.0.0 forgotten\r\n250 2.1.0 sender noted\r\n250 2.1.5 ";

static bool is_open(const struct bench *bench)
{
	return bench->inside && bench->shared.first && bench->shared.first->session.stage != STAGE_GOODBYE;
}

static void greet(struct bench *bench)
{
	if (!is_open(bench))
		bench_tls(bench);
	buffer_clear(&bench->heard);
	bench->deposits = 0;
	bench->hidden = bench->foul = false;
	bench_say(bench, SLICE(ENVELOPE));
	CHECK(slice_begins(buffer_slice(&bench->heard), slice_of(noted)), "an envelope");
	buffer_clear(&bench->heard);
}

/* What was sealed goes in two segments. */
static void send_cut(struct bench *bench, size_t cut)
{
	struct buffer *out = &bench->inside->out;
	struct slice rest = buffer_slice(out);

	bench_send(bench, slice_take(&rest, cut));
	bench_send(bench, rest);
	buffer_clear(out);
}

static void send_all(struct bench *bench)
{
	send_cut(bench, buffer_length(&bench->inside->out));
}

static void data(struct bench *bench)
{
	greet(bench);
	bench_say(bench, SLICE("DATA\r\n"));
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("354 ")), "data may come");
	buffer_clear(&bench->heard);
}

/* A session in which somebody has talked out of turn has ended: that is another row's matter. */
static void done(struct bench *bench, const struct sequence *sequence)
{
	if (sequence->ends)
		bench_tls_off(bench);
}

static void in_two_records(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	data(bench);
	bench_seal(bench, slice_take(&all, cut));
	bench_seal(bench, all);
	send_all(bench);
	smuggling_judge(bench, sequence, sequence->about);
	done(bench, sequence);
}

/* The length of the record. */
static size_t in_two_segments(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	size_t length;

	data(bench);
	bench_seal(bench, all);
	length = buffer_length(&bench->inside->out);
	send_cut(bench, cut);
	smuggling_judge(bench, sequence, sequence->about);
	done(bench, sequence);
	return length;
}

static void seal_chunk(struct bench *bench, struct slice bytes, bool last, bool at_once)
{
	struct buffer line;

	buffer_init(&line, 4096);
	CHECK(buffer_format(&line, "BDAT %zu%s\r\n", bytes.len, last ? " LAST" : "") == OK, "room");
	if (at_once)
		CHECK(buffer_add(&line, bytes) == OK, "room");
	bench_seal(bench, buffer_slice(&line));
	if (!at_once)
		bench_seal(bench, bytes);
	buffer_finish(&line);
}

static void in_chunks(struct bench *bench, const struct sequence *sequence, struct slice all, size_t cut)
{
	greet(bench);
	seal_chunk(bench, slice_take(&all, cut), false, cut % 2);
	seal_chunk(bench, all, true, cut % 2);
	send_cut(bench, cut);
	CHECK(!bench->hidden && !bench->foul && bench->deposits == 1, sequence->about);
}

static void check(struct bench *bench, const struct sequence *sequence, const struct place *place)
{
	struct buffer all;
	size_t length = 1;

	/* From whom it comes makes a difference where DATA is read, and nowhere else. */
	smuggling_text(sequence, place, &all);
	for (size_t cut = 0; cut <= buffer_length(&all); cut++) {
		in_two_records(bench, sequence, buffer_slice(&all), cut);
		if (bench->who == 0)
			in_chunks(bench, sequence, buffer_slice(&all), cut);
	}
	for (size_t cut = 0; cut <= length && bench->who == 0; cut++)
		length = in_two_segments(bench, sequence, buffer_slice(&all), cut);
	buffer_finish(&all);
}

int main(void)
{
	static struct bench bench;

	bench_init(&bench, &rules);
	bench_tls_init(&bench);
	for (bench.who = 0; bench.who <= SESSION_TRUSTED; bench.who += SESSION_TRUSTED) {
		bench_tls_off(&bench);
		for (size_t i = 0; i < COUNT_OF(sequences); i++)
			for (size_t j = 0; j < COUNT_OF(places); j += bench.who ? COUNT_OF(places) - 1 : 1)
				check(&bench, &sequences[i], &places[j]);
	}
	bench_tls_finish(&bench);
	bench_finish(&bench);
	return TEST_END();
}
