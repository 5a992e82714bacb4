/* SPDX-License-Identifier: Apache-2.0 */
/* Actions, mistakes in them, and judgements: what was found and answered, and what must come of it. */
#include "mail/policy/policy.h"

#include "base/test.h"
#include "mail/policy/action.h"
#include "mail/policy/policy_scene.h"

static const struct {
	struct slice text;
	const char *complaint;             /* NULL: it is right */
	const char *text_of;               /* the reply, or the text */
} actions[] = {
	{ LIT("deliver"), NULL, "" },
	{ LIT("reject"), NULL, "550 5.7.1 this message was refused" },
	{ LIT("reject no program files"), NULL, "550 5.7.1 no program files" },
	{ LIT("defer"), NULL, "451 4.7.1 try again later" },
	{ LIT("quarantene"), "no action is called \"quarantene\"; did you mean \"quarantine\"?", "" },
	{ LIT("hold on"), "nothing may stand behind \"hold\"", "" },
	{ LIT("reject a\r\nb"), "the text of an action is printable ASCII, at most 400 characters", "" },
	{ LIT("subject '***SPAM*** '"), NULL, "***SPAM*** " },
	{ LIT("subject [list] "), NULL, "[list]" },
	{ LIT("subject"), "a text was expected behind \"subject\"", "" },
	{ LIT("header 'X-Spam-Flag: YES'"), NULL, "X-Spam-Flag: YES" },
	{ LIT("header X-Spam-Flag"), "a whole header such as 'X-Spam-Flag: YES' was expected behind \"header\"", "" },
	{ LIT("header X Y: z"), "a whole header such as 'X-Spam-Flag: YES' was expected behind \"header\"", "" },
	{ LIT("as attachment"), NULL, "" },
	{ LIT("banner 'the end'"), NULL, "the end" },
	{ LIT("banner"), "the title of a section banner was expected behind \"banner\"", "" },
	{ LIT("as attachement"), "no action is called \"as\"; `postern help actions` lists them", "" },
	{ LIT("forward abuse@example.org"), NULL, "abuse@example.org" },
	{ LIT("forward postmaster"), "an address such as abuse@example.org was expected behind \"forward\"", "" },
	{ LIT("archive /var/archive"), NULL, "/var/archive" },
	{ LIT("archive archive"), "the absolute path of a folder was expected behind \"archive\"", "" },
	{ LIT("archive /var/../etc"), "the absolute path of a folder was expected behind \"archive\"", "" },
	{ LIT("notify recipient"), NULL, "recipient" },
	{ LIT("notify help@example.org"), NULL, "help@example.org" },
	{ LIT("notify recipients"), "\"recipient\", \"sender\" or an address was expected behind \"notify\"", "" },
	{ LIT("explode"), "no action is called \"explode\"; `postern help actions` lists them", "" },
};

static void check_actions(struct arena *arena, struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		struct action action = { 0 };
		enum result result;

		buffer_clear(complaint);
		result = action_compile(actions[i].text, arena, &action, complaint);
		CHECK((result == OK) == (actions[i].complaint == NULL), actions[i].text.at);
		CHECK(slice_same(buffer_slice(complaint), slice_of(actions[i].complaint)), actions[i].text.at);
		CHECK(slice_same(action.text, slice_of(actions[i].text_of)), actions[i].text.at);
	}
}

#define NOTHING { { LIT(""), LIT("") } }
#define CLEAN(who) { ASK_SCANNERS, LIT(who), ANSWER_CLEAN, LIT(""), 0 }
#define FOUND(who) { ASK_SCANNERS, LIT(who), ANSWER_FOUND, LIT("Eicar-Test"), 0 }
#define FAILED(who) { ASK_SCANNERS, LIT(who), ANSWER_FAILED, LIT("no answer"), 0 }

static const struct {
	const char *about;
	unsigned scanners;
	struct fact facts[2];
	size_t fact_count;
	struct answer answers[3];
	size_t count;
	enum verdict verdict;
	enum outcome outcome;
	const char *kind, *reason;
} judgements[] = {
	{ "no scanner, nothing found: delivered", 0, { { LIT("size"), LIT("5") } }, 1, { CLEAN("") }, 0, VERDICT_CLEAN,
	  FATE_DELIVER, "", "" },
	{ "a scanner says clean: delivered", 1, NOTHING, 0, { CLEAN("a") }, 1, VERDICT_CLEAN, FATE_DELIVER, "", "" },
	{ "a scanner found something: quarantine", 1, NOTHING, 0, { FOUND("a") }, 1, VERDICT_VIRUS,
	  FATE_QUARANTINE, "virus", "a: Eicar-Test" },
	{ "a scanner failed: unscannable", 1, NOTHING, 0, { FAILED("a") }, 1, VERDICT_UNSCANNABLE,
	  FATE_QUARANTINE, "unscannable", "a: no answer" },
	{ "no scanner answered: unscannable", 1, NOTHING, 0, { CLEAN("a") }, 0, VERDICT_UNSCANNABLE,
	  FATE_QUARANTINE, "unscannable", "scanners: not every scanner answered" },
	{ "one of two scanners is missing: unscannable", 2, NOTHING, 0, { CLEAN("a") }, 1, VERDICT_UNSCANNABLE,
	  FATE_QUARANTINE, "unscannable", "scanners: not every scanner answered" },
	{ "one scanner that answers twice is one", 2, NOTHING, 0, { CLEAN("a"), CLEAN("a") }, 2,
	  VERDICT_UNSCANNABLE, FATE_QUARANTINE, "unscannable", "scanners: not every scanner answered" },
	{ "found beats failed", 2, NOTHING, 0, { FAILED("a"), FOUND("b") }, 2, VERDICT_VIRUS, FATE_QUARANTINE,
	  "virus", "b: Eicar-Test" },
	{ "found beats a message that could not be read", 1, { { LIT("unscannable"), LIT("depth") } }, 1,
	  { FOUND("a") }, 1, VERDICT_VIRUS, FATE_QUARANTINE, "virus", "a: Eicar-Test" },
	{ "a limit that was hit is never clean", 1, { { LIT("unscannable"), LIT("depth") } }, 1, { CLEAN("a") }, 1,
	  VERDICT_UNSCANNABLE, FATE_QUARANTINE, "unscannable", "message: depth" },
	{ "ambiguous alone is delivered", 0, { { LIT("ambiguous"), LIT("two From") } }, 1, { CLEAN("") }, 0,
	  VERDICT_CLEAN, FATE_DELIVER, "", "" },
};

static void check_judgement(size_t i, const struct policy *policy, struct arena *arena)
{
	struct envelope_recipient recipients[2] = { { .address = SLICE("a@b") }, { .address = SLICE("c@d") } };
	struct envelope envelope = { .recipients = recipients, .recipient_count = 2 };
	struct fact facts[2];
	struct answer answers[3];
	struct findings findings = { .facts = facts, .fact_count = judgements[i].fact_count };
	struct evidence evidence = { .answers = answers, .count = judgements[i].count };
	struct judgement judgement = { 0 };

	memcpy(facts, judgements[i].facts, sizeof(facts));
	memcpy(answers, judgements[i].answers, sizeof(answers));
	CHECK(policy_judge(policy, judgements[i].scanners, &envelope, &findings, &evidence, arena, &judgement) == OK,
	      judgements[i].about);
	CHECK(judgement.verdict == judgements[i].verdict && judgement.fate_count == 2, judgements[i].about);
	CHECK(judgement.fate_count == 2 && judgement.fates[1].outcome == judgements[i].outcome, judgements[i].about);
	CHECK(judgement.fate_count == 2 && slice_same(judgement.fates[1].kind, slice_of(judgements[i].kind)),
	      judgements[i].about);
	CHECK(slice_same(judgement.reason, slice_of(judgements[i].reason)), judgements[i].about);
}

static void check_standard_policy(struct arena *arena, struct buffer *complaint)
{
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	CHECK(policy_compile(&settings, arena, &policy, complaint) == OK,
	      "no policy section: the standard rules stand");
	for (size_t i = 0; policy && i < COUNT_OF(judgements); i++)
		check_judgement(i, policy, arena);
	settings_finish(&settings);
}

static const struct {
	const char *name;
	struct slice value;
	enum result result;
} checks[] = {
	{ "", LIT("virus"), OK },
	{ "", LIT("a\"\n"), REFUSED },
	{ "when", LIT("virus"), OK },
	{ "when", LIT("viruses and"), REFUSED },
	{ "do", LIT("reject not here"), OK },
	{ "do", LIT("explode"), REFUSED },
};

static void check_file(struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		buffer_clear(complaint);
		CHECK(policy_settings_section.check(checks[i].name, checks[i].value, complaint) == checks[i].result,
		      "the check of the file says what is wrong");
		CHECK((buffer_length(complaint) == 0) == (checks[i].result == OK), "and says it in words");
	}
}

static const struct {
	const char *about, *text;
	enum outcome outcome;              /* for a message that is unscannable, from a trusted client */
	const char *rule;
} files[] = {
	{ "the first rule that holds decides",
	  "policy \"a\" { when = \"virus\" do = {\"reject\"} }\n"
	  "policy \"b\" { when = \"unscannable\" do = {\"hold\"} }\n"
	  "policy \"c\" { do = {\"discard\"} }\n",
	  FATE_HOLD, "b" },
	{ "a rule without `when` always holds", "policy \"all\" { do = {\"defer\"} }\n", FATE_DEFER, "all" },
	{ "the first action of a rule stands", "policy \"two\" { do = {\"bounce\", \"discard\"} }\n", FATE_BOUNCE,
	  "two" },
	{ "the end of the list means deliver", "policy \"v\" { when = \"virus\" do = {\"reject\"} }\n", FATE_DELIVER,
	  "" },
	{ "facts of the client count", "policy \"t\" { when = \"unscannable and trusted\" do = {\"deliver\"} }\n",
	  FATE_DELIVER, "t" },
};

static void check_written(size_t i, struct arena *arena, struct buffer *complaint)
{
	struct envelope_recipient recipient = { .address = SLICE("a@b") };
	struct envelope envelope = { .flags = ENVELOPE_TRUSTED, .recipients = &recipient, .recipient_count = 1 };
	struct fact fact = { SLICE("unscannable"), SLICE("depth") };
	struct findings findings = { .facts = &fact, .fact_count = 1 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	CHECK(scene_read(files[i].text, &settings, complaint) == OK, files[i].about);
	CHECK(policy_compile(&settings, arena, &policy, complaint) == OK, files[i].about);
	settings_finish(&settings);
	CHECK(policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) == OK, files[i].about);
	CHECK(judgement.verdict == VERDICT_UNSCANNABLE && judgement.fates[0].outcome == files[i].outcome,
	      files[i].about);
	CHECK(slice_same(judgement.fates[0].rule, slice_of(files[i].rule)), files[i].about);
	CHECK(policy_could_say(policy, &judgement), "which it is believed to say");
}

static const struct {
	const char *about, *text;
	const char *lines;                 /* what is said */
} unreached[] = {
	{ "rules that can all match", "policy \"a\" { when = \"virus\" do = {\"reject\"} }\n"
	  "policy \"b\" { when = \"trusted\" do = {\"hold\"} }\n", "" },
	{ "behind a rule that always ends the search", "policy \"all\" { do = {\"defer\"} }\n"
	  "policy \"b\" { when = \"virus\" do = {\"hold\"} }\n",
	  "policy \"b\" can never match: \"all\" ends every search before it\n" },
	{ "a rule that ends nothing stands in nobody's way", "policy \"all\" { do = {\"subject x\"} }\n"
	  "policy \"b\" { when = \"virus\" do = {\"hold\"} }\n", "" },
	{ "against itself", "policy \"b\" { when = \"virus and not virus\" do = {\"hold\"} }\n",
	  "policy \"b\" can never match: its own conditions exclude each other\n" },
	{ "two sizes at once", "policy \"b\" { when = \"size > 10M and size < 1M\" do = {\"hold\"} }\n",
	  "policy \"b\" can never match: its own conditions exclude each other\n" },
	{ "two senders at once", "policy \"b\" { when = \"sender = 'a@b' and sender = 'c@d'\" do = {\"hold\"} }\n",
	  "policy \"b\" can never match: its own conditions exclude each other\n" },
	{ "two attachments at once can be", "policy \"b\" { when = \"attachment.name = 'a' and attachment.name = 'b'\" "
	  "do = {\"hold\"} }\n", "" },
	{ "a smaller size was caught before", "policy \"big\" { when = \"size > 1M\" do = {\"reject\"} }\n"
	  "policy \"bigger\" { when = \"size > 5M\" do = {\"hold\"} }\n",
	  "policy \"bigger\" can never match: \"big\" ends every search before it\n" },
	{ "a profile that is none holds for nobody", "profile \"a\" { }\n"
	  "policy \"b\" { when = \"profile = 'a'\" do = {\"hold\"} }\npolicy \"c\" { when = \"profile = 'b'\" do = {\"hold\"} }\n",
	  "policy \"c\" can never match: its own conditions exclude each other\n" },
	{ "two profiles at once can be", "profile \"a\" { }\nprofile \"b\" { }\n"
	  "policy \"c\" { when = \"profile = 'a' and profile = 'b'\" do = {\"hold\"} }\n", "" },
	{ "two rules together leave nothing", "policy \"in\" { when = \"direction = inbound\" do = {\"deliver\"} }\n"
	  "policy \"v\" { when = \"virus\" do = {\"subject x\"} }\n"
	  "policy \"out\" { when = \"direction = outbound\" do = {\"deliver\"} }\n"
	  "policy \"late\" { when = \"virus\" do = {\"hold\"} }\n",
	  "policy \"late\" can never match: \"in\" and what stands between end every search before it\n" },
};

static void check_unreached(struct arena *arena, struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(unreached); i++) {
		const struct policy *policy = NULL;
		struct settings settings;

		settings_init(&settings);
		buffer_clear(complaint);
		CHECK(scene_read(unreached[i].text, &settings, complaint) == OK, unreached[i].about);
		CHECK(policy_compile(&settings, arena, &policy, complaint) == OK, unreached[i].about);
		CHECK(policy && policy_unreached(policy, complaint) == OK, unreached[i].about);
		CHECK(slice_same(buffer_slice(complaint), slice_of(unreached[i].lines)), unreached[i].about);
		settings_finish(&settings);
	}
}

/* Three recipients, three outcomes; what they share is told once. */
static void check_recipients(struct arena *arena, struct buffer *complaint)
{
	static const char text[] =
		"list \"bosses\" { entries = {\"a@b\", \"*@board.example\"} }\n"
		"policy \"mark\" { when = \"size > 4\" do = {\"subject '[x] '\", \"header X-A: 1\"} }\n"
		"policy \"again\" { do = {\"subject '[y] '\", \"header X-a: 2\", \"header X-B: 3\"} }\n"
		"policy \"boss\" { when = \"recipient in list('bosses')\" do = {\"deliver\"} }\n"
		"policy \"none\" { when = \"recipient ~ 'no*'\" do = {\"reject nobody here\"} }\n"
		"policy \"rest\" { do = {\"quarantine\", \"header X-C: never\"} }\n";
	struct envelope_recipient recipients[] = { { .address = SLICE("A@b") }, { .address = SLICE("nobody@b") },
		                                   { .address = SLICE("c@b") } };
	struct envelope envelope = { .recipients = recipients, .recipient_count = COUNT_OF(recipients) };
	struct fact fact = { SLICE("size"), SLICE("5") };
	struct findings findings = { .facts = &fact, .fact_count = 1 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	CHECK(scene_read(text, &settings, complaint) == OK, "rules with a list");
	CHECK(policy_compile(&settings, arena, &policy, complaint) == OK, "are compiled");
	settings_finish(&settings);
	if (policy == NULL || policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) != OK)
		return;
	CHECK(judgement.fates[0].outcome == FATE_DELIVER && judgement.fates[1].outcome == FATE_REJECT &&
		  judgement.fates[2].outcome == FATE_QUARANTINE, "each recipient has an outcome of its own");
	CHECK(slice_same(judgement.fates[1].reply, SLICE("550 5.7.1 nobody here")), "with its reply");
	CHECK(slice_same(judgement.fates[2].kind, SLICE("policy")), "and its kind");
	CHECK(judgement.deeds_count == 1 && judgement.fates[0].deeds == 1 && judgement.fates[2].deeds == 1,
	      "what they share is there once");
	CHECK(judgement.deeds_count == 1 && judgement.deeds[0].count == 3 &&
		  slice_same(judgement.deeds[0].list[0].text, SLICE("[x] ")) &&
		  slice_same(judgement.deeds[0].list[1].text, SLICE("X-A: 1")) &&
		  slice_same(judgement.deeds[0].list[2].text, SLICE("X-B: 3")),
	      "the earlier of two that set the same thing stands");
	CHECK(judgement.matched_count == 3 && judgement.fates[0].matched == 1 && judgement.matched[0].count == 3 &&
		  slice_same(judgement.matched[0].list[0], SLICE("mark")) && slice_same(judgement.matched[0].list[1], SLICE("again")) &&
		  slice_same(judgement.matched[0].list[2], SLICE("boss")), "all rules that held are told, in order");
}

/* What a match takes is given back before the next, so that a message to many is judged like one to few. */
static void check_many_recipients(struct buffer *complaint)
{
	static const char text[] = "policy \"a\" { when = \"recipient ~ /b$/ and recipient ~ /^b/ or subject ~ /x$/\" do = {\"hold\"} }\n"
				   "policy \"b\" { when = \"recipient !~ /[a-c]+@b/\" do = {\"hold\"} }\n";
	static struct envelope_recipient recipients[1000];
	struct envelope envelope = { .recipients = recipients, .recipient_count = COUNT_OF(recipients) };
	struct fact fact = { SLICE("subject"), SLICE("y") };
	struct findings findings = { .facts = &fact, .fact_count = 1 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	struct settings settings;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	settings_init(&settings);
	for (size_t i = 0; i < COUNT_OF(recipients); i++)
		recipients[i].address = SLICE("a@b");
	CHECK(scene_read(text, &settings, complaint) == OK && policy_compile(&settings, &arena, &policy, complaint) == OK, "rules");
	CHECK(policy && policy_judge(policy, 0, &envelope, &findings, &evidence, &arena, &judgement) == OK, "are asked of many");
	CHECK(judgement.verdict == VERDICT_CLEAN && judgement.fate_count == COUNT_OF(recipients) &&
	      judgement.fates[COUNT_OF(recipients) - 1].outcome == FATE_DELIVER, "and answer for the last");
	settings_finish(&settings);
	arena_finish(&arena);
}

/* What profiles say, for whom they hold, and that the earlier stands. */
static void check_profiles(struct arena *arena, struct buffer *complaint)
{
	static const char text[] =
		"template \"recipient\" { subject = \"for all\" text = {\"all\"} }\n"
		"profile \"a\" { when = \"recipient ~ 'a@*'\"  template \"recipient\" { subject = \"for a\" } }\n"
		"profile \"b\" { when = \"recipient ~ '*@b'\"  template \"recipient\" { text = {\"one\", \"two\"} }\n"
		"              template \"attachment\" { text = {\"see\"} } }\n"
		"profile \"both\" { when = \"profile = 'a' and profile = 'b' and header('X-B') != 'x'\" }\n"
		"policy \"tell\" { do = {\"notify recipient\", \"notify sender\", \"as attachment\"} }\n"
		"policy \"both\" { when = \"profile = 'both'\" do = {\"hold\"} }\n";
	struct envelope_recipient recipients[] = { { .address = SLICE("a@b") }, { .address = SLICE("b@b") }, { .address = SLICE("c@d") } };
	struct envelope envelope = { .recipients = recipients, .recipient_count = COUNT_OF(recipients) };
	struct findings findings = { 0 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	const struct template *template;
	struct settings settings;
	struct slice name;
	size_t place = 0;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK, "profiles are read");
	CHECK(policy_compile(&settings, arena, &policy, complaint) == OK, "and compiled");
	settings_finish(&settings);
	if (policy == NULL || policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) != OK)
		return;
	CHECK(policy_next_header(policy, &place, &name) && slice_same(name, SLICE("X-B")), "a profile may ask for a header");
	CHECK(judgement.fates[0].outcome == FATE_HOLD && judgement.fates[1].outcome == FATE_DELIVER, "a fact of each recipient");
	CHECK(judgement.deeds_count == 3, "each has deeds of its own");
	CHECK(slice_same(judgement.deeds[0].list[0].profile, SLICE("a")) && slice_same(judgement.deeds[0].list[1].profile, SLICE("")) &&
		  slice_same(judgement.deeds[0].list[2].profile, SLICE("b")), "of two profiles the first that says something");
	CHECK(slice_same(judgement.deeds[1].list[0].profile, SLICE("b")), "who is in one has that one's");
	CHECK(slice_same(judgement.deeds[2].list[0].profile, SLICE("")), "who is in none has the file's");
	template = policy_template(policy, SLICE("a"), SLICE("recipient"));
	CHECK(template && slice_same(template->subject, SLICE("for a")) && slice_same(template->text, SLICE("all\n")),
	      "what a profile does not say is the file's");
	template = policy_template(policy, SLICE("b"), SLICE("recipient"));
	CHECK(template && slice_same(template->subject, SLICE("for all")) && slice_same(template->text, SLICE("one\ntwo\n")),
	      "line by line");
	CHECK(policy_template(policy, SLICE("gone"), SLICE("recipient")) == policy_template(policy, SLICE(""), SLICE("recipient")),
	      "a profile that is gone is nobody's");
	CHECK(policy_template(policy, SLICE(""), SLICE("boss")) == NULL, "a template that is none");
}

/* Times of profiles: value by value the earlier stands, and recipients for whom the same is said share it. */
static void check_times(struct arena *arena, struct buffer *complaint)
{
	static const char text[] =
		"profile \"short\" { when = \"recipient ~ 's*'\" queue { lifetime = 2d  delay_notice = 0 } }\n"
		"profile \"long\" { when = \"recipient ~ '*@b'\" queue { lifetime = 20d  quarantine_life = 60d } }\n"
		"profile \"none\" { when = \"recipient ~ 'x*'\" }\n";
	struct envelope_recipient recipients[] = { { .address = SLICE("s@b") }, { .address = SLICE("t@b") }, { .address = SLICE("x@d") },
		                                   { .address = SLICE("u@b") }, { .address = SLICE("s@d") } };
	struct envelope envelope = { .recipients = recipients, .recipient_count = COUNT_OF(recipients) };
	struct queue_times file = { .lifetime = { 432000 }, .retry_most = { 3600 } };
	const struct findings findings = { 0 };
	const struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK && policy_compile(&settings, arena, &policy, complaint) == OK,
	      "a profile may have a section queue");
	settings_finish(&settings);
	if (policy == NULL || policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) != OK)
		return;
	CHECK(judgement.times_count == 3 && judgement.fates[1].times == judgement.fates[3].times, "the same is said once");
	CHECK(judgement.fates[2].times == 0, "and nothing where no profile says anything");
	CHECK(judgement.times[0].list[TIME_lifetime].seconds == 2 * 86400 &&
	      slice_same(judgement.times[0].list[TIME_lifetime].profile, SLICE("short")) &&
	      judgement.times[0].list[TIME_delay_notice].said && judgement.times[0].list[TIME_delay_notice].seconds == 0 &&
	      slice_same(judgement.times[0].list[TIME_quarantine_life].profile, SLICE("long")) &&
	      !judgement.times[0].list[TIME_retry_most].said, "of each time the first that says it, even if it is none");
	times_put_over(&judgement.times[0], &file);
	CHECK(file.lifetime.n == 172800 && file.retry_most.n == 3600 && file.quarantine_life.n == 60 * 86400, "put over the file's");
}

static const struct {
	const char *about, *text, *complaint;
} banner_files[] = {
	{ "a banner and a rule that asks for it", "banner \"b\" { text = {\"x\"} }\npolicy \"p\" { do = {\"banner b\"} }\n", "" },
	{ "a rule that asks for one that is none", "banner \"b\" { text = {\"x\"} }\npolicy \"p\" { do = {\"banner c\"} }\n",
	  "no section banner \"c\" stands in the file (in policy \"p\")" },
	{ "behind the final action too", "policy \"p\" { do = {\"hold\", \"banner c\"} }\n",
	  "no section banner \"c\" stands in the file (in policy \"p\")" },
	{ "one without a text", "banner \"b\" { html = {\"x\"} }\n", "no `text` (in banner \"b\")" },
	{ "a profile that speaks of one that is none", "banner \"b\" { text = {\"x\"} }\nprofile \"p\" { banner \"c\" { text = {\"y\"} } }\n",
	  "no section banner \"c\" stands in the file itself (in profile \"p\")" },
};

static void check_banner_files(struct arena *arena, struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(banner_files); i++) {
		const struct policy *policy = NULL;
		struct settings settings;

		settings_init(&settings);
		buffer_clear(complaint);
		CHECK(scene_read(banner_files[i].text, &settings, complaint) == OK, banner_files[i].about);
		CHECK((policy_compile(&settings, arena, &policy, complaint) == OK) == (banner_files[i].complaint[0] == '\0'), banner_files[i].about);
		CHECK(slice_same(buffer_slice(complaint), slice_of(banner_files[i].complaint)), banner_files[i].about);
		settings_finish(&settings);
	}
}

/* A profile says only what is another than the file's; who is in two has that of the earlier. */
static void check_banner_profiles(struct arena *arena, struct buffer *complaint)
{
	static const char text[] =
		"banner \"end\" { text = {\"by us\"} html = {\"<p>by us\"} }\n"
		"profile \"vienna\" { when = \"recipient ~ '*@w'\"  banner \"end\" { text = {\"von uns\"} place = top } }\n"
		"profile \"all\" { notices = all  banner \"end\" { html = {\"<b>all\"} } }\n"
		"profile \"none\" { when = \"recipient ~ 'b@*'\" notices = own }\n"
		"policy \"mark\" { do = {\"banner end\", \"banner 'end'\"} }\n";
	struct envelope_recipient recipients[] = { { .address = SLICE("a@w") }, { .address = SLICE("b@b") } };
	struct envelope envelope = { .recipients = recipients, .recipient_count = COUNT_OF(recipients) };
	struct findings findings = { 0 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK, "banners are read");
	CHECK(policy_compile(&settings, arena, &policy, complaint) == OK, "and compiled");
	settings_finish(&settings);
	if (policy == NULL || policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) != OK)
		return;
	CHECK(judgement.deeds_count == 2 && judgement.deeds[0].count == 1, "the same banner once");
	CHECK(judgement.fates[0].notices == FATE_NOTICES_ALL && judgement.fates[1].notices == FATE_NOTICES_ALL,
	      "of two profiles that say who is told the earlier stands, and one that says nothing is passed over");
	CHECK(judgement.deeds_count == 2 && slice_same(judgement.deeds[0].list[0].profile, SLICE("vienna")) &&
		  slice_same(judgement.deeds[1].list[0].profile, SLICE("all")), "each recipient's own");
	CHECK(policy_mend(policy, &message_limits_standard, SLICE("\r\nx\r\n"), arena, &judgement) == OK, "and mended by it");
	CHECK(judgement.edits_count == 2 && memmem(judgement.edits[0].at, judgement.edits[0].len, "von uns\r\n", 9) &&
		  memmem(judgement.edits[1].at, judgement.edits[1].len, "by us\r\n", 7), "with its words, or the file's");
}

static const struct {
	const char *about, *said;
	struct slice bytes;
	const char *profile, *words;             /* in the one part that is added */
} said_of_banners[] = {
	{ "HTML, where the file has none", "html = {\"<b>mine\"}", LIT("Content-Type: text/html\r\n\r\nx\r\n"), "p", "<b>mine\r\n" },
	{ "a place that is the file's too", "place = bottom", LIT("\r\nx\r\n"), "p", "by us\r\n" },
	{ "an empty text is none", "text = {}", LIT("\r\nx\r\n"), "", "by us\r\n" },
	{ "nothing", "", LIT("\r\nx\r\n"), "", "by us\r\n" },
	{ "a type that only begins like HTML gets the text", "html = {\"<b>mine\"}", LIT("Content-Type: text/htmlx\r\n\r\nx\r\n"), "p",
	  "by us\r\n" },
	{ "HTML with pictures is HTML", "html = {\"<b>mine\"}", LIT("Content-Type: Multipart/Related ; boundary=x\r\n\r\nx\r\n"), "p",
	  "<b>mine\r\n" },
};

static void check_said_of_banner(size_t i, struct arena *arena, struct buffer *complaint)
{
	struct envelope_recipient recipient = { .address = SLICE("a@b") };
	struct envelope envelope = { .recipients = &recipient, .recipient_count = 1 };
	struct findings findings = { 0 };
	struct evidence evidence = { 0 };
	struct judgement judgement = { 0 };
	const char *about = said_of_banners[i].about;
	const struct policy *policy = NULL;
	struct settings settings;
	char text[512];

	(void)snprintf(text, sizeof(text), "banner \"end\" { text = {\"by us\"} }\nprofile \"p\" { banner \"end\" { %s } }\n"
	               "policy \"mark\" { do = {\"banner end\"} }\n", said_of_banners[i].said);
	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK && policy_compile(&settings, arena, &policy, complaint) == OK, about);
	settings_finish(&settings);
	CHECK(policy && policy_judge(policy, 0, &envelope, &findings, &evidence, arena, &judgement) == OK && judgement.deeds_count == 1, about);
	if (judgement.deeds_count != 1)
		return;
	CHECK(slice_same(judgement.deeds[0].list[0].profile, slice_of(said_of_banners[i].profile)), about);
	CHECK(policy_mend(policy, &message_limits_standard, said_of_banners[i].bytes, arena, &judgement) == OK &&
	      judgement.edits_count == 1 && memmem(judgement.edits[0].at, judgement.edits[0].len, said_of_banners[i].words,
	                                           strlen(said_of_banners[i].words)), about);
}

/* A reader of the message tells each name that rules ask for, and there is an end to that. */
static void check_many_headers(struct buffer *complaint)
{
	static const char rule[] = "policy \"%u\" { when = \"header('X-%u') or header('x-%u')\" do = {\"hold\"} }\n";

	CHECK(scene_takes_many(rule, POLICY_HEADERS_MOST, complaint), "as many as are told are taken, and letters of either case are one");
	CHECK(!scene_takes_many(rule, POLICY_HEADERS_MOST + 1, complaint) &&
	      slice_same(buffer_slice(complaint), SLICE("rules ask for more than 256 headers")), "one more is not, which is said");
}

static void check_archives(struct arena *arena, struct buffer *complaint)
{
	static const char text[] = "policy \"a\" { do = {\"archive /one\", \"archive /two\", \"hold\", \"archive /behind\"} }\n"
				   "policy \"b\" { when = \"virus\" do = {\"archive /one\", \"forward a@b\"} }\n";
	struct list paths = { 0 };
	struct settings settings;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read(text, &settings, complaint) == OK && policy_archives(&settings, arena, &paths) == OK, "archives are found");
	CHECK(paths.count == 3 && slice_same(paths.items[0], SLICE("/one")) && slice_same(paths.items[1], SLICE("/two")),
	      "each once, in the order of the file");
	settings_finish(&settings);
}

static void check_tables(struct buffer *to)
{
	buffer_clear(to);
	CHECK(policy_describe_facts(to) == OK && policy_describe_actions(to) == OK, "the tables print themselves");
	CHECK(memmem(buffer_slice(to).at, buffer_length(to), "client.ip ", 10) != NULL &&
		  memmem(buffer_slice(to).at, buffer_length(to), "quarantine ", 11) != NULL, "with facts and actions");
}

static void check_mistake_in_file(struct buffer *complaint)
{
	struct settings settings;
	struct slice said;

	settings_init(&settings);
	buffer_clear(complaint);
	CHECK(scene_read("\npolicy \"a\" {\n  when = \"virrus\"\n  do = {\"hold\"}\n}\n", &settings, complaint) ==
		  REFUSED,
	      "a wrong name in the file is refused");
	said = buffer_slice(complaint);
	CHECK(memmem(said.at, said.len, ":3:", 3) && memmem(said.at, said.len, "did you mean \"virus\"", 20),
	      "with its line and what was meant");
	settings_finish(&settings);
}

int main(void)
{
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 16 << 20);
	buffer_init(&complaint, 16384);
	check_actions(&arena, &complaint);
	check_standard_policy(&arena, &complaint);
	check_file(&complaint);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		check_written(i, &arena, &complaint);
	check_mistake_in_file(&complaint);
	check_unreached(&arena, &complaint);
	check_recipients(&arena, &complaint);
	check_many_recipients(&complaint);
	check_profiles(&arena, &complaint);
	check_times(&arena, &complaint);
	check_banner_files(&arena, &complaint);
	check_banner_profiles(&arena, &complaint);
	for (size_t i = 0; i < COUNT_OF(said_of_banners); i++)
		check_said_of_banner(i, &arena, &complaint);
	check_many_headers(&complaint);
	check_archives(&arena, &complaint);
	check_tables(&complaint);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return TEST_END();
}
