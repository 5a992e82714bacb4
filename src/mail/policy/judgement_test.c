/* SPDX-License-Identifier: Apache-2.0 */
/* A judgement comes back as it was packed; a damaged or impossible one is refused. */
#include "mail/policy/judgement.h"

#include "base/test.h"

static struct fate fates[] = {
	{ FATE_DELIVER, LIT(""), LIT(""), LIT(""), NO_EDITS },
	{ FATE_QUARANTINE, LIT("virus"), LIT("virus"), LIT(""), 0 },
	{ FATE_REJECT, LIT("no"), LIT(""), LIT("550 5.7.1 refused"), NO_EDITS },
};
static struct slice edits[] = { LIT("\1\0\0\0\0") };
static const struct judgement sample = { VERDICT_VIRUS, LIT("clamav: Eicar-Test"), fates, COUNT_OF(fates),
	                                 edits, COUNT_OF(edits), LIT("findings"), LIT("evidence") };

static void comes_back(struct arena *arena, struct buffer *buffer)
{
	struct judgement back = { 0 };

	CHECK(judgement_pack(&sample, buffer) == OK, "a judgement can be packed");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == OK, "and read again");
	CHECK(back.verdict == VERDICT_VIRUS && slice_same(back.reason, sample.reason), "with verdict and reason");
	CHECK(back.fate_count == 3 && back.fates[1].outcome == FATE_QUARANTINE && back.fates[1].edits == 0,
	      "with each fate");
	CHECK(back.fate_count == 3 && slice_same(back.fates[2].reply, fates[2].reply), "with each reply");
	CHECK(slice_same(back.findings, sample.findings) && slice_same(back.evidence, sample.evidence),
	      "with what led here");
}

static void cuts_are_refused(struct arena *arena, struct buffer *buffer)
{
	struct slice whole = buffer_slice(buffer);
	struct judgement back;

	for (size_t len = 0; len < whole.len; len++)
		CHECK(judgement_unpack((struct slice){ whole.at, len }, arena, &back) == REFUSED,
		      "cut anywhere is refused");
}

static void edits_must_be_there(struct arena *arena, struct buffer *buffer)
{
	struct judgement wrong = sample, back;

	wrong.edits_count = 0;
	buffer_clear(buffer);
	CHECK(judgement_pack(&wrong, buffer) == OK, "a judgement whose edits are missing");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == REFUSED, "is refused");
}

static void replies_are_one_line(struct arena *arena, struct buffer *buffer)
{
	struct fate fate = { FATE_REJECT, LIT("x"), LIT(""), LIT("550 5.7.1 a\r\n250 b"), NO_EDITS };
	struct judgement wrong = { .fates = &fate, .fate_count = 1 }, back;

	buffer_clear(buffer);
	CHECK(judgement_pack(&wrong, buffer) == OK, "a reply with a line end in it");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == REFUSED, "is refused");
}

static const struct {
	const char *about;
	struct slice packed;
} bad[] = {
	{ "an unknown verdict", LIT("\1\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "another version", LIT("\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "more fates than bytes", LIT("\1\0\0\0\0\0\377\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "an unknown outcome",
	  LIT("\1\0\0\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377\0\0\0\0\0\0\0\0\0\0\0\0") },
};

int main(void)
{
	struct judgement back;
	struct buffer buffer;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&buffer, 4096);
	comes_back(&arena, &buffer);
	cuts_are_refused(&arena, &buffer);
	edits_must_be_there(&arena, &buffer);
	replies_are_one_line(&arena, &buffer);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK(judgement_unpack(bad[i].packed, &arena, &back) == REFUSED, bad[i].about);
	CHECK(slice_same(slice_of(verdict_name(VERDICT_UNSCANNABLE)), SLICE("unscannable")),
	      "the last verdict has its name");
	CHECK(slice_same(slice_of(outcome_name(FATE_BOUNCE)), SLICE("bounce")), "and the last outcome its own");
	buffer_finish(&buffer);
	arena_finish(&arena);
	return TEST_END();
}
