/* SPDX-License-Identifier: Apache-2.0 */
/* Deeds on small messages, and what the message is when it is written out. */
#include "mail/policy/mend.h"

#include "base/test.h"
#include "mail/policy/policy.h"
#include "mail/policy/rule.h"

#include <string.h>

#define SPAM(x) { DEED_SUBJECT, LIT(x), LIT("r"), LIT("") }
#define HEAD(x) { DEED_HEADER, LIT(x), LIT("r"), LIT("") }
#define NOTE(x) { DEED_BANNER, LIT(x), LIT("r"), LIT("") }
#define WRAP()  { DEED_ATTACHMENT, LIT(""), LIT("r"), LIT("") }
#define COPY(x) { DEED_FORWARD, LIT(x), LIT("r"), LIT("") }

static struct banner banner_list[] = { { LIT("end"), LIT("by us\n"), LIT("<p>by us\n"), PLACE_BEHIND },
	                               { LIT("top"), LIT("from outside\n"), LIT(""), PLACE_BEFORE } };
static const struct policy policy = { .banners = { banner_list, COUNT_OF(banner_list) }, .templates = { { [TEMPLATE_ATTACHMENT] = { LIT(""), LIT("see below\n") } } } };

/* In what is expected our boundary, a digest, is written as BOUND. */
#define MIXED "Content-Type: multipart/mixed;\r\n boundary=\"BOUND\"\r\n\r\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n\r\n"
#define HTML  "Content-Type: text/html; charset=utf-8\r\n\r\n"

static const struct {
	const char *about;
	struct slice bytes;
	struct deed deeds[3];
	uint32_t count;
	const char *after;
} rows[] = {
	{ "a text before the subject", LIT("From: a\r\nSubject: hi\r\n\r\nx\r\n"), { SPAM("[s] ") }, 1,
	  "From: a\r\nSubject: [s] hi\r\n\r\nx\r\n" },
	{ "the name is known in any case, and folding stays", LIT("sUBJECT:\r\n folded\r\n more\r\n\r\n"), { SPAM("[s] ") }, 1,
	  NULL },
	{ "without a subject there is one after", LIT("From: a\r\n\r\nx\r\n"), { SPAM("[s] ") }, 1,
	  "Subject: [s] \r\nFrom: a\r\n\r\nx\r\n" },
	{ "the first of two subjects", LIT("Subject: a\r\nSubject: b\r\n\r\n"), { SPAM("[s] ") }, 1,
	  "Subject: [s] a\r\nSubject: b\r\n\r\n" },
	{ "headers go on top in the order of their deeds", LIT("From: a\r\nSubject: hi\r\n\r\n"),
	  { HEAD("X-A: 1"), SPAM("[s] "), HEAD("X-B: 2") }, 3,
	  "X-A: 1\r\nX-B: 2\r\nFrom: a\r\nSubject: [s] hi\r\n\r\n" },
	{ "a message without a head gets one on top", LIT("no header at all\r\n"), { HEAD("X-A: 1") }, 1,
	  "X-A: 1\r\nno header at all\r\n" },
	{ "nothing at all", LIT(""), { HEAD("X-A: 1") }, 1, "X-A: 1\r\n" },
	{ "a subject in the body is no subject", LIT("From: a\r\n\r\nSubject: body\r\n"), { SPAM("[s] ") }, 1,
	  "Subject: [s] \r\nFrom: a\r\n\r\nSubject: body\r\n" },
	{ "as an attachment of a message with the same subject, changed", LIT("From: a\r\nSubject: hi\r\n\r\nx\r\n"),
	  { SPAM("[s] "), WRAP(), HEAD("X-A: 1") }, 3, NULL },
	{ "a banner behind a text", LIT("From: a\r\n\r\nx\r\n"), { NOTE("end") }, 1,
	  "From: a\r\nMIME-Version: 1.0\r\n" MIXED "--BOUND\r\n\r\nx\r\n\r\n--BOUND\r\n" PLAIN "by us\r\n\r\n--BOUND--\r\n" },
	{ "in HTML behind HTML", LIT("content-type:\r\n TEXT/HTML\r\n\r\n<p>x\r\n"), { NOTE("end") }, 1,
	  "MIME-Version: 1.0\r\n" MIXED "--BOUND\r\ncontent-type:\r\n TEXT/HTML\r\n\r\n<p>x\r\n\r\n--BOUND\r\n" HTML
	  "<p>by us\r\n\r\n--BOUND--\r\n" },
	{ "and behind a choice of both", LIT("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b--\r\n"), { NOTE("end") }, 1,
	  "MIME-Version: 1.0\r\n" MIXED "--BOUND\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b--\r\n\r\n--BOUND\r\n" HTML
	  "<p>by us\r\n\r\n--BOUND--\r\n" },
	{ "without HTML of its own the text, on top; two banners", LIT("Content-Type: text/html\r\n\r\n<p>x\r\n"),
	  { NOTE("top"), NOTE("end"), HEAD("X-A: 1") }, 3,
	  "X-A: 1\r\nMIME-Version: 1.0\r\n" MIXED "--BOUND\r\n" PLAIN "from outside\r\n\r\n--BOUND\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"
	  "\r\n--BOUND\r\n" HTML "<p>by us\r\n\r\n--BOUND--\r\n" },
	{ "a copy changes nothing", LIT("From: a\r\n\r\nx\r\n"), { COPY("a@b") }, 1, "From: a\r\n\r\nx\r\n" },
};

static enum result write_out(struct slice bytes, const struct edits *edits, struct buffer *to)
{
	struct edit_walk walk;
	struct edit_stretch stretch;
	enum result result;

	TRY(edits_check(edits, bytes.len));
	edit_walk_init(&walk, edits, bytes.len);
	while ((result = edit_walk_next(&walk, &stretch)) == AGAIN)
		TRY(buffer_add(to, stretch.ours ? stretch.put
		                                : (struct slice){ bytes.at + stretch.from, (size_t)stretch.length }));
	return result;
}

static bool is_expected(struct slice written, const char *expected)
{
	const char *mark = written.len ? memmem(written.at, written.len, "\"=_", 3) : NULL;
	struct slice boundary = { 0 }, rest = slice_of(expected);

	if (mark) {
		boundary = slice_drop(written, (size_t)(mark - written.at) + 1);
		boundary = slice_cut(&boundary, '"');
	}
	while (rest.len) {
		bool ours = slice_begins(rest, SLICE("BOUND"));
		struct slice wanted = ours ? boundary : (struct slice){ rest.at, 1 };

		if (!slice_begins(written, wanted))
			return false;
		written = slice_drop(written, wanted.len);
		rest = slice_drop(rest, ours ? 5 : 1);
	}
	return written.len == 0;
}

static void check_row(size_t i, struct arena *arena, struct buffer *to)
{
	struct deed list[3];
	struct deeds deeds = { list, rows[i].count };
	struct edits edits = { 0 };
	unsigned broken = 0;

	memcpy(list, rows[i].deeds, sizeof(list));
	buffer_clear(to);
	CHECK(mend_edits(rows[i].bytes, &deeds, &policy, &message_limits_standard, arena, &edits, &broken) == OK, rows[i].about);
	CHECK(write_out(rows[i].bytes, &edits, to) == OK, rows[i].about);
	CHECK(rows[i].after == NULL || is_expected(buffer_slice(to), rows[i].after), rows[i].about);
	CHECK(!deed_is_edit(list[0].kind) || list[0].kind == DEED_BANNER || memmem(buffer_slice(to).at, buffer_length(to), rows[i].deeds[0].text.at, rows[i].deeds[0].text.len) != NULL,
	      rows[i].about);
}

/* A head that the settings let pass is changed within, and not above. */
static void check_ceilings(struct arena *arena, struct buffer *to)
{
	const struct deed spam = SPAM("[s] ");
	struct deed list[] = { spam };
	const struct deeds deeds = { list, 1 };
	struct message_limits wide = message_limits_standard;
	struct buffer bytes;
	struct edits edits;
	unsigned broken;

	buffer_init(&bytes, 1 << 20);
	for (size_t i = 0; i <= message_limits_standard.header_count; i++)
		CHECK(buffer_format(&bytes, "X-%zu: a\r\n", i) == OK, "room");
	CHECK(buffer_add(&bytes, SLICE("Subject: hi\r\n\r\nx\r\n")) == OK, "room");
	wide.header_count *= 2;
	buffer_clear(to);
	CHECK(mend_edits(buffer_slice(&bytes), &deeds, &policy, &wide, arena, &edits, &broken) == OK &&
	      write_out(buffer_slice(&bytes), &edits, to) == OK, "a head of many fields is mended");
	CHECK(edits.count == 1 && edits.list[0].at > 0 && edits.list[0].drop == 0, "within the field");
	CHECK(memmem(buffer_slice(to).at, buffer_length(to), "\r\nSubject: [s] hi\r\n", 19) != NULL, "that it had");
	buffer_finish(&bytes);
}

static void check_broken(struct arena *arena)
{
	static const struct slice bytes = LIT("DKIM-Signature: a=b; h=From : subject; b=c\r\nSubject: x\r\n\r\nx");
	struct deed lists[][1] = { { SPAM("[s] ") }, { HEAD("X-A: 1") }, { WRAP() } }, gone[] = { NOTE("gone") };
	struct deeds deeds[] = { { lists[0], 1 }, { lists[1], 1 }, { lists[2], 1 } };
	struct fate fates[] = { { .edits = NO_EDITS, .deeds = 1 }, { .edits = NO_EDITS, .deeds = 2 }, { .edits = NO_EDITS, .deeds = 3 } };
	struct judgement judgement = { .fates = fates, .fate_count = 3, .deeds = deeds, .deeds_count = 3 };

	CHECK(policy_mend(&policy, &message_limits_standard, bytes, arena, &judgement) == OK && judgement.edits_count == 3, "three edits");
	CHECK(judgement.broken[0] == SEAL_DKIM_HEADER && judgement.broken[1] == 0 && judgement.broken[2] == SEAL_DKIM,
	      "and what each of them broke");
	judgement.fates[0].edits = NO_EDITS;
	deeds[0].list = gone;
	CHECK(policy_mend(&policy, &message_limits_standard, bytes, arena, &judgement) == REFUSED,
	      "a message that lacks its banner does not go out");
}

static void check_going(void)
{
	static const struct { enum outcome outcome; bool forwarded, goes; const char *about; } going[] = {
		{ FATE_DELIVER, false, true, "what is delivered" },    { FATE_HOLD, false, true, "what may be let go" },
		{ FATE_QUARANTINE, false, false, "what is set apart" }, { FATE_REJECT, false, false, "what is refused" },
		{ FATE_DISCARD, true, true, "what is forwarded, though discarded" },
	};
	struct deed lists[][2] = { { HEAD("X-A: 1") }, { HEAD("X-A: 1"), COPY("a@b") } };
	struct deeds deeds[] = { { lists[0], 1 }, { lists[1], 2 } };

	for (size_t i = 0; i < COUNT_OF(going); i++) {
		struct fate fate = { .outcome = going[i].outcome, .edits = NO_EDITS, .deeds = 1 + going[i].forwarded };
		struct judgement judgement = { .fates = &fate, .fate_count = 1, .deeds = deeds, .deeds_count = COUNT_OF(deeds) };

		CHECK(policy_goes_unmended(&judgement) == going[i].goes, going[i].about);
		fate.edits = 0;
		CHECK(!policy_goes_unmended(&judgement), "with its edits it may go");
	}
}

static void check_judgement(struct arena *arena)
{
	struct deed deed = HEAD("X-A: 1");
	struct deeds deeds = { &deed, 1 };
	struct fate fates[] = { { .outcome = FATE_DELIVER, .edits = NO_EDITS, .deeds = 1 },
		                { .outcome = FATE_DELIVER, .edits = NO_EDITS } };
	struct judgement judgement = { .fates = fates, .fate_count = 2, .deeds = &deeds, .deeds_count = 1 };

	CHECK(policy_wants_mending(&judgement), "deeds without edits want them");
	CHECK(policy_mend(&policy, &message_limits_standard, SLICE("From: a\r\n\r\n"), arena, &judgement) == OK, "and get them");
	CHECK(judgement.edits_count == 1 && fates[0].edits == 0 && fates[1].edits == NO_EDITS,
	      "only the recipient for whom it was asked");
	CHECK(!policy_wants_mending(&judgement), "once");
	deed.kind = DEED_ARCHIVE;
	fates[0].edits = NO_EDITS;
	CHECK(!policy_wants_mending(&judgement), "an errand is nothing to mend");
}

static void check_breaks(void)
{
	static const struct { struct deed deed; unsigned breaks; const char *about; } breaks[] = {
		{ SPAM("[s] "), SEAL_DKIM_HEADER, "a covered subject" },
		{ HEAD("X-A: 1"), 0, "a field that is not covered" },
		{ HEAD("Reply-to: a@b"), SEAL_DKIM_HEADER, "one more field that is" },
		{ WRAP(), SEAL_DKIM, "a message within another" },
		{ NOTE("end"), SEAL_DKIM_BODY, "a part beside it" },
		{ COPY("a@b"), 0, "a copy" },
	};
	struct fact facts[] = { { SLICE("signed"), SLICE("dkim") }, { SLICE("signed.field"), SLICE("subject") },
		                { SLICE("signed.field"), SLICE("reply-to") } };
	struct fact many[] = { { SLICE("signed"), SLICE("dkim") }, { SLICE("cut"), SLICE("signed.field") } };
	const struct findings cut = { .facts = many, .fact_count = COUNT_OF(many) };
	const struct findings with = { .facts = facts, .fact_count = COUNT_OF(facts) }, without = { 0 };

	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		CHECK(policy_breaks(&with, &breaks[i].deed) == breaks[i].breaks, breaks[i].about);
		CHECK(policy_breaks(&without, &breaks[i].deed) == 0, "what is not signed cannot break");
		CHECK((policy_breaks(&cut, &breaks[i].deed) != 0) == deed_is_edit(breaks[i].deed.kind),
		      "any field may be covered where not all of them are known");
	}
}

int main(void)
{
	struct arena arena;
	struct buffer to;

	arena_init(&arena, 4 << 20);
	buffer_init(&to, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(i, &arena, &to);
	check_ceilings(&arena, &to);
	check_broken(&arena);
	check_judgement(&arena);
	check_going();
	check_breaks();
	buffer_finish(&to);
	arena_finish(&arena);
	return TEST_END();
}
