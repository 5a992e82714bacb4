/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper says becomes evidence; what it cannot have said is refused, and leaves none. */
#include "inspect/sources.h"

#include "base/pack.h"
#include "base/test.h"
#include "wire/inspect-keeper.h"

enum { TOLD_MOST = 3 };

struct told { uint8_t end; uint64_t first, last; uint32_t counts[KNOWN_OUTCOMES]; };

static const struct row {
	const char *about;
	struct slice sender;
	uint8_t count;
	struct told told[TOLD_MOST];
	size_t behind;                                   /* bytes that follow */
	enum result end;
	const char *texts[2];                            /* NULL: it failed */
} rows[] = {
	{ "both are known", LIT("a@example.net"), 2, { { KNOWN_YES, 90, 5, { 3, 2, 1 } }, { KNOWN_YES, 900, 0, { 7, 0, 0 } } }, 0, OK,
	  { "delivered 3 quarantined 2 rejected 1 first 90 last 5", "delivered 7 quarantined 0 rejected 0 first 900 last 0" } },
	{ "one never was", LIT("a@example.net"), 2, { { KNOWN_NEVER, 0, 0, { 0, 0, 0 } }, { KNOWN_YES, 9, 9, { 1, 0, 0 } } }, 0, OK,
	  { "never", "delivered 1 quarantined 0 rejected 0 first 9 last 9" } },
	{ "one could not be looked up", LIT("a@example.net"), 2, { { KNOWN_YES, 9, 9, { 1, 0, 0 } }, { KNOWN_FAILED, 0, 0, { 0, 0, 0 } } }, 0, OK,
	  { "delivered 1 quarantined 0 rejected 0 first 9 last 9", NULL } },
	{ "a failure with numbers is one", LIT("a@example.net"), 2, { { KNOWN_FAILED, 9, 9, { 9, 0, 0 } }, { KNOWN_FAILED, 0, 0, { 0, 0, 0 } } }, 0,
	  OK, { NULL, NULL } },
	{ "the null sender has one name", LIT(""), 1, { { KNOWN_YES, 9, 9, { 1, 0, 0 } } }, 0, OK,
	  { "delivered 1 quarantined 0 rejected 0 first 9 last 9", "" } },
	{ "too few are told of", LIT("a@example.net"), 1, { { KNOWN_YES, 9, 9, { 1, 0, 0 } } }, 0, REFUSED, { NULL, NULL } },
	{ "too many are told of", LIT("a@example.net"), 3, { { 0, 0, 0, { 0, 0, 0 } }, { 0, 0, 0, { 0, 0, 0 } }, { 0, 0, 0, { 0, 0, 0 } } }, 0, REFUSED,
	  { NULL, NULL } },
	{ "an end that is none", LIT("a@example.net"), 2, { { KNOWN_ENDS, 0, 0, { 0, 0, 0 } }, { 0, 0, 0, { 0, 0, 0 } } }, 0, REFUSED, { NULL, NULL } },
	{ "the last before the first", LIT("a@example.net"), 2, { { KNOWN_YES, 5, 90, { 1, 0, 0 } }, { 0, 0, 0, { 0, 0, 0 } } }, 0, REFUSED,
	  { NULL, NULL } },
	{ "something behind it", LIT("a@example.net"), 2, { { 0, 0, 0, { 0, 0, 0 } }, { 0, 0, 0, { 0, 0, 0 } } }, 1, REFUSED, { NULL, NULL } },
};

static void pack_told(const struct row *row, struct buffer *to)
{
	CHECK(pack_u8(to, row->count) == OK, "told");
	for (size_t i = 0; i < row->count; i++) {
		CHECK(pack_u8(to, row->told[i].end) == OK && pack_u64(to, row->told[i].first) == OK && pack_u64(to, row->told[i].last) == OK, "of one");
		for (size_t outcome = 0; outcome < KNOWN_OUTCOMES; outcome++)
			CHECK(pack_u32(to, row->told[i].counts[outcome]) == OK, "and its counts");
	}
	if (row->behind)
		CHECK(buffer_add_byte(to, 'x') == OK, "and more");
}

static void ask_about(struct slice sender, struct request *request)
{
	const struct envelope envelope = { .id = SLICE("0123456789ABCDEF"), .sender = sender, .client_address = SLICE("192.0.2.9") };
	struct buffer packed;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&packed, 4096);
	buffer_init(&request->question, 8192);
	buffer_init(&request->known, EVIDENCE_BYTES);
	buffer_init(&request->evidence, EVIDENCE_BYTES);
	CHECK(envelope_pack(&envelope, &packed) == OK && pack_slice(&request->question, buffer_slice(&packed)) == OK &&
	      answers_known(request, &envelope, 1700000000, &arena) == OK && answers_begin(request) == OK, "a message");
	buffer_finish(&packed);
	arena_finish(&arena);
}

static void check_evidence(const struct row *row, const struct request *request)
{
	struct evidence evidence = { .count = 0 };
	struct arena arena;
	size_t said = 0;

	arena_init(&arena, 1 << 20);
	CHECK(evidence_unpack(buffer_slice(&request->evidence), &arena, &evidence) == OK, "evidence stands");
	for (size_t i = 0; i < evidence.count; i++) {
		const struct answer *answer = &evidence.answers[i];

		if (answer->kind != ASK_STATE)
			continue;
		CHECK(said < 2 && (answer->end == ANSWER_SAID) == (row->texts[said] != NULL), row->about);
		CHECK(answer->end != ANSWER_SAID || slice_same(answer->text, slice_of(row->texts[said])), row->about);
		CHECK(slice_begins(answer->who, said ? SLICE("domain ") : SLICE("sender ")), "under its name");
		said++;
	}
	CHECK(said == (row->end == OK ? row->count : 0u), row->about);
	arena_finish(&arena);
}

static void check_row(const struct row *row)
{
	struct dispatcher dispatcher = { .counters = NULL };
	struct request request = { .fd = -1, .dispatcher = &dispatcher };
	struct loop loop;
	struct buffer told;

	CHECK(loop_init(&loop) == OK, "a loop");
	dispatcher.loop = &loop;
	buffer_init(&told, 4096);
	ask_about(row->sender, &request);
	pack_told(row, &told);
	CHECK(remembered_read(&request, buffer_slice(&told)) == row->end, row->about);
	check_evidence(row, &request);
	for (size_t cut = 0; row->end == OK && cut < buffer_length(&told); cut++)
		CHECK(remembered_read(&request, (struct slice){ buffer_slice(&told).at, cut }) == REFUSED, "a part of it is none");
	buffer_finish(&told);
	buffer_finish(&request.question);
	buffer_finish(&request.known);
	buffer_finish(&request.evidence);
	loop_finish(&loop);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	return TEST_END();
}
