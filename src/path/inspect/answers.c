/* SPDX-License-Identifier: Apache-2.0 */
/* What is gathered stands packed, and is unpacked for each that adds to it. The scanners' frame becomes evidence word by
 * word: their texts are made printable and cut, whatever the other process promised. */
#include "inspect/request.h"

#include "base/clock.h"
#include "base/pack.h"
#include "wire/inspect-scanners.h"

enum { NAME_MOST = 64, PEER_MOST = 1024, ANSWERS_MEMORY = 4 << 20, KNOWN_MOST = 2 };

static enum result plain(struct arena *arena, struct slice text, size_t most, struct slice *ret_plain)
{
	size_t length = text.len < most ? text.len : most;
	char *copy = arena_take(arena, length);

	if (copy == NULL)
		return LATER;
	for (size_t i = 0; i < length; i++) {
		bool printable = text.at[i] >= ' ' && text.at[i] <= '~';

		copy[i] = (char)(printable ? text.at[i] : '?');
	}
	*ret_plain = (struct slice){ copy, length };
	return OK;
}

static enum result read_answer(struct unpack *from, struct arena *arena, struct answer *ret_answer)
{
	static const enum answer_end ends[] = { [SCAN_CLEAN] = ANSWER_CLEAN, [SCAN_FOUND] = ANSWER_FOUND,
		                                [SCAN_FAILED] = ANSWER_FAILED };
	struct slice who = unpack_slice(from, INSPECT_SCANNERS_LONGEST), text;
	uint8_t end = unpack_u8(from);

	text = unpack_slice(from, INSPECT_SCANNERS_LONGEST);
	if (from->bad || end >= COUNT_OF(ends))
		return REFUSED;
	*ret_answer = (struct answer){ .kind = ASK_SCANNERS, .end = ends[end] };
	TRY(plain(arena, who, NAME_MOST, &ret_answer->who));
	return plain(arena, text, SCAN_TEXT, &ret_answer->text);
}

static enum result read_answers(struct slice scanned, struct arena *arena, struct evidence *evidence)
{
	struct unpack from = unpack_from(scanned);
	size_t count = unpack_u8(&from);

	if (from.bad || count > SCANNERS_MOST)
		return REFUSED;
	for (evidence->count = 0; evidence->count < count; evidence->count++)
		TRY(read_answer(&from, arena, &evidence->answers[evidence->count]));
	return unpack_end(&from);
}

static bool all_clean(const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->answers[i].kind == ASK_SCANNERS && evidence->answers[i].end != ANSWER_CLEAN)
			return false;
	return true;
}

/* Whoever reads the evidence later need not know how many there were to be asked. */
static void add_missing(struct evidence *evidence, unsigned scanners)
{
	size_t answered = 0;

	for (size_t i = 0; i < evidence->count; i++)
		answered += evidence->answers[i].kind == ASK_SCANNERS;
	if (answered < scanners)
		evidence->answers[evidence->count++] = (struct answer){ ASK_SCANNERS, SLICE("scanners"), ANSWER_FAILED,
			                                                SLICE("not every scanner answered"), 0 };
}

/* ---- what is gathered ---- */

enum result answers_begin(struct request *request)
{
	buffer_clear(&request->evidence);
	return buffer_add(&request->evidence, buffer_slice(&request->known));
}

static enum result join(const struct evidence *before, const struct answer *answers, size_t count, struct arena *arena,
                        struct evidence *ret_all)
{
	struct answer *all = arena_array(arena, struct answer, before->count + count);

	if (all == NULL)
		return LATER;
	for (size_t i = 0; i < before->count; i++)
		all[i] = before->answers[i];
	for (size_t i = 0; i < count; i++)
		all[before->count + i] = answers[i];
	ret_all->answers = all;
	ret_all->count = before->count + count;
	return OK;
}

/* What is being read lies in the old buffer until the new one is whole. */
static enum result add(struct buffer *to, int64_t asked, const struct answer *answers, size_t count, uint64_t took_ms,
                       struct arena *arena)
{
	struct evidence before = { 0 }, all = { .asked = asked, .took_ms = (int64_t)took_ms };
	struct buffer packed;
	enum result result;

	TRY(evidence_unpack(buffer_slice(to), arena, &before));
	TRY(join(&before, answers, count, arena, &all));
	buffer_init(&packed, EVIDENCE_BYTES);
	result = evidence_pack(&all, &packed);
	if (result == OK) {
		buffer_clear(to);
		result = buffer_add(to, buffer_slice(&packed));
	}
	buffer_finish(&packed);
	return result;
}

enum result answers_add(struct request *request, const struct answer *answers, size_t count, uint64_t took_ms)
{
	enum result result;
	struct arena arena;

	arena_init(&arena, ANSWERS_MEMORY);
	result = add(&request->evidence, request->asked, answers, count, took_ms, &arena);
	arena_finish(&arena);
	return result;
}

enum result answers_missing(struct request *request, enum question_kind kind, struct slice who, struct slice reason,
                            uint64_t took_ms)
{
	const struct answer missing = { kind, who, ANSWER_FAILED, reason, 0 };

	return answers_add(request, &missing, 1, took_ms);
}

enum result answers_read(struct request *request, struct slice scanned, unsigned scanners, uint64_t took_ms)
{
	struct answer answers[SCANNERS_MOST + 1];
	struct evidence evidence = { .answers = answers };
	enum result result;
	struct arena arena;

	arena_init(&arena, ANSWERS_MEMORY);
	result = read_answers(scanned, &arena, &evidence);
	if (result == OK) {
		add_missing(&evidence, scanners);
		request->tainted = request->tainted || !all_clean(&evidence);
		result = add(&request->evidence, request->asked, evidence.answers, evidence.count, took_ms, &arena);
	}
	arena_finish(&arena);
	return result;
}

/* ---- what is known before anybody is asked ---- */

static void add_word(struct buffer *to, const char *before, struct slice word)
{
	if (word.len)
		(void)!buffer_format(to, "%s%s%.*s", buffer_length(to) ? " " : "", before, SHOW(word));
}

/* "192.0.2.1 name mx.example.org helo mx tls TLSv1.3 ..."; what a stranger said is made printable. */
static enum result peer_text(const struct envelope *envelope, struct arena *arena, struct slice *ret_text)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, PEER_MOST);
	add_word(&text, "", envelope->client_address);
	add_word(&text, "name ", envelope->client_name);
	add_word(&text, "helo ", envelope->helo);
	add_word(&text, "user ", envelope->user);
	add_word(&text, "tls ", envelope->tls);
	result = plain(arena, buffer_slice(&text), PEER_MOST, ret_text);
	buffer_finish(&text);
	return result;
}

enum result answers_known(struct request *request, const struct envelope *envelope, int64_t now, struct arena *arena)
{
	char clock[CLOCK_LOG_SIZE];
	struct answer answers[KNOWN_MOST] = {
		{ ASK_CLOCK, SLICE("clock"), ANSWER_SAID, { 0 }, 0 }, { ASK_PEER, SLICE("peer"), ANSWER_SAID, { 0 }, 0 },
	};
	const struct evidence known = { .answers = answers, .count = COUNT_OF(answers), .asked = now };

	request->asked = now;
	clock_log_text(now * 1000, clock);
	answers[0].text = slice_of(clock);
	TRY(peer_text(envelope, arena, &answers[1].text));
	return evidence_pack(&known, &request->known);
}

enum result answers_know(struct request *request, const struct answer *answers, size_t count)
{
	enum result result;
	struct arena arena;

	arena_init(&arena, ANSWERS_MEMORY);
	result = add(&request->known, request->asked, answers, count, 0, &arena);
	arena_finish(&arena);
	return result;
}

/* In a replay: what was answered then, and nothing else. */
enum result answers_given(struct request *request, struct slice evidence)
{
	struct evidence given;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = evidence_unpack(evidence, &arena, &given);
	if (result == OK)
		request->tainted = !all_clean(&given);
	arena_finish(&arena);
	TRY(result);
	TRY(buffer_add(&request->known, evidence));
	return buffer_add(&request->evidence, evidence);
}
