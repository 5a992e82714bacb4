/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files as texts, and what became of one rule in them, written out in one line; mistakes with their place. */
#include "mail/rules/reader.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/arithmetic.h"
#include "mail/rules/directives.h"

enum { LIMIT = 8 << 20 };

static const struct { const char *about; struct slice text; struct slice rule; const char *is; } rows[] = {
	{ "a body rule", LIT("body A /x y/i"), LIT("A"), "body regex [x y] i" },
	{ "words in capitals and with hyphens are the same", LIT("MIME-Header A /x/\nBODY A /x/"), LIT("A"), "body regex [x]" },
	{ "a comment begins anywhere", LIT("body A /x/ # why"), LIT("A"), "body regex [x]" },
	{ "…even within an expression", LIT("body A /a#b/"), LIT("A"), NULL },
	{ "…unless a backslash stands before it", LIT("body A /a\\#b/"), LIT("A"), "body regex [a#b]" },
	{ "CR is a blank", LIT("body A /x/\r\n"), LIT("A"), "body regex [x]" },
	{ "the last definition counts", LIT("body A /x/\nrawbody A /y/s"), LIT("A"), "rawbody regex [y] s" },
	{ "…and a bad one does not", LIT("body A /x/\nbody A /(?{ 1 })/"), LIT("A"), "body regex [x]" },
	{ "braces as delimiters", LIT("uri A m{https?://x}i"), LIT("A"), "uri regex [https?://x] i" },
	{ "commas as delimiters", LIT("uri A m,a/b,"), LIT("A"), "uri regex [a/b]" },
	{ "a delimiter within is refused", LIT("uri A /a/b/"), LIT("A"), NULL },
	{ "…unless escaped", LIT("uri A /a\\/b/"), LIT("A"), "uri regex [a\\/b]" },
	{ "a flag that Perl would refuse", LIT("body A /x/g"), LIT("A"), NULL },
	{ "no delimiter at all", LIT("body A x"), LIT("A"), NULL },
	{ "no expression", LIT("body A"), LIT("A"), NULL },
	{ "full", LIT("full A /x/ms"), LIT("A"), "full regex [x] ms" },
	{ "a header", LIT("header A Subject =~ /x/"), LIT("A"), "header regex Subject [x]" },
	{ "…without blanks", LIT("header A Subject=~/x/"), LIT("A"), "header regex Subject [x]" },
	{ "…that must not match", LIT("header A Subject !~ /x/"), LIT("A"), "header regex Subject !~ [x]" },
	{ "forms of a header", LIT("header A From:addr:first =~ /x/"), LIT("A"), "header regex From:addr:first [x]" },
	{ "a colon behind its name", LIT("header A From: =~ /x/"), LIT("A"), "header regex From [x]" },
	{ "no such form", LIT("header A From:adr =~ /x/"), LIT("A"), NULL },
	{ "three forms are too many", LIT("header A From:addr:first:raw =~ /x/"), LIT("A"), NULL },
	{ "a text for headers that are not there", LIT("header A To =~ /x/ [if-unset: no one]"), LIT("A"),
	  "header regex To [x] unset no one" },
	{ "exists", LIT("header A exists:X-Odd"), LIT("A"), "header exists X-Odd" },
	{ "a rule that existed and now matches", LIT("header A exists:X\nheader A Y =~ /x/"), LIT("A"), "header regex Y [x]" },
	{ "an eval", LIT("header A eval:check_it('a', 2)"), LIT("A"), "header eval check_it('a', 2)" },
	{ "an eval of lists", LIT("header A eval:check_rbl('a', 'b.')"), LIT("A"), "header rbl check_rbl('a', 'b.')" },
	{ "…written so", LIT("header A rbleval:check_it()"), LIT("A"), "header rbl check_it()" },
	{ "an eval of the body", LIT("body A eval:check_rbl('a')"), LIT("A"), "body eval check_rbl('a')" },
	{ "a blank before the bracket of an eval", LIT("body A eval:check_it ('a')"), LIT("A"), NULL },
	{ "no eval of addresses", LIT("uri A eval:check_it()"), LIT("A"), NULL },
	{ "a part's header", LIT("mimeheader A Content-Type:raw =~ /x/"), LIT("A"), "mimeheader regex Content-Type:raw [x]" },
	{ "…in no other form", LIT("mimeheader A Content-Type:addr =~ /x/"), LIT("A"), NULL },
	{ "askdns only exists", LIT("askdns A _X_.example A /1/"), LIT("A"), "empty none" },
	{ "reuse makes a name", LIT("reuse A B"), LIT("A"), "empty none" },
	{ "…and leaves a rule as it is", LIT("body A /x/\nreuse A"), LIT("A"), "body regex [x]" },
	{ "one score", LIT("score A -2.5\nbody A /x/"), LIT("A"), "body regex [x] scores -2.5 -2.5 -2.5 -2.5" },
	{ "four scores", LIT("body A /x/\nscore A 1 2 3 4"), LIT("A"), "body regex [x] scores 1 2 3 4" },
	{ "two scores are a mistake", LIT("body A /x/\nscore A 1 2"), LIT("A"), "body regex [x]" },
	{ "so is one that begins with its point", LIT("body A /x/\nscore A .5"), LIT("A"), "body regex [x]" },
	{ "…or ends with it", LIT("body A /x/\nscore A 5."), LIT("A"), "body regex [x]" },
	{ "…or has a plus", LIT("body A /x/\nscore A +5"), LIT("A"), "body regex [x]" },
	{ "more than before", LIT("body A /x/\nscore A 2\nscore A (1)"), LIT("A"), "body regex [x] scores 3 3 3 3" },
	{ "…where nothing was before", LIT("body A /x/\nscore A (1)"), LIT("A"), "body regex [x]" },
	{ "no score for a test rule", LIT("body T_A /x/"), LIT("T_A"), "body regex [x] scores 0.01 0.01 0.01 0.01" },
	{ "no score for a nice one", LIT("body A /x/\ntflags A nice"), LIT("A"), "body regex [x] scores -1 -1 -1 -1 flags 4" },
	{ "the last flags count", LIT("body A /x/\ntflags A net\ntflags A multiple maxhits=3"), LIT("A"),
	  "body regex [x] flags 256 most 3" },
	{ "priority", LIT("body A /x/\npriority A -20"), LIT("A"), "body regex [x] priority -20" },
	{ "a network rule comes early", LIT("body A /x/\ntflags A net"), LIT("A"), "body regex [x] flags 1 priority -100" },
	{ "one that captures comes first", LIT("body A /(?<NAME>x)/"), LIT("A"), "body regex [(?<NAME>x)] priority -10000" },
	{ "…but not one that looks behind", LIT("body A /(?<!N)x/"), LIT("A"), "body regex [(?<!N)x]" },
	{ "a meta rule pulls others to its place", LIT("meta M A\npriority M -5\nbody A /x/"), LIT("A"),
	  "body regex [x] priority -5" },
	{ "…by way of another", LIT("meta M B\npriority M -5\nmeta B A\nbody A /x/"), LIT("A"), "body regex [x] priority -5" },
	{ "a meta rule", LIT("meta A B && !C"), LIT("A"), "meta meta 4 steps" },
	{ "a name in it is no rule yet", LIT("meta A B"), LIT("B"), "named none" },
	{ "a number with a sign", LIT("meta A B > -1"), LIT("A"), NULL },
	{ "division by a rule", LIT("meta A 1 / B"), LIT("A"), NULL },
	{ "…by a number", LIT("meta A B / 2"), LIT("A"), "meta meta 3 steps" },
	{ "an ampersand alone", LIT("meta A B & C"), LIT("A"), NULL },
	{ "brackets that do not match", LIT("meta A (B && C"), LIT("A"), NULL },
	{ "empty brackets are 0", LIT("meta A ()"), LIT("A"), "meta meta 1 steps" },
	{ "all that match", LIT("meta A rules_matching(__X_*) > 1\nbody __X_1 /x/\nbody __X_2 /x/\nbody __Y /x/"), LIT("A"),
	  "meta meta 7 steps" },
	{ "another language", LIT("lang de body A /x/"), LIT("A"), NULL },
	{ "our language", LIT("lang en body A /x/"), LIT("A"), "body regex [x]" },
	{ "a plugin that is there", LIT("ifplugin Mail::SpamAssassin::Plugin::HTMLEval\nbody A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "a plugin that is not", LIT("ifplugin Mail::SpamAssassin::Plugin::TextCat\nbody A /x/\nendif"), LIT("A"), NULL },
	{ "…until it is loaded", LIT("loadplugin Mail::SpamAssassin::Plugin::TextCat\nifplugin Mail::SpamAssassin::Plugin::TextCat\n"
	                             "body A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "else", LIT("if (version < 4)\nbody A /x/\nelse\nbody A /y/\nendif"), LIT("A"), "body regex [y]" },
	{ "else within a region that is left out", LIT("if 0\nif 0\nelse\nbody A /x/\nendif\nendif"), LIT("A"), NULL },
	{ "this version", LIT("if (version >= 4.000001)\nbody A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "a later version", LIT("if version >= 4.000002\nbody A /x/\nendif"), LIT("A"), NULL },
	{ "what can be", LIT("if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nbody A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "what cannot", LIT("if can(Mail::SpamAssassin::Conf::feature_unheard_of)\nbody A /x/\nendif"), LIT("A"), NULL },
	{ "not the plugin", LIT("if !plugin(Mail::SpamAssassin::Plugin::HTMLEval) && 1\nbody A /x/\nendif"), LIT("A"), NULL },
	{ "a word is true", LIT("if foo\nbody A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "a condition that is none does not count", LIT("if f\nbody A /x/\nendif"), LIT("A"), "body regex [x]" },
	{ "another version's file", LIT("require_version 3.4\nbody A /x/"), LIT("A"), NULL },
	{ "a tag in a pattern", LIT("replace_tag B b+\nreplace_rules A\nbody A /a<B>/"), LIT("A"), "body regex [ab+]" },
	{ "a tag in a tag", LIT("replace_tag B <C>+\nreplace_tag C [c]\nreplace_rules A\nbody A /<B>/"), LIT("A"), "body regex [[c]+]" },
	{ "what stands between two tags", LIT("replace_tag B b\nreplace_inter I ,\nreplace_rules A\nbody A /<inter I>x<B><B>y<B>/"),
	  LIT("A"), "body regex [xb,byb]" },
	{ "before and behind", LIT("replace_tag B b\nreplace_pre P (\nreplace_post Q )\nreplace_rules A\nbody A /<pre P><post Q>x<B>/"),
	  LIT("A"), "body regex [x(b)]" },
	{ "an unknown tag stays", LIT("replace_rules A\nbody A /<Z>/"), LIT("A"), "body regex [<Z>]" },
	{ "an include", LIT("include other.cf"), LIT("INCLUDED"), "body regex [included]" },
	{ "…ends the condition around it", LIT("if 0\ninclude other.cf\nbody A /x/"), LIT("A"), "body regex [x]" },
};

static const struct { struct slice text; unsigned line; const char *complaint; } mistakes[] = {
	{ LIT("\n\nbody A x"), 3, "A: an expression such as /this/i was expected" },
	{ LIT("body A /x"), 1, "A: the expression does not end" },
	{ LIT("bodi A /x/"), 1, "no line begins with \"bodi\"" },
	{ LIT("body 1A /x/"), 1, "\"1A\" is no name for a rule: letters, digits and _, at most 100" },
	{ LIT("if ("), 1, "\"(\" is no condition: this `if` does not count" },
	{ LIT("endif"), 1, "`endif` without `if`" },
	{ LIT("if 1\n"), 1, "1 `if` without `endif` at the end of the file" },
	{ LIT("meta A B +1"), 1, "A: a sign stands at a number: write a blank between them" },
	{ LIT("meta A B C"), 1, "A: a sign such as && or + was expected" },
	{ LIT("meta A B ? C: D"), 1, "A: the name of a rule was expected" },
	{ LIT("meta A 1 / B"), 1, "A: it divides by something that can be zero" },
	{ LIT("meta A B < C < D"), 1, "A: two comparisons in a row: join them with &&" },
	{ LIT("score A x"), 1, "A: one number such as -0.5 was expected, or four" },
	{ LIT("tflags A nise"), 1, "A: there is no flag \"nise\"" },
	{ LIT("include missing.cf"), 1, "\"missing.cf\" cannot be read" },
	{ LIT("extracttext_external x"), 1, "extracttext_* belongs to a plugin that is not there" },
	{ LIT("loadplugin My::Own /etc/own.pm"), 1, "there is no such plugin here; its rules stay out" },
	{ LIT("include other.cf\nbody A"), 2, "A: nothing stands behind the name" },
};

static enum result answer_include(void *owner, struct slice from, struct slice path, struct slice *ret_name, struct slice *ret_text)
{
	(void)owner;
	(void)from;
	if (!slice_same(path, SLICE("other.cf")))
		return REFUSED;
	*ret_name = SLICE("/rules/other.cf");
	*ret_text = SLICE("include other.cf\nbody INCLUDED /included/\n");
	return OK;
}

static enum result read_text(struct slice text, struct ruleset *set, struct arena *arena)
{
	const struct rules_options options = { .local = true, .stock = true, .include = answer_include };
	struct rules_reader reader;
	enum result result = ruleset_begin(set, arena), end;

	if (result == OK)
		result = rules_begin(&reader, set, &options);
	if (result != OK)
		return result;
	result = rules_file(&reader, SLICE("/rules/test.cf"), text);
	end = rules_end(&reader);
	return result == OK ? end : result;
}

static const char *const modifier_names[] = { ":raw", ":addr", ":name", ":host", ":domain", ":ip", ":revip", ":first", ":last" };

static void show_what(const struct definition *is, struct buffer *out)
{
	(void)!buffer_format(out, "%s %s", rule_kind_name(is->kind), rule_form_name(is->form));
	if (is->header.len)
		(void)!buffer_format(out, " %.*s", SHOW(is->header));
	for (size_t i = 0; i < COUNT_OF(modifier_names); i++)
		if (is->modifiers >> i & 1)
			(void)!buffer_format(out, "%s", modifier_names[i]);
	if (is->negated)
		(void)!buffer_format(out, " !~");
	if (is->form == FORM_REGEX)
		(void)!buffer_format(out, " [%.*s]%s%.*s", SHOW(is->pattern), is->flags.len ? " " : "", SHOW(is->flags));
	if (is->function.len)
		(void)!buffer_format(out, " %.*s(%.*s)", SHOW(is->function), SHOW(is->arguments));
	if (is->has_unset)
		(void)!buffer_format(out, " unset %.*s", SHOW(is->unset));
	if (is->meta)
		(void)!buffer_format(out, " %zu steps", is->meta->count);
}

static void show(const struct rule *rule, struct buffer *out)
{
	show_what(&rule->is, out);
	if (rule->is.kind != RULE_NAMED && rule->score[0] != 1)
		(void)!buffer_format(out, " scores %g %g %g %g", rule->score[0], rule->score[1], rule->score[2], rule->score[3]);
	else if (rule->has_score)
		(void)!buffer_format(out, " scores 1 %g %g %g", rule->score[1], rule->score[2], rule->score[3]);
	if (rule->tflags)
		(void)!buffer_format(out, " flags %u", rule->tflags);
	if (rule->maxhits)
		(void)!buffer_format(out, " most %u", rule->maxhits);
	if (rule->priority)
		(void)!buffer_format(out, " priority %d", rule->priority);
}

static void check_rows(struct buffer *out)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ruleset set;
		struct arena arena;
		const struct rule *rule;

		arena_init(&arena, LIMIT);
		CHECK(read_text(rows[i].text, &set, &arena) == OK, rows[i].about);
		rule = ruleset_find(&set, rows[i].rule);
		buffer_clear(out);
		if (rule)
			show(rule, out);
		if (rows[i].is == NULL)
			CHECK(rule == NULL || rule->is.kind == RULE_NAMED, rows[i].about);
		else
			CHECK(slice_same(buffer_slice(out), slice_of(rows[i].is)), rows[i].about);
		if (rows[i].is && !slice_same(buffer_slice(out), slice_of(rows[i].is)))
			printf("    it is: %.*s\n", SHOW(buffer_slice(out)));
		arena_finish(&arena);
	}
}

static void check_mistakes(void)
{
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		struct ruleset set;
		struct arena arena;
		bool good;

		arena_init(&arena, LIMIT);
		CHECK(read_text(mistakes[i].text, &set, &arena) == OK, mistakes[i].complaint);
		good = set.complaint_count == 1 && slice_same(slice_of(set.complaints[0].text), slice_of(mistakes[i].complaint)) &&
		       set.complaints[0].place.line == mistakes[i].line;
		CHECK(good, mistakes[i].complaint);
		for (size_t j = 0; j < set.complaint_count && !good; j++)
			printf("    line %u: %s\n", set.complaints[j].place.line, set.complaints[j].text);
		arena_finish(&arena);
	}
}

static void check_files(void)
{
	struct ruleset set;
	struct arena arena;
	const struct rule *rule;

	arena_init(&arena, LIMIT);
	CHECK(read_text(SLICE("report Content analysis\ninclude other.cf\nwhitelist_from a@example.org\ndescribe A What it is"), &set, &arena) == OK,
	      "a file with an include");
	CHECK(set.file_count == 2 && slice_same(set.files[1], SLICE("/rules/other.cf")), "both files are known by name");
	rule = ruleset_find(&set, SLICE("INCLUDED"));
	CHECK(rule && rule->is.place.file == 1 && rule->is.place.line == 2, "a rule knows where it was written");
	CHECK(set.line_count == 2 && slice_same(set.lines[0].value, SLICE("Content analysis")), "a template is kept as data");
	CHECK(set.line_count == 2 && slice_same(set.lines[1].directive->name, SLICE("welcomelist_from")), "an older name is the newer");
	rule = ruleset_find(&set, SLICE("A"));
	CHECK(rule && slice_same(rule->describe, SLICE("What it is")), "a description needs no rule");
	arena_finish(&arena);
}

/* What stands in those beyond the most is left out, and the others end where they end. */
static void check_depth(void)
{
	struct ruleset set;
	struct arena arena;
	struct buffer text;

	buffer_init(&text, 65536);
	arena_init(&arena, LIMIT);
	for (unsigned i = 0; i < CONDITIONS_MOST + 2; i++)
		CHECK(buffer_add(&text, SLICE("if (1)\n")) == OK, "room");
	CHECK(buffer_add(&text, SLICE("body A /a/\nelse\nbody A /a/\nendif\nbody A /a/\nendif\nbody B /b/\n")) == OK, "room");
	for (unsigned i = 0; i < CONDITIONS_MOST; i++)
		CHECK(buffer_add(&text, SLICE("endif\n")) == OK, "room");
	CHECK(read_text(buffer_slice(&text), &set, &arena) == OK && set.complaint_count == 2, "two conditions too many are complained of");
	CHECK(ruleset_find(&set, SLICE("A")) == NULL, "what they hold is left out, `else` and all");
	CHECK(ruleset_find(&set, SLICE("B")) != NULL, "behind them it goes on");
	arena_finish(&arena);
	buffer_finish(&text);
}

static void check_directives(void)
{
	const struct directive *row;
	size_t count = 0;

	for (; (row = directive_row(count)) != NULL; count++) {
		CHECK(directive_find(row->name) != NULL, "every row is found by its own name");
		CHECK(row->means.len || directive_find(row->name) == row, "no row stands behind another of its name");
	}
	CHECK(count > 200 && directive_find(SLICE("bayes_stopword_en")) != NULL, "the table");
	CHECK(directive_find(SLICE("")) == NULL && directive_find(SLICE("nothing")) == NULL, "a word without a row");
}

static enum result read_some(struct arena *arena)
{
	static const struct slice text = LIT("replace_tag B b\nreplace_rules A\nbody A /<B>\\#/\nmeta M A && rules_matching(A*)\n"
	                                     "describe A x\ninclude other.cf\nscore A 1\nreport x\nif (version > 3)\nendif\nbody C (");
	struct ruleset set;

	return read_text(text, &set, arena);
}

static const struct torture short_of_memory = { "every allocation of the reader fails once", read_some, LATER };

int main(void)
{
	struct buffer out;

	buffer_init(&out, 1 << 20);
	check_rows(&out);
	check_mistakes();
	check_files();
	check_directives();
	check_depth();
	torture(&short_of_memory);
	buffer_finish(&out);
	return TEST_END();
}
