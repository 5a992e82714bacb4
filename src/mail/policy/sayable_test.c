/* SPDX-License-Identifier: Apache-2.0 */
/* What policy says of messages it is believed to say; one thing changed in it that the file does not say, and it is not. */
#include "base/test.h"
#include "mail/policy/policy_scene.h"

static const char file[] =
	"template \"recipient\" { text = {\"file\"} }\n"
	"dnsbl \"zen\" { zone = \"zen.example\"  unanswered = defer }\n"
	"profile \"short\" { when = \"recipient ~ 's*'\"  notices = own  queue { lifetime = 2d }  template \"recipient\" { text = {\"x\"} } }\n"
	"profile \"long\" { when = \"recipient ~ 'l*'\"  queue { lifetime = 20d } }\n"
	"policy \"mark\" { do = {\"subject '[x] '\", \"notify recipient\"} }\n"
	"policy \"list\" { when = \"recipient ~ 'd*' and listed('zen')\" do = {\"reject\"} }\n"
	"policy \"slow\" { when = \"recipient ~ 'p*' and subject ~ /^(a+)+$/\" do = {\"hold\"} }\n"
	"policy \"no\" { when = \"recipient ~ 'n*'\" do = {\"reject not here\"} }\n"
	"policy \"aside\" { when = \"recipient ~ 'q*'\" do = {\"quarantine\"} }\n";

/* In the order of the recipients below. */
enum { SHORT, LONG, DOUBTED, PATTERN, NO, ASIDE, REST, PLACES };
static const enum outcome outcomes[] = { FATE_DELIVER, FATE_DELIVER, FATE_DEFER, FATE_QUARANTINE, FATE_REJECT, FATE_QUARANTINE, FATE_DELIVER };

/* ---- what a liar changes ---- */

static void longer(struct judgement *of)      { of->times[0].list[TIME_lifetime].seconds = 30 * 86400; }
static void of_another(struct judgement *of)  { of->times[0].list[TIME_lifetime].profile = SLICE("long"); }
static void of_nobody(struct judgement *of)   { of->times[0].list[TIME_lifetime].profile = SLICE("none"); }
static void of_no_title(struct judgement *of) { of->times[0].list[TIME_lifetime].profile = SLICE(""); }
static void another_time(struct judgement *of)
{
	of->times[0].list[TIME_retry_most] = of->times[0].list[TIME_lifetime];
}
static void tells_all(struct judgement *of)   { of->fates[REST].notices = FATE_NOTICES_ALL; }
static void copies(struct judgement *of)      { of->deeds[0].list[0] = (struct deed){ DEED_FORWARD, SLICE("a@b"), SLICE("mark"), SLICE("") }; }
static void other_words(struct judgement *of) { of->deeds[0].list[0].text = SLICE("[paid] "); }
static void other_rule(struct judgement *of)  { of->deeds[0].list[0].rule = SLICE("no"); }
static void no_profile(struct judgement *of)  { of->deeds[0].list[0].profile = SLICE("none"); }
static void drops(struct judgement *of)       { of->fates[NO].outcome = FATE_DISCARD; }
static void passes(struct judgement *of)      { of->fates[NO].outcome = FATE_DELIVER; }
static void replies(struct judgement *of)     { of->fates[NO].reply = SLICE("550 5.7.1 pay here"); }
static void no_rule(struct judgement *of)     { of->fates[REST].outcome = FATE_DISCARD; }
static void unknown_rule(struct judgement *of) { of->fates[ASIDE].rule = SLICE("gone"); }
static void not_final(struct judgement *of)   { of->fates[REST].rule = SLICE("mark"); }
static void other_kind(struct judgement *of)  { of->fates[ASIDE].kind = SLICE("undeliverable"); }
static void doubts_kept(struct judgement *of) { of->fates[DOUBTED].outcome = FATE_DELIVER; }
static void puts_off(struct judgement *of)    { of->fates[DOUBTED].reply = SLICE("451 4.7.1 come to evil.example"); }

static const struct {
	const char *about;
	void (*change)(struct judgement *judgement);
} lies[] = {
	{ "a time that the profile does not say", longer },
	{ "a time of another profile", of_another },
	{ "a time of none that there is", of_nobody },
	{ "a time of nobody", of_no_title },
	{ "a time that the profile says nothing of", another_time },
	{ "notices to all, which no profile says", tells_all },
	{ "a copy for which no rule asks", copies },
	{ "another text than the rule's", other_words },
	{ "what another rule asks for", other_rule },
	{ "by a profile that is none", no_profile },
	{ "another end than the rule's", drops },
	{ "no end, where the rule has one", passes },
	{ "another reply than the rule's", replies },
	{ "an end that no rule asks for", no_rule },
	{ "a rule that is none", unknown_rule },
	{ "a rule that ends nothing", not_final },
	{ "a kind that is the queue's", other_kind },
	{ "what could not be decided is delivered by it", doubts_kept },
	{ "or put off in other words", puts_off },
};

static void judge(const struct policy *policy, struct arena *arena, struct judgement *judgement)
{
	static struct envelope_recipient recipients[] = {
		[SHORT] = { .address = LIT("s@b") }, [LONG] = { .address = LIT("l@b") }, [DOUBTED] = { .address = LIT("d@b") },
		[PATTERN] = { .address = LIT("p@b") }, [NO] = { .address = LIT("n@b") }, [ASIDE] = { .address = LIT("q@b") },
		[REST] = { .address = LIT("r@b") } };
	const struct envelope envelope = { .client_address = SLICE("192.0.2.9"), .recipients = recipients, .recipient_count = PLACES };
	char subject[1000];
	struct fact fact = { SLICE("subject"), { subject, sizeof(subject) } };
	const struct findings findings = { .facts = &fact, .fact_count = 1 };
	const struct evidence evidence = { 0 };

	_Static_assert(COUNT_OF(recipients) == PLACES && COUNT_OF(outcomes) == PLACES, "one each");
	memset(subject, 'a', sizeof(subject));
	subject[sizeof(subject) - 1] = '!';
	CHECK(policy_judge(policy, 0, &envelope, &findings, &evidence, arena, judgement) == OK, "it judges");
}

static void check_lie(size_t i, const struct policy *policy)
{
	struct judgement judgement = { 0 };
	struct arena arena;

	arena_init(&arena, 4 << 20);
	judge(policy, &arena, &judgement);
	for (uint32_t place = 0; place < judgement.fate_count; place++)
		CHECK(judgement.fates[place].outcome == outcomes[place], "as the file says");
	if (judgement.fate_count == PLACES && judgement.times_count == 2 && judgement.deeds_count >= 2) {
		CHECK(policy_could_say(policy, &judgement), "what it says itself is believed");
		lies[i].change(&judgement);
		CHECK(!policy_could_say(policy, &judgement), lies[i].about);
	} else {
		CHECK(false, "there is all that lies are about");
	}
	arena_finish(&arena);
}

int main(void)
{
	const struct policy *policy;
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 4 << 20);
	buffer_init(&complaint, 4096);
	policy = scene_policy(file, &arena, &complaint);
	CHECK(policy, "a policy");
	for (size_t i = 0; policy && i < COUNT_OF(lies); i++)
		check_lie(i, policy);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return TEST_END();
}
