/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions over one message, and mistakes with their place and what was meant. */
#include "mail/policy/expression.h"

#include "base/test.h"
#include "mail/policy/number.h"
#include "mail/policy/pattern.h"

static struct fact found[] = {
	{ LIT("size"), LIT("5120") }, { LIT("subject"), LIT("Cheap pills, 50% off") }, { LIT("ambiguous"), LIT("two boundaries") },
	{ LIT("header:list-id"), LIT("<news.example.net>") }, { LIT("parts"), LIT("0") },
};
static struct slice letter_names[] = { LIT("letter.txt") }, invoice_names[] = { LIT("invoice.txt"), LIT("Invoice.EXE") };
static struct slice odd[] = { LIT("name-double") };
static struct found_part parts[] = {
	{ .path = LIT("1"), .type = LIT("multipart/mixed") },
	{ .path = LIT("1.1"), .type = LIT("text/plain"), .names = letter_names, .name_count = COUNT_OF(letter_names) },
	{ .path = LIT("1.2"), .size = 4096, .type = LIT("application/zip"), .names = invoice_names, .name_count = COUNT_OF(invoice_names),
	  .facts = odd, .fact_count = COUNT_OF(odd) },
};
static const struct findings findings = { .facts = found, .fact_count = COUNT_OF(found), .parts = parts, .part_count = COUNT_OF(parts) };
static const struct envelope envelope = {
	.flags = ENVELOPE_TRUSTED, .sender = LIT("Anna@Example.org"), .client_address = LIT("10.20.3.4"), .listener = LIT("smtp"),
	.helo = LIT("mail.example.net"),
};
static const struct envelope_recipient recipient = { .address = LIT("bob@students.example.org") };
static const struct slice friends[] = { LIT("anna@example.org"), LIT("*@partner.example") };
static const struct slice nets[] = { LIT("192.0.2.0/24"), LIT("10.20.0.0/16") };
static const struct named_list lists[] = { { LIT("friends"), friends, COUNT_OF(friends) }, { LIT("nets"), nets, COUNT_OF(nets) } };
static const struct named_lists all_lists = { lists, COUNT_OF(lists), NULL };

static const struct { struct slice text; enum holds holds; } expressions[] = {
	{ LIT("trusted"), HOLDS_YES },
	{ LIT("virus"), HOLDS_NO },
	{ LIT("not virus"), HOLDS_YES },
	{ LIT("not not trusted"), HOLDS_YES },
	{ LIT("virus or trusted"), HOLDS_YES },
	{ LIT("virus and trusted"), HOLDS_NO },
	{ LIT("trusted or unscannable and virus"), HOLDS_YES },
	{ LIT("(trusted or unscannable) and virus"), HOLDS_NO },
	{ LIT("( trusted or virus )and(ambiguous)"), HOLDS_YES },
	{ LIT("size > 5K"), HOLDS_NO },
	{ LIT("size >= 5K"), HOLDS_YES },
	{ LIT("size<5121 and size>5119.5"), HOLDS_YES },
	{ LIT("size = 5120"), HOLDS_YES },
	{ LIT("size != 5120"), HOLDS_NO },
	{ LIT("parts"), HOLDS_NO },
	{ LIT("depth < 3"), HOLDS_NO },                               /* it is not there */
	{ LIT("not depth < 3"), HOLDS_YES },
	{ LIT("direction = outbound"), HOLDS_YES },
	{ LIT("direction in (inbound, outbound)"), HOLDS_YES },
	{ LIT("sender = 'anna@example.org'"), HOLDS_YES },
	{ LIT("sender = ''"), HOLDS_NO },
	{ LIT("sender = anna@example.org"), HOLDS_YES },
	{ LIT("recipient ~ '*@students.example.org'"), HOLDS_YES },
	{ LIT("recipient ~ '*@example.org'"), HOLDS_NO },
	{ LIT("recipient !~ '*@example.org'"), HOLDS_YES },
	{ LIT("subject ~ /pills.*\\d+%/"), HOLDS_YES },
	{ LIT("subject ~ /PILLS/"), HOLDS_NO },
	{ LIT("subject ~ /PILLS/i and trusted"), HOLDS_YES },
	{ LIT("attachment.name ~ '*.exe'"), HOLDS_YES },               /* one of two */
	{ LIT("attachment.name = 'letter.txt'"), HOLDS_YES },
	{ LIT("attachment.type in ('application/zip', 'x/y')"), HOLDS_YES },
	{ LIT("attachment.type ~ 'image/*'"), HOLDS_NO },
	{ LIT("attachment.size > 4K"), HOLDS_NO },
	{ LIT("attachment.size >= 4K and attachment.size = 0"), HOLDS_YES },
	{ LIT("attachment.depth = 2"), HOLDS_YES },
	{ LIT("attachment.depth > 2"), HOLDS_NO },
	{ LIT("attachment.odd = name-double"), HOLDS_YES },
	{ LIT("attachment.name != 'letter.txt'"), HOLDS_NO },
	{ LIT("ambiguous ~ '*boundar*'"), HOLDS_YES },
	{ LIT("client.ip = 10.20.0.0/16"), HOLDS_YES },
	{ LIT("client.ip = 10.20.3.5"), HOLDS_NO },
	{ LIT("client.ip in (192.0.2.1, 10.0.0.0/8)"), HOLDS_YES },
	{ LIT("client.ip in list(\"nets\")"), HOLDS_YES },
	{ LIT("sender in list('friends')"), HOLDS_YES },
	{ LIT("recipient in list('friends')"), HOLDS_NO },
	{ LIT("header(\"List-Id\") ~ '*news*'"), HOLDS_YES },
	{ LIT("header('X-Nothing')"), HOLDS_NO },
	{ LIT("helo in ('*.example.net', \"other\")"), HOLDS_YES },
	{ LIT("subject ~ /(?:a|aa)+[z%]$/"), HOLDS_UNKNOWN },   /* without end: its limits are hit */
	{ LIT("not subject ~ /(?:a|aa)+[z%]$/"), HOLDS_UNKNOWN },
	{ LIT("trusted or subject ~ /(?:a|aa)+[z%]$/"), HOLDS_YES },
	{ LIT("virus or subject ~ /(?:a|aa)+[z%]$/"), HOLDS_UNKNOWN },
	{ LIT("virus and subject ~ /(?:a|aa)+[z%]$/"), HOLDS_NO },
	{ LIT("subject ~ /(?:a|aa)+[z%]$/ and virus"), HOLDS_NO },
};

static const struct { struct slice text; const char *complaint; } mistakes[] = {
	{ LIT("virrus"), "at character 1: no fact is called \"virrus\"; did you mean \"virus\"?" },
	{ LIT("zzzzzz"), "at character 1: no fact is called \"zzzzzz\"; `postern help facts` lists them" },
	{ LIT("virus adn trusted"), "at character 7: \"and\", \"or\" or the end was expected" },
	{ LIT("virus and"), "at character 10: it ends too early" },
	{ LIT("(virus"), "at character 7: \")\" was expected" },
	{ LIT("virus)"), "at character 6: \"and\", \"or\" or the end was expected" },
	{ LIT(""), "at character 1: it ends too early" },
	{ LIT("virus and = 3"), "at character 11: a fact, \"not\" or \"(\" was expected" },
	{ LIT("((((((((((((((((((((((((((((((((((((virus"), "at character 33: too many brackets within brackets" },
	{ LIT("size > big"), "at character 8: size is a number, and \"big\" is none" },
	{ LIT("size ~ 'a'"), "at character 6: size is number, which is compared with = != < <= > >= in" },
	{ LIT("trusted = yes"), "at character 9: trusted is yes or no, which stands alone, or behind \"not\"" },
	{ LIT("sender < 3"), "at character 8: sender is text, which is compared with = != ~ !~ in" },
	{ LIT("direction = sideways"), "at character 13: direction is one of: inbound outbound" },
	{ LIT("client.ip = 10.20.0.1/16"), "at character 13: client.ip is an address or a network, and \"10.20.0.1/16\" is none" },
	{ LIT("sender = 'anna"), "at character 10: this quote is not closed" },
	{ LIT("subject ~ /a(b/"), "at character 4 of the expression: missing closing parenthesis" },
	{ LIT("subject ~ /ab"), "at character 12: this expression has no slash at its end" },
	{ LIT("subject ~ /ab/q"), "no flag \"q\" behind an expression; there are i, m, s, x" },
	{ LIT("sender in list(\"freinds\")"), "at character 26: there is no list \"freinds\"; did you mean \"friends\"?" },
	{ LIT("client.ip in list('friends')"),
	  "at character 29: list \"friends\" has \"anna@example.org\", which cannot be compared with client.ip" },
	{ LIT("sender in friends"), "at character 11: list(\"NAME\") or values in brackets were expected" },
	{ LIT("header ~ 'x'"), "at character 8: a name in brackets was expected, as in header(\"List-Id\")" },
};

static void check_expressions(struct arena *arena, struct buffer *complaint)
{
	char scratch[FACT_SCRATCH];
	const struct fact_context context = { .envelope = &envelope, .recipient = &recipient, .findings = &findings,
		                              .scratch = scratch };
	static char pills[4096];
	const struct expression *expression = NULL;
	struct asking asking;

	memset(pills, 'a', sizeof(pills));
	memcpy(pills, found[1].value.at, found[1].value.len);
	found[1].value = (struct slice){ pills, sizeof(pills) };
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		CHECK(expression_compile(expressions[i].text, &all_lists, arena, &expression, complaint) == OK,
		      expressions[i].text.at);
		asking_begin(&asking);
		CHECK(expression_holds(expression, &context, &asking) == expressions[i].holds, expressions[i].text.at);
		CHECK(expression_holds(expression, &context, &asking) == expressions[i].holds, "and so when it is asked again");
		asking_finish(&asking);
	}
}

/* Each place of the text takes less than PCRE2's own limit, which begins anew at each. */
static void check_patience(struct arena *arena, struct buffer *complaint)
{
	static char long_text[20000];
	struct fact facts[] = { { SLICE("subject"), { long_text, sizeof(long_text) } } };
	const struct findings many = { .facts = facts, .fact_count = 1 };
	struct fact_context context = { .envelope = &envelope, .recipient = &recipient, .findings = &many };
	const struct expression *slow = NULL, *quick = NULL;
	struct asking asking;

	memset(long_text, 'a', sizeof(long_text));
	CHECK(expression_compile(SLICE("subject ~ /a[^x]*[yz]/"), NULL, arena, &slow, complaint) == OK &&
	      expression_compile(SLICE("subject ~ /b[^x]*[yz]/ or subject ~ /pills|[0-9]+%/"), NULL, arena, &quick, complaint) == OK,
	      "expressions");
	asking_begin(&asking);
	CHECK(expression_holds(quick, &context, &asking) == HOLDS_NO, "what is quickly seen is seen in a long text too");
	CHECK(expression_holds(slow, &context, &asking) == HOLDS_UNKNOWN, "all places together have a limit");
	CHECK(asking.patterns.steps == 0 && asking.patterns.memory.used == 0, "patience is gone, memory is not");
	asking_finish(&asking);
	asking_begin(&asking);
	facts[0].value.len = 4096;
	for (size_t i = 0; i < 100; i++)
		CHECK(expression_holds(slow, &context, &asking) == HOLDS_NO, "what is the same for all recipients is asked once");
	asking_finish(&asking);
}

static void check_mistakes(struct arena *arena, struct buffer *complaint)
{
	const struct expression *expression = NULL;

	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		buffer_clear(complaint);
		CHECK(expression_compile(mistakes[i].text, &all_lists, arena, &expression, complaint) == REFUSED,
		      mistakes[i].complaint);
		CHECK(slice_same(buffer_slice(complaint), slice_of(mistakes[i].complaint)), mistakes[i].complaint);
	}
}

struct asked_for { char text[64]; size_t length; };

static enum result add_asked(void *own_asked, const struct asked_fact *asked)
{
	struct asked_for *list = own_asked;

	list->length += (size_t)snprintf(list->text + list->length, sizeof(list->text) - list->length, "%s(%.*s) ", asked->row->name,
	                                 SHOW(asked->argument));
	return OK;
}

static void check_asked(struct arena *arena, struct buffer *complaint)
{
	const struct expression *expression = NULL;
	struct asked_for list = { 0 };

	CHECK(expression_compile(SLICE("header('A') or virus and not header('B') ~ 'x'"), NULL, arena, &expression, complaint) == OK,
	      "three facts are asked for");
	CHECK(expression_asks(expression, add_asked, &list) == OK && strcmp(list.text, "header(A) virus() header(B) ") == 0,
	      "and told in order");
	CHECK(expression_asks(NULL, add_asked, &list) == OK, "what always holds asks for none");
}

static const struct { struct slice text; bool good; int64_t number; } numbers[] = {
	{ LIT("0"), true, 0 },           { LIT("5"), true, 5000 },        { LIT("-1.5"), true, -1500 },
	{ LIT("4.125"), true, 4125 },    { LIT("10K"), true, 10240000 },  { LIT("0.5m"), true, 524288000 },
	{ LIT("1.2345"), false, 0 },     { LIT(""), false, 0 },           { LIT("-"), false, 0 },
	{ LIT("."), false, 0 },          { LIT("5."), false, 0 },         { LIT("K"), false, 0 },
	{ LIT("99999999999999999999"), false, 0 }, { LIT("3G"), true, INT64_C(3221225472000) },
	{ LIT("4096G"), false, 0 },
};

static void check_numbers(void)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		int64_t number = 0;
		enum result result = number_read(numbers[i].text, &number);

		CHECK((result == OK) == numbers[i].good && (result != OK || number == numbers[i].number), numbers[i].text.at);
	}
}

static const struct { struct slice glob, text; bool fits; } globs[] = {
	{ LIT("*"), LIT(""), true },           { LIT(""), LIT(""), true },          { LIT(""), LIT("a"), false },
	{ LIT("a*c"), LIT("ABBC"), true },     { LIT("a?c"), LIT("ac"), false },    { LIT("a?c"), LIT("axc"), true },
	{ LIT("*a*b*"), LIT("xxaxxbxx"), true }, { LIT("*ab"), LIT("aab"), true },  { LIT("*ab"), LIT("aabc"), false },
	{ LIT("*a*a*a*a*a*a*a*a*b"), LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false },
};

static void check_globs(struct arena *arena)
{
	for (size_t i = 0; i < COUNT_OF(globs); i++) {
		const struct pattern *pattern = NULL;
		struct pattern_work work;

		pattern_work_begin(&work);
		CHECK(pattern_glob(globs[i].glob, arena, &pattern) == OK, globs[i].glob.at);
		CHECK((pattern_match(pattern, globs[i].text, &work) == PATTERN_YES) == globs[i].fits, globs[i].glob.at);
		pattern_work_finish(&work);
	}
}

int main(void)
{
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	buffer_init(&complaint, 4096);
	check_expressions(&arena, &complaint);
	check_patience(&arena, &complaint);
	check_mistakes(&arena, &complaint);
	check_asked(&arena, &complaint);
	check_numbers();
	check_globs(&arena);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return TEST_END();
}
