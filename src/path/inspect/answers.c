/* SPDX-License-Identifier: Apache-2.0 */
/* The scanners' frame becomes evidence word by word: their texts are made printable and cut, whatever the other
 * process promised. */
#include "inspect/request.h"

#include "base/pack.h"
#include "wire/inspect-scanners.h"

enum { NAME_MOST = 64, ANSWERS_MEMORY = 64 << 10 };

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

static enum result keep(struct request *request, const struct evidence *evidence, unsigned scanners)
{
	size_t clean = 0;

	for (size_t i = 0; i < evidence->count; i++)
		clean += evidence->answers[i].end == ANSWER_CLEAN;
	request->tainted = request->tainted || clean < evidence->count || clean < scanners;
	buffer_clear(&request->evidence);
	return evidence_pack(evidence, &request->evidence);
}

enum result answers_read(struct request *request, struct slice scanned, unsigned scanners, uint64_t took_ms)
{
	struct answer answers[SCANNERS_MOST];
	struct evidence evidence = { .answers = answers, .asked = request->asked, .took_ms = (int64_t)took_ms };
	enum result result;
	struct arena arena;

	arena_init(&arena, ANSWERS_MEMORY);
	result = read_answers(scanned, &arena, &evidence);
	if (result == OK)
		result = keep(request, &evidence, scanners);
	arena_finish(&arena);
	return result;
}

enum result answers_missing(struct request *request, struct slice reason, uint64_t took_ms)
{
	struct answer answer = { ASK_SCANNERS, SLICE("scanners"), ANSWER_FAILED, reason };
	struct evidence evidence = { .answers = &answer, .count = reason.len ? 1 : 0, .asked = request->asked,
		                     .took_ms = (int64_t)took_ms };

	request->tainted = true;
	return keep(request, &evidence, 0);
}
