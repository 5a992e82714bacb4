/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in the DNS: what is looked up, which answers count, what their silence means, and mistakes in the file. */
#include "mail/policy/dnsbls.h"

#include "base/test.h"
#include "mail/policy/policy_scene.h"

enum { MEMORY = 4 << 20 };

static bool says(const struct buffer *complaint, const char *words)
{
	struct slice said = buffer_slice(complaint);

	return memmem(said.at, said.len, words, strlen(words)) != NULL;
}

/* ---- names ---- */

#define LONGER "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz."
#define LONG LONGER "abcdefghijklmnopqrstuvwxyz."

static const struct {
	const char *about;
	enum dnsbl_of of;
	struct slice client, sender, helo;
	const char *name;                              /* NULL: nothing is asked */
} names[] = {
	{ "an IPv4 address is reversed", DNSBL_CLIENT, LIT("192.0.2.99"), LIT(""), LIT(""), "99.2.0.192.zone.example" },
	{ "and so is IPv6, nibble by nibble", DNSBL_CLIENT, LIT("2001:db8:1:2:3:4:567:89ab"), LIT(""), LIT(""),
	  "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.zone.example" },
	{ "IPv4 within IPv6 is IPv4", DNSBL_CLIENT, LIT("::ffff:192.0.2.99"), LIT(""), LIT(""), "99.2.0.192.zone.example" },
	{ "loopback is not asked", DNSBL_CLIENT, LIT("127.0.0.1"), LIT(""), LIT(""), NULL },
	{ "nor is that of IPv6", DNSBL_CLIENT, LIT("::1"), LIT(""), LIT(""), NULL },
	{ "nor a private address", DNSBL_CLIENT, LIT("10.1.2.3"), LIT(""), LIT(""), NULL },
	{ "nor one of 172.16.0.0/12", DNSBL_CLIENT, LIT("172.31.255.255"), LIT(""), LIT(""), NULL },
	{ "but the next one is public", DNSBL_CLIENT, LIT("172.32.0.0"), LIT(""), LIT(""), "0.0.32.172.zone.example" },
	{ "nor one behind a carrier's translation", DNSBL_CLIENT, LIT("100.64.0.1"), LIT(""), LIT(""), NULL },
	{ "nor a unique local one", DNSBL_CLIENT, LIT("fd00::1"), LIT(""), LIT(""), NULL },
	{ "nor one of the link", DNSBL_CLIENT, LIT("fe80::1"), LIT(""), LIT(""), NULL },
	{ "a message without a client has no address", DNSBL_CLIENT, LIT(""), LIT("a@b.example"), LIT("c.example"), NULL },
	{ "a sender's domain", DNSBL_SENDER, LIT(""), LIT("joe@Spam.Example"), LIT(""), "spam.example.zone.example" },
	{ "behind the last @", DNSBL_SENDER, LIT(""), LIT("\"a@b.example\"@c.example"), LIT(""), "c.example.zone.example" },
	{ "by its A-labels", DNSBL_SENDER, LIT(""), LIT("joe@b\303\274cher.example"), LIT(""), "xn--bcher-kva.example.zone.example" },
	{ "the null sender has none", DNSBL_SENDER, LIT(""), LIT(""), LIT(""), NULL },
	{ "nor has a sender without @", DNSBL_SENDER, LIT(""), LIT("b.example"), LIT(""), NULL },
	{ "an address literal is none", DNSBL_SENDER, LIT(""), LIT("joe@[192.0.2.1]"), LIT(""), NULL },
	{ "nor is one with other signs", DNSBL_SENDER, LIT(""), LIT("joe@a\\046b.example"), LIT(""), NULL },
	{ "nor one with a space", DNSBL_SENDER, LIT(""), LIT("joe@a b.example"), LIT(""), NULL },
	{ "nor one that is no UTF-8", DNSBL_SENDER, LIT(""), LIT("joe@a\377b.example"), LIT(""), NULL },
	{ "nor one with an empty label", DNSBL_SENDER, LIT(""), LIT("joe@a..example"), LIT(""), NULL },
	{ "nor one of a single label", DNSBL_SENDER, LIT(""), LIT("joe@localhost"), LIT(""), NULL },
	{ "one that just fits is asked for whole", DNSBL_SENDER, LIT(""), LIT("joe@" LONG LONG "abcdefg.abcdefghijklm.de"), LIT(""),
	  LONG LONG "abcdefg.abcdefghijklm.de.zone.example" },
	{ "one that is too long with its zone is asked for by its end", DNSBL_SENDER, LIT(""), LIT("joe@" LONG LONG "abcdefgh.abcdefghijklm.de"),
	  LIT(""), LONGER LONG "abcdefgh.abcdefghijklm.de.zone.example" },
	{ "so is what a client calls itself", DNSBL_HELO, LIT("192.0.2.1"), LIT(""), LIT(LONG LONG "abcdefgh.abcdefghijklm.de"),
	  LONGER LONG "abcdefgh.abcdefghijklm.de.zone.example" },
	{ "a label of 64 is none", DNSBL_SENDER, LIT(""),
	  LIT("joe@abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd.example"), LIT(""), NULL },
	{ "what the client calls itself", DNSBL_HELO, LIT("192.0.2.1"), LIT(""), LIT("mx.spam.example."), "mx.spam.example.zone.example" },
	{ "an address is no domain", DNSBL_HELO, LIT("192.0.2.1"), LIT(""), LIT("192.0.2.1"), NULL },
	{ "nor is one in brackets", DNSBL_HELO, LIT("192.0.2.1"), LIT(""), LIT("[192.0.2.1]"), NULL },
};

static void check_names(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct dnsbl dnsbl = { .title = SLICE("t"), .zone = SLICE("Zone.Example"), .of = names[i].of };
		const struct envelope envelope = { .client_address = names[i].client, .sender = names[i].sender, .helo = names[i].helo };
		char name[POLICY_LOOKUP] = "";
		bool asked = dnsbl_name(&dnsbl, &envelope, name);

		CHECK(asked == (names[i].name != NULL), names[i].about);
		CHECK(!asked || slice_same(slice_of(name), slice_of(names[i].name)), names[i].about);
	}
}

/* ---- judgements ---- */

#define ZEN "dnsbl \"zen\" { zone = \"zen.example\" }\n"
#define RANGE "dnsbl \"zen\" { zone = \"zen.example\" answers = {\"127.0.0.2-11\", \"127.0.1-2.0-255\"} }\n"
#define REJECT "policy \"spam\" { when = \"listed('zen')\" do = {\"reject\"} }\n"
#define NAME LIT("99.2.0.192.zen.example")
#define SAID(text) { ASK_DNS, NAME, ANSWER_SAID, LIT(text), 3 }
#define DEAD { ASK_DNS, NAME, ANSWER_FAILED, LIT("no answer in time"), 3 }

static const struct {
	const char *about, *file;
	struct answer answer;
	enum outcome outcome;
	const char *rule;
} judged[] = {
	{ "who is listed is refused", ZEN REJECT, SAID("127.0.0.4"), FATE_REJECT, "spam" },
	{ "who is not is not", ZEN REJECT, SAID(""), FATE_DELIVER, "" },
	{ "an answer in the range counts", RANGE REJECT, SAID("127.0.0.11"), FATE_REJECT, "spam" },
	{ "one in another range too", RANGE REJECT, SAID("127.0.2.77"), FATE_REJECT, "spam" },
	{ "one behind it does not", RANGE REJECT, SAID("127.0.0.12"), FATE_DELIVER, "" },
	{ "one of two is enough", RANGE REJECT, SAID("127.0.0.1 127.0.0.2"), FATE_REJECT, "spam" },
	{ "a value is compared", ZEN "policy \"p\" { when = \"listed('zen') = 127.0.0.4\" do = {\"hold\"} }\n",
	  SAID("127.0.0.2 127.0.0.4"), FATE_HOLD, "p" },
	{ "and may be another", ZEN "policy \"p\" { when = \"listed('zen') = 127.0.0.4\" do = {\"hold\"} }\n",
	  SAID("127.0.0.2"), FATE_DELIVER, "" },
	{ "by a network", ZEN "policy \"p\" { when = \"listed('zen') in (127.0.0.8/29)\" do = {\"hold\"} }\n",
	  SAID("127.0.0.10"), FATE_HOLD, "p" },
	{ "by a glob", ZEN "policy \"p\" { when = \"listed('zen') ~ '*.10'\" do = {\"hold\"} }\n", SAID("127.0.0.10"), FATE_HOLD, "p" },
	{ "a dead list lists nobody", ZEN REJECT, DEAD, FATE_DELIVER, "" },
	{ "nor does it unlist anybody", ZEN "policy \"p\" { when = \"not listed('zen')\" do = {\"reject\"} }\n", DEAD, FATE_DELIVER, "" },
	{ "what else decides, decides", ZEN "policy \"p\" { when = \"listed('zen') or size > 1\" do = {\"hold\"} }\n", DEAD, FATE_HOLD, "p" },
	{ "rules behind a skipped one are tried", ZEN REJECT "policy \"p\" { do = {\"hold\"} }\n", DEAD, FATE_HOLD, "p" },
	{ "silence can be asked for", ZEN REJECT "policy \"p\" { when = \"unanswered = 'zen'\" do = {\"hold\"} }\n", DEAD, FATE_HOLD, "p" },
	{ "who answered is not silent", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n", SAID(""), FATE_DELIVER, "" },
	{ "a list's error code is silence", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n",
	  SAID("127.255.255.254"), FATE_HOLD, "p" },
	{ "even where a range would take it", "dnsbl \"zen\" { zone = \"zen.example\" answers = {\"127.0-255.0-255.0-255\"} }\n" REJECT,
	  SAID("127.255.255.254"), FATE_DELIVER, "" },
	{ "so is an address that somebody made up", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n",
	  SAID("203.0.113.7"), FATE_HOLD, "p" },
	{ "so is what cannot be read", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n", SAID("rubbish"), FATE_HOLD, "p" },
	{ "so is an answer of another name", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n",
	  { ASK_DNS, LIT("1.2.0.192.zen.example"), ANSWER_SAID, LIT("127.0.0.4"), 3 }, FATE_HOLD, "p" },
	{ "and one of somebody else", ZEN REJECT "policy \"p\" { when = \"unanswered\" do = {\"hold\"} }\n",
	  { ASK_PEER, NAME, ANSWER_SAID, LIT("127.0.0.4"), 3 }, FATE_HOLD, "p" },
	{ "taken as unlisted, it is that", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = unlisted }\n"
	  "policy \"p\" { when = \"not listed('zen')\" do = {\"hold\"} }\n", DEAD, FATE_HOLD, "p" },
	{ "a message may have to wait for it", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = defer }\n" REJECT, DEAD, FATE_DEFER, "spam" },
	{ "but not where it makes no difference", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = defer }\n"
	  "policy \"p\" { when = \"size > 1 or listed('zen')\" do = {\"hold\"} }\n", DEAD, FATE_HOLD, "p" },
	{ "a pattern that hit its limits is worse", ZEN "policy \"p\" { when = \"listed('zen') or subject ~ /^(a+)+$/\" do = {\"deliver\"} }\n",
	  DEAD, FATE_QUARANTINE, "p" },
	{ "a profile that cannot be decided does not hold", ZEN "profile \"x\" { when = \"listed('zen')\" }\n"
	  "policy \"p\" { when = \"profile = 'x'\" do = {\"hold\"} }\n", DEAD, FATE_DELIVER, "" },
	{ "and one that can does", ZEN "profile \"x\" { when = \"listed('zen')\" }\n"
	  "policy \"p\" { when = \"profile = 'x'\" do = {\"hold\"} }\n", SAID("127.0.0.2"), FATE_HOLD, "p" },
};

static const struct policy *compiled(const char *text, struct arena *arena, struct buffer *complaint, const char *about)
{
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK && policy_compile(&settings, arena, &policy, complaint) == OK, about);
	settings_finish(&settings);
	return policy;
}

static void check_judged(size_t i, struct arena *arena, struct buffer *complaint)
{
	struct envelope_recipient recipient = { .address = SLICE("a@b") };
	struct envelope envelope = { .client_address = SLICE("192.0.2.99"), .recipients = &recipient, .recipient_count = 1 };
	struct fact facts[] = { { SLICE("size"), SLICE("500") },
		{ SLICE("subject"), SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!") } };
	struct findings findings = { .facts = facts, .fact_count = COUNT_OF(facts) };
	struct answer answer = judged[i].answer;
	struct evidence evidence = { .answers = &answer, .count = 1 };
	struct judgement judgement = { 0 };
	const struct policy *policy = compiled(judged[i].file, arena, complaint, judged[i].about);

	if (policy == NULL)
		return;
	CHECK(policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) == OK, judged[i].about);
	CHECK(judgement.fate_count == 1 && judgement.fates[0].outcome == judged[i].outcome, judged[i].about);
	CHECK(judgement.fate_count == 1 && slice_same(judgement.fates[0].rule, slice_of(judged[i].rule)), judged[i].about);
	CHECK((judgement.verdict == VERDICT_UNSCANNABLE) == (judged[i].outcome == FATE_QUARANTINE), judged[i].about);
}

/* ---- which are asked ---- */

static void check_lookups(struct arena *arena, struct buffer *complaint)
{
	const struct policy *policy = compiled(ZEN "dnsbl \"same\" { zone = \"ZEN.example\" answers = {\"127.0.0.9\"} }\n"
		"dnsbl \"unused\" { zone = \"unused.example\" }\n"
		"dnsbl \"domains\" { zone = \"dbl.example\" of = sender }\n"
		"profile \"x\" { when = \"listed('domains')\" }\n"
		"policy \"p\" { when = \"listed('zen') or listed('same')\" do = {\"hold\"} }\n", arena, complaint, "four lists");
	struct answer answers[] = { SAID(""), { ASK_DNS, LIT("b.example.dbl.example"), ANSWER_SAID, LIT(""), 0 } };
	struct evidence evidence = { .answers = answers, .count = 2 };
	const struct envelope envelope = { .client_address = SLICE("192.0.2.99"), .sender = SLICE("a@b.example") };
	const struct envelope nobody = { .client_address = SLICE("127.0.0.1") };
	char name[POLICY_LOOKUP];
	size_t place = 0;

	if (policy == NULL)
		return;
	CHECK(policy_next_lookup(policy, &envelope, &place, name) && slice_same(slice_of(name), SLICE("99.2.0.192.zen.example")),
	      "what two lists share is asked once");
	CHECK(policy_next_lookup(policy, &envelope, &place, name) && slice_same(slice_of(name), SLICE("b.example.dbl.example")),
	      "what a profile asks is asked");
	CHECK(!policy_next_lookup(policy, &envelope, &place, name), "what no rule asks is not");
	place = 0;
	CHECK(!policy_next_lookup(policy, &nobody, &place, name), "a message from here is not asked about");
	CHECK(policy_not_asked(policy, &envelope, &evidence).len == 0, "all was asked");
	evidence.count = 1;
	CHECK(slice_same(policy_not_asked(policy, &envelope, &evidence), SLICE("domains")), "one list was not");
	CHECK(policy_not_asked(policy, &nobody, &(struct evidence){ 0 }).len == 0, "and of that message nothing was to be asked");
}

/* ---- mistakes ---- */

static const struct { const char *about, *file, *words; } mistakes[] = {
	{ "a zone that is no name", "dnsbl \"a\" { zone = \"zen example\" }\n", "a zone is a name of the DNS" },
	{ "a zone of one label", "dnsbl \"a\" { zone = \"zen\" }\n", "a zone is a name of the DNS" },
	{ "a zone with a dot at its end", "dnsbl \"a\" { zone = \"zen.example.\" }\n", "a zone is a name of the DNS" },
	{ "a zone with an escape", "dnsbl \"a\" { zone = 'zen\\046a.example' }\n", "a zone is a name of the DNS" },
	{ "no zone", "dnsbl \"a\" { of = sender }\n", "no `zone` (in dnsbl \"a\")" },
	{ "of what", "dnsbl \"a\" { zone = \"a.example\" of = server }\n", ":1:" },
	{ "an answer outside", "dnsbl \"a\" { zone = \"a.example\" answers = {\"10.0.0.1\"} }\n", "an answer is an address in 127.0.0.0/8" },
	{ "an answer backwards", "dnsbl \"a\" { zone = \"a.example\" answers = {\"127.0.0.9-2\"} }\n", "an answer is an address" },
	{ "an answer of three numbers", "dnsbl \"a\" { zone = \"a.example\" answers = {\"127.0.2\"} }\n", "an answer is an address" },
	{ "an answer of five", "dnsbl \"a\" { zone = \"a.example\" answers = {\"127.0.0.2.3\"} }\n", "an answer is an address" },
	{ "an answer with a dot behind it", "dnsbl \"a\" { zone = \"a.example\" answers = {\"127.0.0.2.\"} }\n", "an answer is an address" },
	{ "an answer above", "dnsbl \"a\" { zone = \"a.example\" answers = {\"127.0.0.256\"} }\n", "an answer is an address" },
	{ "a list that is none", ZEN "policy \"p\" { when = \"listed('zenn')\" do = {\"hold\"} }\n",
	  "at character 14: there is no dnsbl \"zenn\"; did you mean \"zen\"? (in policy \"p\")" },
	{ "a list in a profile that is none", "profile \"p\" { when = \"listed('zen')\" }\n", "there is no dnsbl \"zen\" (in profile \"p\")" },
	{ "listed without a name", ZEN "policy \"p\" { when = \"listed\" do = {\"hold\"} }\n", "a name in brackets was expected" },
	{ "a title with a space", "dnsbl \"a b\" { zone = \"a.example\" }\n", "a title is 1 to 64 characters" },
};

static void check_mistakes(struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		const struct policy *policy = NULL;
		struct settings settings;
		enum result result;
		struct arena arena;

		arena_init(&arena, MEMORY);
		settings_init(&settings);
		buffer_clear(complaint);
		result = scene_read(mistakes[i].file, &settings, complaint);
		if (result == OK)
			result = policy_compile(&settings, &arena, &policy, complaint);
		CHECK(result == REFUSED, mistakes[i].about);
		CHECK(says(complaint, mistakes[i].words), mistakes[i].about);
		if (!says(complaint, mistakes[i].words))
			printf("  it says: %.*s\n", SHOW(buffer_slice(complaint)));
		settings_finish(&settings);
		arena_finish(&arena);
	}
}

static void check_too_many(struct buffer *complaint)
{
	static const char list[] = "dnsbl \"%u\" { zone = \"%u.example\" }\n";

	CHECK(scene_takes_many(list, DNSBLS_MOST, complaint) && !scene_takes_many(list, DNSBLS_MOST + 1, complaint),
	      "32 are taken, and no more");
}

int main(void)
{
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 16 << 20);
	buffer_init(&complaint, 16384);
	check_names();
	for (size_t i = 0; i < COUNT_OF(judged); i++)
		check_judged(i, &arena, &complaint);
	check_lookups(&arena, &complaint);
	check_mistakes(&complaint);
	check_too_many(&complaint);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return TEST_END();
}
