/* SPDX-License-Identifier: Apache-2.0 */
/* A version, then each list as a count and its rows. A count is believed only as far as the bytes
 * behind it could hold that many rows, so no stranger's number sizes an allocation. */
#include "mail/evidence/evidence.h"

#include "base/pack.h"

/* Evidence in which no answer has a time of its own is still version 1, as what is in spools already. */
enum { EVIDENCE_VERSION = 1, WITH_TIMES = 2, FACT_LEAST = 8, QUESTION_LEAST = 5, ANSWER_LEAST = 10, PART_LEAST = 28, PLACE_LEAST = 8 };
/* Of findings; all are still read. */
enum { WITHOUT_PARTS = 1, WITH_PARTS = 2, WITH_READER = 3 };

/* All of it or nothing: what was begun is cut off again. */
static enum result whole_or_nothing(struct buffer *to, size_t before, enum result result)
{
	if (result == OK && buffer_length(to) - before > EVIDENCE_BYTES)
		result = LATER;
	if (result != OK)
		buffer_cut(to, before);
	return result;
}

static enum result pack_fact(struct buffer *to, const struct fact *fact)
{
	TRY(pack_slice(to, fact->name));
	return pack_slice(to, fact->value);
}

static enum result pack_question(struct buffer *to, const struct inquiry *question)
{
	TRY(pack_u8(to, (uint8_t)question->kind));
	return pack_slice(to, question->what);
}

static enum result pack_words(struct buffer *to, const struct slice *words, size_t count)
{
	if (count > PART_WORDS_MOST)
		return LATER;
	TRY(pack_u32(to, (uint32_t)count));
	for (size_t i = 0; i < count; i++)
		TRY(pack_slice(to, words[i]));
	return OK;
}

static enum result pack_part(struct buffer *to, const struct found_part *part)
{
	TRY(pack_slice(to, part->path));
	TRY(pack_slice(to, part->type));
	TRY(pack_slice(to, part->digest));
	TRY(pack_u64(to, part->size));
	TRY(pack_words(to, part->names, part->name_count));
	return pack_words(to, part->facts, part->fact_count);
}

static enum result pack_parts(struct buffer *to, const struct findings *findings)
{
	TRY(pack_u32(to, (uint32_t)findings->part_count));
	for (size_t i = 0; i < findings->part_count; i++)
		TRY(pack_part(to, &findings->parts[i]));
	return OK;
}

static enum result pack_places(struct buffer *to, const struct findings *findings)
{
	size_t count = findings->places ? findings->fact_count : 0;

	TRY(pack_u32(to, (uint32_t)count));
	for (size_t i = 0; i < count; i++) {
		TRY(pack_u32(to, findings->places[i].at));
		TRY(pack_u32(to, findings->places[i].length));
	}
	return OK;
}

static enum result pack_findings_body(const struct findings *findings, struct buffer *to)
{
	if (findings->fact_count > FACTS_MOST || findings->question_count > QUESTIONS_MOST ||
	    findings->part_count > FOUND_PARTS_MOST)
		return LATER;
	TRY(pack_u8(to, WITH_READER));
	TRY(pack_u32(to, findings->reader));
	TRY(pack_u32(to, (uint32_t)findings->fact_count));
	for (size_t i = 0; i < findings->fact_count; i++)
		TRY(pack_fact(to, &findings->facts[i]));
	TRY(pack_u32(to, (uint32_t)findings->question_count));
	for (size_t i = 0; i < findings->question_count; i++)
		TRY(pack_question(to, &findings->questions[i]));
	TRY(pack_parts(to, findings));
	return pack_places(to, findings);
}

enum result findings_pack(const struct findings *findings, struct buffer *to)
{
	size_t before = buffer_length(to);

	return whole_or_nothing(to, before, pack_findings_body(findings, to));
}

/* The announced count, when there may be so many and the bytes could hold them. */
static enum result read_count(struct unpack *from, size_t most, size_t least_size, size_t *ret_count)
{
	size_t count = unpack_u32(from);

	if (from->bad || count > most || count > from->rest.len / least_size)
		return REFUSED;
	*ret_count = count;
	return OK;
}

static enum result read_facts(struct unpack *from, struct arena *arena, struct findings *findings)
{
	TRY(read_count(from, FACTS_MOST, FACT_LEAST, &findings->fact_count));
	findings->facts = arena_array(arena, struct fact, findings->fact_count);
	if (findings->facts == NULL)
		return LATER;
	for (size_t i = 0; i < findings->fact_count; i++) {
		findings->facts[i].name = unpack_slice(from, EVIDENCE_BYTES);
		findings->facts[i].value = unpack_slice(from, EVIDENCE_BYTES);
	}
	return from->bad ? REFUSED : OK;
}

static enum result read_questions(struct unpack *from, struct arena *arena, struct findings *findings)
{
	TRY(read_count(from, QUESTIONS_MOST, QUESTION_LEAST, &findings->question_count));
	findings->questions = arena_array(arena, struct inquiry, findings->question_count);
	if (findings->questions == NULL)
		return LATER;
	for (size_t i = 0; i < findings->question_count; i++) {
		uint8_t kind = unpack_u8(from);

		if (kind < ASK_SCANNERS || kind >= QUESTION_KINDS)
			return REFUSED;
		findings->questions[i].kind = (enum question_kind)kind;
		findings->questions[i].what = unpack_slice(from, EVIDENCE_BYTES);
	}
	return from->bad ? REFUSED : OK;
}

static enum result read_words(struct unpack *from, struct arena *arena, struct slice **ret_words, size_t *ret_count)
{
	struct slice *words;
	size_t count;

	TRY(read_count(from, PART_WORDS_MOST, sizeof(uint32_t), &count));
	words = arena_array(arena, struct slice, count);
	if (words == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		words[i] = unpack_slice(from, EVIDENCE_BYTES);
	*ret_words = words;
	*ret_count = count;
	return from->bad ? REFUSED : OK;
}

static enum result read_part(struct unpack *from, struct arena *arena, struct found_part *part)
{
	part->path = unpack_slice(from, EVIDENCE_BYTES);
	part->type = unpack_slice(from, EVIDENCE_BYTES);
	part->digest = unpack_slice(from, EVIDENCE_BYTES);
	part->size = unpack_u64(from);
	TRY(read_words(from, arena, &part->names, &part->name_count));
	return read_words(from, arena, &part->facts, &part->fact_count);
}

static enum result read_parts(struct unpack *from, struct arena *arena, struct findings *findings)
{
	TRY(read_count(from, FOUND_PARTS_MOST, PART_LEAST, &findings->part_count));
	findings->parts = arena_array(arena, struct found_part, findings->part_count);
	if (findings->parts == NULL)
		return LATER;
	for (size_t i = 0; i < findings->part_count; i++)
		TRY(read_part(from, arena, &findings->parts[i]));
	return OK;
}

/* One for each fact, or none at all. */
static enum result read_places(struct unpack *from, struct arena *arena, struct findings *findings)
{
	size_t count;

	TRY(read_count(from, FACTS_MOST, PLACE_LEAST, &count));
	if (count == 0)
		return OK;
	if (count != findings->fact_count)
		return REFUSED;
	findings->places = arena_array(arena, struct fact_place, count);
	if (findings->places == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++) {
		findings->places[i].at = unpack_u32(from);
		findings->places[i].length = unpack_u32(from);
	}
	return from->bad ? REFUSED : OK;
}

static uint32_t read_reader(struct unpack *from, uint8_t version)
{
	if (version == WITH_READER)
		return unpack_u32(from);
	return version == WITH_PARTS ? READER_PARTS : READER_FIRST;
}

enum result findings_unpack(struct slice packed, struct arena *arena, struct findings *ret_findings)
{
	struct unpack from = unpack_from(packed);
	struct findings findings = { 0 };
	uint8_t version = unpack_u8(&from);

	if (packed.len > EVIDENCE_BYTES || version < WITHOUT_PARTS || version > WITH_READER)
		return REFUSED;
	findings.reader = read_reader(&from, version);
	TRY(read_facts(&from, arena, &findings));
	TRY(read_questions(&from, arena, &findings));
	if (version >= WITH_PARTS)
		TRY(read_parts(&from, arena, &findings));
	if (version == WITH_PARTS && findings.part_count == 0)
		return REFUSED;
	if (version >= WITH_READER)
		TRY(read_places(&from, arena, &findings));
	TRY(unpack_end(&from));
	*ret_findings = findings;
	return OK;
}

static bool has_times(const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].took_ms)
			return true;
	return false;
}

static enum result pack_answer(struct buffer *to, const struct answer *answer)
{
	TRY(pack_u8(to, (uint8_t)answer->kind));
	TRY(pack_slice(to, answer->who));
	TRY(pack_u8(to, (uint8_t)answer->end));
	return pack_slice(to, answer->text);
}

static enum result pack_evidence_body(const struct evidence *evidence, struct buffer *to)
{
	bool timed = has_times(evidence);

	if (evidence->count > QUESTIONS_MOST)
		return LATER;
	TRY(pack_u8(to, timed ? WITH_TIMES : EVIDENCE_VERSION));
	TRY(pack_u64(to, (uint64_t)evidence->asked));
	TRY(pack_u64(to, (uint64_t)evidence->took_ms));
	TRY(pack_u32(to, (uint32_t)evidence->count));
	for (size_t i = 0; i < evidence->count; i++) {
		TRY(pack_answer(to, &evidence->answers[i]));
		if (timed)
			TRY(pack_u32(to, evidence->answers[i].took_ms));
	}
	return OK;
}

enum result evidence_pack(const struct evidence *evidence, struct buffer *to)
{
	size_t before = buffer_length(to);

	return whole_or_nothing(to, before, pack_evidence_body(evidence, to));
}

static enum result read_answer(struct unpack *from, struct answer *ret_answer)
{
	uint8_t kind = unpack_u8(from);
	struct slice who = unpack_slice(from, EVIDENCE_BYTES);
	uint8_t end = unpack_u8(from);
	struct slice text = unpack_slice(from, EVIDENCE_BYTES);

	if (from->bad || kind < ASK_SCANNERS || kind >= QUESTION_KINDS || end > ANSWER_SAID)
		return REFUSED;
	*ret_answer = (struct answer){ (enum question_kind)kind, who, (enum answer_end)end, text, 0 };
	return OK;
}

enum result evidence_unpack(struct slice packed, struct arena *arena, struct evidence *ret_evidence)
{
	struct unpack from = unpack_from(packed);
	struct evidence evidence = { 0 };
	uint8_t version = unpack_u8(&from);

	if (packed.len > EVIDENCE_BYTES || (version != EVIDENCE_VERSION && version != WITH_TIMES))
		return REFUSED;
	evidence.asked = (int64_t)unpack_u64(&from);
	evidence.took_ms = (int64_t)unpack_u64(&from);
	TRY(read_count(&from, QUESTIONS_MOST, ANSWER_LEAST, &evidence.count));
	evidence.answers = arena_array(arena, struct answer, evidence.count);
	if (evidence.answers == NULL)
		return LATER;
	for (size_t i = 0; i < evidence.count; i++) {
		TRY(read_answer(&from, &evidence.answers[i]));
		if (version == WITH_TIMES)
			evidence.answers[i].took_ms = unpack_u32(&from);
	}
	TRY(unpack_end(&from));
	if (version == WITH_TIMES && !has_times(&evidence))
		return REFUSED;
	*ret_evidence = evidence;
	return OK;
}

const char *question_kind_name(enum question_kind kind)
{
	static const char *const names[QUESTION_KINDS] = {
		[ASK_SCANNERS] = "scanners", [ASK_CLOCK] = "clock", [ASK_PEER] = "peer",
		[ASK_DNS] = "dns", [ASK_STATE] = "state",
	};

	return kind >= ASK_SCANNERS && kind < QUESTION_KINDS ? names[kind] : "?";
}

const char *answer_end_name(enum answer_end end)
{
	static const char *const names[] = {
		[ANSWER_CLEAN] = "clean", [ANSWER_FOUND] = "found", [ANSWER_FAILED] = "failed", [ANSWER_SAID] = "said",
	};

	return end <= ANSWER_SAID ? names[end] : "?";
}

enum result findings_unscannable(struct slice reason, struct buffer *to)
{
	struct fact fact = { SLICE("unscannable"), reason };
	struct findings findings = { .facts = &fact, .fact_count = 1, .reader = READER_NOW };

	return findings_pack(&findings, to);
}
