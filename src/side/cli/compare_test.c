/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: two fates of one recipient under two verdicts, and the changes that must be told. */
#include "cli/compare.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct deed tag = { .kind = DEED_SUBJECT, .text = LIT("[x] "), .rule = LIT("one") };
static struct deed other_tag = { .kind = DEED_SUBJECT, .text = LIT("[y] "), .rule = LIT("one") };
static struct deed same_tag = { .kind = DEED_SUBJECT, .text = LIT("[x] "), .rule = LIT("renamed") };

struct side { enum verdict verdict; struct fate fate; struct deed *deed; };

static const struct row {
	const char *about;
	struct side from, to;
	size_t changes;
	struct slice pair, text;                 /* of the last change */
} rows[] = {
	{ "the same judgement has no changes", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL }, 0, LIT(""), LIT("") },
	{ "a rule that was renamed changes nothing", { VERDICT_CLEAN, { .outcome = FATE_HOLD, .rule = LIT("a") }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_HOLD, .rule = LIT("b") }, NULL }, 0, LIT(""), LIT("") },
	{ "another fate is a change", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_REJECT, .rule = LIT("b"), .reply = LIT("550 no") }, NULL }, 1,
	  LIT("deliver -> reject"), LIT("reject '550 no'") },
	{ "another reply is a change", { VERDICT_CLEAN, { .outcome = FATE_REJECT, .reply = LIT("550 no") }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_REJECT, .reply = LIT("554 no") }, NULL }, 1,
	  LIT("reject, done otherwise"), LIT("reject '554 no'") },
	{ "another kind of quarantine is a change", { VERDICT_CLEAN, { .outcome = FATE_QUARANTINE, .kind = LIT("policy") }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_QUARANTINE, .kind = LIT("virus") }, NULL }, 1,
	  LIT("quarantine, done otherwise"), LIT("quarantine (virus)") },
	{ "a deed that came is a change", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL },
	  { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &tag }, 1, LIT("deliver, done otherwise"), LIT("deliver; subject '[x] '") },
	{ "a deed with another text is a change", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &tag },
	  { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &other_tag }, 1, LIT("deliver, done otherwise"),
	  LIT("deliver; subject '[y] '") },
	{ "the same deed by another rule is none", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &tag },
	  { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &same_tag }, 0, LIT(""), LIT("") },
	{ "another verdict is a change of its own", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL },
	  { VERDICT_UNSCANNABLE, { .outcome = FATE_DELIVER }, NULL }, 1, LIT("verdict clean -> unscannable"), LIT("unscannable") },
	{ "a verdict and a fate are two", { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, NULL },
	  { VERDICT_VIRUS, { .outcome = FATE_DISCARD }, NULL }, 2, LIT("deliver -> discard"), LIT("discard") },
};

static struct judgement judgement_of(const struct side *side, struct fate *fate, struct deeds *deeds)
{
	*fate = side->fate;
	*deeds = (struct deeds){ side->deed, side->deed ? 1 : 0 };
	fate->edits = NO_EDITS;
	fate->deeds = side->deed ? 1 : 0;
	return (struct judgement){ .verdict = side->verdict, .fates = fate, .fate_count = 1, .deeds = deeds,
		                   .deeds_count = side->deed ? 1 : 0 };
}

static void check_row(const struct row *row, struct arena *arena)
{
	struct envelope_recipient recipient = { .address = SLICE("a@b.example") };
	const struct envelope envelope = { .recipients = &recipient, .recipient_count = 1 };
	struct fate fates[2];
	struct deeds deeds[2];
	const struct judgement from = judgement_of(&row->from, &fates[0], &deeds[0]);
	const struct judgement to = judgement_of(&row->to, &fates[1], &deeds[1]);
	struct differences changes = { 0 };

	CHECK(compare(&envelope, &(struct compared){ &from, NULL }, &(struct compared){ &to, NULL }, arena, &changes) == OK && changes.count == row->changes, row->about);
	if (changes.count == 0 || changes.count != row->changes)
		return;
	CHECK(slice_same(changes.list[changes.count - 1].pair, row->pair), row->about);
	CHECK(slice_same(changes.list[changes.count - 1].to, row->text), row->about);
}

/* ---- what policies make of the same deed ---- */

#define POLICY(banner) banner "policy \"p\" { do = {\"banner b\", \"deliver\"} }\n"
#define FILE_HAS POLICY("banner \"b\" { text = {\"x\"} }\n")

static const struct words_row { const char *about, *from, *to; struct slice profile; bool changes; } words[] = {
	{ "the same banner", FILE_HAS, FILE_HAS, LIT(""), false },
	{ "another text", FILE_HAS, POLICY("banner \"b\" { text = {\"y\"} }\n"), LIT(""), true },
	{ "HTML besides", FILE_HAS, POLICY("banner \"b\" { text = {\"x\"} html = {\"<p>x\"} }\n"), LIT(""), true },
	{ "another place", FILE_HAS, POLICY("banner \"b\" { text = {\"x\"} place = top }\n"), LIT(""), true },
	{ "a profile of others", FILE_HAS, FILE_HAS "profile \"f\" { when = \"virus\" banner \"b\" { text = {\"y\"} } }\n", LIT(""), false },
	{ "the profile of this one", FILE_HAS, FILE_HAS "profile \"f\" { when = \"virus\" banner \"b\" { text = {\"y\"} } }\n", LIT("f"),
	  true },
};

static const struct policy *compiled(const char *text, struct settings *settings, struct arena *arena)
{
	static const struct settings_section *const schema[] = { &policy_settings_section, &template_settings_section,
		                                                  &banner_settings_section, &profile_settings_section, NULL };
	char name[] = "/tmp/compare-test-XXXXXX";
	const struct policy *policy = NULL;
	struct buffer complaint;
	int fd = mkstemp(name);

	buffer_init(&complaint, 4096);
	settings_init(settings);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	CHECK(settings_read_file(settings, name, false, schema, &complaint) == OK, "is read");
	CHECK(policy_compile(settings, arena, &policy, &complaint) == OK, "is compiled");
	(void)close(fd);
	(void)unlink(name);
	buffer_finish(&complaint);
	return policy;
}

static void check_words(const struct words_row *row, struct arena *arena)
{
	struct deed deed = { .kind = DEED_BANNER, .text = SLICE("b"), .rule = SLICE("p"), .profile = row->profile };
	struct side side = { VERDICT_CLEAN, { .outcome = FATE_DELIVER }, &deed };
	struct envelope_recipient recipient = { .address = SLICE("a@b.example") };
	const struct envelope envelope = { .recipients = &recipient, .recipient_count = 1 };
	struct settings settings[2];
	const struct policy *was = compiled(row->from, &settings[0], arena), *is = compiled(row->to, &settings[1], arena);
	struct fate fate;
	struct deeds deeds;
	const struct judgement judgement = judgement_of(&side, &fate, &deeds);
	struct differences changes = { 0 };

	CHECK(was && is && compare(&envelope, &(struct compared){ &judgement, was }, &(struct compared){ &judgement, is }, arena,
	                           &changes) == OK, row->about);
	CHECK(changes.count == row->changes, row->about);
	if (changes.count == 1)
		CHECK(slice_same(changes.list[0].to, SLICE("deliver; banner 'b'; by another banner \"b\"")), row->about);
	settings_finish(&settings[0]);
	settings_finish(&settings[1]);
}

static void check_counts(struct arena *arena)
{
	struct envelope_recipient recipients[2] = { { .address = SLICE("a@b") }, { .address = SLICE("c@d") } };
	const struct envelope envelope = { .recipients = recipients, .recipient_count = 2 };
	struct fate fate = { .outcome = FATE_DELIVER, .edits = NO_EDITS };
	const struct judgement one = { .fates = &fate, .fate_count = 1 };
	struct differences changes;

	CHECK(compare(&envelope, &(struct compared){ &one, NULL }, &(struct compared){ &one, NULL }, arena, &changes) == REFUSED, "judgements of another number of recipients are none");
}

static void check_pairs(void)
{
	static struct pair_totals totals;

	for (unsigned i = 0; i < 3; i++)
		pairs_add(&totals, SLICE("deliver -> hold"));
	pairs_add(&totals, SLICE("deliver -> reject"));
	CHECK(totals.count == 2 && totals.list[0].count == 3 && totals.list[1].count == 1, "pairs are counted each");
	for (unsigned i = 0; i < 2 * PAIRS_MOST; i++) {
		char pair[PAIR_TEXT];

		(void)snprintf(pair, sizeof(pair), "pair %u", i);
		pairs_add(&totals, slice_of(pair));
	}
	CHECK(totals.count == PAIRS_MOST, "and there is an end to them");
}

int main(void)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], &arena);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		check_words(&words[i], &arena);
	check_counts(&arena);
	check_pairs();
	arena_finish(&arena);
	return TEST_END();
}
