/* SPDX-License-Identifier: Apache-2.0 */
/* What was packed comes back the same; what is damaged, at any byte, is refused. */
#include "mail/evidence/evidence.h"

#include "base/pack.h"
#include "base/test.h"

static struct fact facts[] = { { LIT("size"), LIT("5120") }, { LIT("subject"), LIT("a\0b\r\nc") } };
static struct inquiry questions[] = { { ASK_SCANNERS, LIT("") } };
static struct answer answers[] = {
	{ ASK_SCANNERS, LIT("clamav"), ANSWER_FOUND, LIT("Eicar-Test"), 0 },
	{ ASK_SCANNERS, LIT("other"), ANSWER_FAILED, LIT("no answer in time"), 0 },
};

static struct slice names[] = { LIT("a.zip"), LIT("b.png") };
static struct found_part parts[] = {
	{ LIT("1"), LIT("multipart/mixed"), LIT(""), 5000, NULL, 0, NULL, 0 },
	{ LIT("1.1"), LIT("application/zip"), LIT("0123456789abcdef0123456789abcdef"), 42, names, COUNT_OF(names), names, 1 },
};
static struct fact_place places[] = { { 0, 0 }, { 100, 17 } };
static const struct findings sample_findings = {
	facts, COUNT_OF(facts), questions, COUNT_OF(questions), parts, COUNT_OF(parts), places, READER_WHOLE,
};
static const struct evidence sample_evidence = { answers, COUNT_OF(answers), 1700000000, 42 };

static void findings_come_back(struct arena *arena, struct buffer *buffer)
{
	struct findings back = { 0 };

	CHECK(findings_pack(&sample_findings, buffer) == OK, "findings can be packed");
	CHECK(findings_unpack(buffer_slice(buffer), arena, &back) == OK, "and read again");
	CHECK(back.fact_count == 2 && back.question_count == 1, "with every row");
	CHECK(back.fact_count == 2 && slice_same(back.facts[1].value, facts[1].value), "with every byte of a value");
	CHECK(back.part_count == 2 && slice_same(back.parts[1].path, SLICE("1.1")) && back.parts[1].size == 42 &&
		      back.parts[1].name_count == 2 && slice_same(back.parts[1].names[1], SLICE("b.png")) &&
		      back.parts[1].fact_count == 1 && back.parts[0].name_count == 0,
	      "and each part with its names");
	CHECK(back.question_count == 1 && back.questions[0].kind == ASK_SCANNERS, "and the kind of each question");
	CHECK(back.places && back.places[1].at == 100 && back.places[1].length == 17, "and where a fact comes from");
	CHECK(back.reader == READER_WHOLE, "and which reader found them");
}

static void evidence_comes_back(struct arena *arena, struct buffer *buffer)
{
	struct evidence back = { 0 };

	CHECK(evidence_pack(&sample_evidence, buffer) == OK, "evidence can be packed");
	CHECK(evidence_unpack(buffer_slice(buffer), arena, &back) == OK, "and read again");
	CHECK(back.count == 2 && back.asked == 1700000000 && back.took_ms == 42, "with its times");
	CHECK(back.count == 2 && back.answers[0].end == ANSWER_FOUND &&
		  slice_same(back.answers[0].text, answers[0].text),
	      "and what each scanner said");
}

static void times_come_back(struct arena *arena, struct buffer *buffer)
{
	struct answer timed[] = { { ASK_DNS, SLICE("1.2.0.192.zen.example"), ANSWER_SAID, SLICE("127.0.0.2"), 3 },
		                  { ASK_CLOCK, SLICE("clock"), ANSWER_SAID, SLICE("now"), 0 } };
	const struct evidence sample = { .answers = timed, .count = 2, .asked = 1700000000, .took_ms = 42 };
	struct evidence back = { 0 };
	size_t from;

	CHECK(buffer_slice(buffer).at[0] == 1, "without times of their own, evidence is what it was");
	buffer_clear(buffer);
	CHECK(evidence_pack(&sample, buffer) == OK && evidence_unpack(buffer_slice(buffer), arena, &back) == OK, "with them too");
	CHECK(back.count == 2 && back.answers[0].kind == ASK_DNS && back.answers[0].took_ms == 3 && back.answers[1].took_ms == 0,
	      "each answer has its own");
	for (from = 0; from < buffer_length(buffer); from++)
		CHECK(evidence_unpack((struct slice){ buffer_slice(buffer).at, from }, arena, &back) == REFUSED, "a cut end is refused");
	buffer_clear(buffer);
	CHECK(evidence_pack(&sample_evidence, buffer) == OK, "and the one from before");
}

static void every_cut_is_refused(struct arena *arena, struct buffer *buffer)
{
	struct slice whole = buffer_slice(buffer);
	struct evidence evidence;
	struct findings findings;

	for (size_t len = 0; len < whole.len; len++) {
		CHECK(evidence_unpack((struct slice){ whole.at, len }, arena, &evidence) == REFUSED,
		      "a cut end is refused");
		CHECK(findings_unpack((struct slice){ whole.at, len }, arena, &findings) != OK, "and is no findings");
	}
	CHECK(buffer_add_byte(buffer, 0) == OK, "a byte more");
	CHECK(evidence_unpack(buffer_slice(buffer), arena, &evidence) == REFUSED, "is refused too");
}

static const struct {
	const char *about;
	struct slice packed;
} bad[] = {
	{ "nothing", LIT("") },
	{ "another version", LIT("\2\0\0\0\0\0\0\0\0") },
	{ "more facts than bytes", LIT("\1\377\377\0\0") },
	{ "more facts than may be", LIT("\1\377\377\377\377") },
	{ "a value that runs past the end", LIT("\1\1\0\0\0\0\0\0\0\377\0\0\0\0\0\0\0") },
	{ "parts announced, and none there", LIT("\2\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "more parts than bytes", LIT("\2\0\0\0\0\0\0\0\0\1\0\0\0") },
	{ "a version that is to come", LIT("\4\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "more places than facts", LIT("\3\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0") },
	{ "a question of no known kind", LIT("\1\0\0\0\0\1\0\0\0\11\0\0\0\0") },
};

static void bad_findings(struct arena *arena)
{
	struct findings findings;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK(findings_unpack(bad[i].packed, arena, &findings) == REFUSED, bad[i].about);
}

/* What is in spools and in message logs already. */
static const struct {
	const char *about;
	struct slice packed;
	uint32_t reader;
} kept[] = {
	{ "findings without parts are of the first reader", LIT("\1\0\0\0\0\0\0\0\0"), READER_FIRST },
	{ "findings with parts and no number are of the second",
	  LIT("\2\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), READER_PARTS },
	{ "a number stands", LIT("\3\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), READER_WHOLE },
	{ "that of a later version too", LIT("\3\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 7 },
};

static void readers_of_then(struct arena *arena)
{
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		struct findings findings = { 0 };

		CHECK(findings_unpack(kept[i].packed, arena, &findings) == OK && findings.reader == kept[i].reader, kept[i].about);
		CHECK(findings.places == NULL, "and where facts come from is not known");
	}
}

static void ceilings(struct buffer *buffer)
{
	struct findings many = { .facts = facts, .fact_count = FACTS_MOST + 1 };
	struct buffer small;

	CHECK(findings_pack(&many, buffer) == LATER && buffer_length(buffer) == 0,
	      "too many facts are not packed, not even in part");
	buffer_init(&small, 20);
	CHECK(findings_pack(&sample_findings, &small) == LATER && buffer_length(&small) == 0,
	      "nor into a buffer that is full");
	buffer_finish(&small);
}

static void unscannable(struct arena *arena, struct buffer *buffer)
{
	struct findings back = { 0 };

	CHECK(findings_unscannable(SLICE("its worker died twice"), buffer) == OK, "a message that could not be read");
	CHECK(findings_unpack(buffer_slice(buffer), arena, &back) == OK && back.fact_count == 1, "has one fact");
	CHECK(back.fact_count == 1 && slice_same(back.facts[0].name, SLICE("unscannable")), "and it is: unscannable");
}

int main(void)
{
	struct buffer buffer;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&buffer, 1 << 20);
	findings_come_back(&arena, &buffer);
	buffer_clear(&buffer);
	evidence_comes_back(&arena, &buffer);
	times_come_back(&arena, &buffer);
	every_cut_is_refused(&arena, &buffer);
	buffer_clear(&buffer);
	bad_findings(&arena);
	readers_of_then(&arena);
	ceilings(&buffer);
	unscannable(&arena, &buffer);
	buffer_finish(&buffer);
	arena_finish(&arena);
	return TEST_END();
}
