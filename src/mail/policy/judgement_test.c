/* SPDX-License-Identifier: Apache-2.0 */
/* A judgement comes back as it was packed; a damaged or impossible one is refused. */
#include "mail/policy/judgement.h"

#include "base/test.h"

static struct fate fates[] = {
	{ FATE_DELIVER, LIT(""), LIT(""), LIT(""), NO_EDITS, 1, 0, FATE_NOTICES_ALL, 0 },
	{ FATE_QUARANTINE, LIT("virus"), LIT("virus"), LIT(""), 0, 0, 1, FATE_NOTICES_OF_FILE, 0 },
	{ FATE_REJECT, LIT("no"), LIT(""), LIT("550 5.7.1 refused"), NO_EDITS, 0, 1, FATE_NOTICES_OF_FILE, 1 },
};
static struct slice edits[] = { LIT("\1\0\0\0\0") };
static uint8_t broken[] = { 3 };
static struct slice title_list[] = { LIT("mark"), LIT("virus") };
static struct titles matched[] = { { title_list, COUNT_OF(title_list) } };
static struct deed deed_list[] = { { DEED_SUBJECT, LIT("***SPAM*** "), LIT("spam"), LIT("") },
	                           { DEED_HEADER, LIT("X-Spam-Flag: YES"), LIT("spam"), LIT("") } };
static struct deeds deeds[] = { { deed_list, COUNT_OF(deed_list) } };
static struct times times[] = { { .list = { [TIME_lifetime] = { true, 86400, LIT("students") },
	                                    [TIME_delay_notice] = { true, 0, LIT("all") } } } };
static const struct judgement sample = { VERDICT_VIRUS, LIT("clamav: Eicar-Test"), fates, COUNT_OF(fates),
	                                 edits, COUNT_OF(edits), broken, deeds, COUNT_OF(deeds),
	                                 matched, COUNT_OF(matched), times, COUNT_OF(times),
	                                 LIT("findings"), LIT("evidence") };

static void comes_back(struct arena *arena, struct buffer *buffer)
{
	struct judgement back = { 0 };

	CHECK(judgement_pack(&sample, buffer) == OK, "a judgement can be packed");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == OK, "and read again");
	CHECK(back.verdict == VERDICT_VIRUS && slice_same(back.reason, sample.reason), "with verdict and reason");
	CHECK(back.fate_count == 3 && back.fates[1].outcome == FATE_QUARANTINE && back.fates[1].edits == 0,
	      "with each fate");
	CHECK(back.fate_count == 3 && slice_same(back.fates[2].reply, fates[2].reply), "with each reply");
	CHECK(back.deeds_count == 1 && back.fates[0].deeds == 1 && back.deeds[0].count == 2 &&
	          slice_same(back.deeds[0].list[1].text, deed_list[1].text), "with what else is done");
	CHECK(back.times_count == 1 && back.fates[2].times == 1 && back.fates[0].times == 0 && times_same(&back.times[0], &times[0]),
	      "with the times of profiles");
	CHECK(back.fates[0].notices == FATE_NOTICES_ALL && back.fates[1].notices == FATE_NOTICES_OF_FILE, "with who is told");
	CHECK(back.edits_count == 1 && back.broken[0] == 3, "with what edits broke");
	CHECK(back.matched_count == 1 && back.fates[1].matched == 1 && back.matched[0].count == 2 &&
	          slice_same(back.matched[0].list[1], title_list[1]), "with the rules that held");
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
	wrong = sample;
	wrong.deeds_count = 0;
	buffer_clear(buffer);
	CHECK(judgement_pack(&wrong, buffer) == OK, "a judgement whose deeds are missing");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == REFUSED, "is refused too");
	wrong = sample;
	wrong.times_count = 0;
	buffer_clear(buffer);
	CHECK(judgement_pack(&wrong, buffer) == OK, "a judgement whose times are missing");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == REFUSED, "is refused as those are");
	wrong = sample;
	wrong.matched_count = 0;
	buffer_clear(buffer);
	CHECK(judgement_pack(&wrong, buffer) == OK, "a judgement whose rules are missing");
	CHECK(judgement_unpack(buffer_slice(buffer), arena, &back) == REFUSED, "is refused as well");
}

/* As version 1 wrote it: one fate without deeds, no edits, no findings, no evidence. */
static void older_is_read(struct arena *arena)
{
	static const char old[] = "\1\0" "\0\0\0\0" "\1\0\0\0" "\5" "\1\0\0\0h" "\0\0\0\0" "\0\0\0\0"
		                  "\xff\xff\xff\xff" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0";
	/* Version 3: one fate with edits, one list of edits, no deeds. */
	static const char third[] = "\3\0" "\0\0\0\0" "\1\0\0\0" "\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
		                    "\0\0\0\0" "\0\0\0\0" "\1\0\0\0" "\5\0\0\0\1\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0";
	/* Version 4: the same with one list of rules that held. */
	static const char fourth[] = "\4\0" "\0\0\0\0" "\1\0\0\0" "\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
		                     "\0\0\0\0" "\0\0\0\0" "\1\0\0\0" "\1\0\0\0" "\5\0\0\0\1\0\0\0\0" "\3" "\0\0\0\0"
		                     "\1\0\0\0" "\1\0\0\0" "\1\0\0\0m" "\0\0\0\0" "\0\0\0\0";
	/* Version 5: the same with who is told. */
	static const char fifth[] = "\5\0" "\0\0\0\0" "\1\0\0\0" "\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
		                    "\0\0\0\0" "\0\0\0\0" "\1\0\0\0" "\3" "\1\0\0\0" "\5\0\0\0\1\0\0\0\0" "\3" "\0\0\0\0"
		                    "\1\0\0\0" "\1\0\0\0" "\1\0\0\0m" "\0\0\0\0" "\0\0\0\0";
	struct judgement back = { 0 };

	CHECK(judgement_unpack((struct slice){ fifth, sizeof(fifth) - 1 }, arena, &back) == OK, "a file of version 5 is read");
	CHECK(back.fate_count == 1 && back.fates[0].notices == FATE_NOTICES_ALL && back.fates[0].times == 0 && back.times_count == 0,
	      "and its times are the file's");
	CHECK(judgement_unpack((struct slice){ fourth, sizeof(fourth) - 1 }, arena, &back) == OK, "a file of version 4 is read");
	CHECK(back.fate_count == 1 && back.fates[0].notices == FATE_NOTICES_OF_FILE && back.broken[0] == 3 && back.fates[0].matched == 1 &&
	      slice_same(back.matched[0].list[0], SLICE("m")), "and who is told is the file's affair");
	CHECK(judgement_unpack((struct slice){ old, sizeof(old) - 1 }, arena, &back) == OK, "a file of version 1 is read");
	CHECK(back.fate_count == 1 && back.fates[0].outcome == FATE_HOLD && back.fates[0].deeds == 0 &&
	          back.fates[0].edits == NO_EDITS && back.deeds_count == 0, "and means what it meant");
	CHECK(judgement_unpack((struct slice){ third, sizeof(third) - 1 }, arena, &back) == OK, "a file of version 3 is read");
	CHECK(back.edits_count == 1 && back.broken[0] == BROKEN_UNKNOWN && back.matched_count == 0 && back.fates[0].matched == 0,
	      "and nobody knows what its edits broke");
}

static void replies_are_one_line(struct arena *arena, struct buffer *buffer)
{
	struct fate fate = { FATE_REJECT, LIT("x"), LIT(""), LIT("550 5.7.1 a\r\n250 b"), NO_EDITS, 0, 0, FATE_NOTICES_OF_FILE, 0 };
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
	older_is_read(&arena);
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
