/* SPDX-License-Identifier: Apache-2.0 */
/* Meta rules, what their names counted, and which of them are then true. Names in capitals A to F are rules of the
 * body: `before` says which were tried with how many hits, all others are known at the end alone. */
#include "mail/rules/metas.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/reader.h"

enum { LIMIT = 8 << 20, KNOWN_MOST = 6 };

#define PLAIN "body A /x/\nbody B /x/\nbody C /x/\nbody D /x/\nbody E /x/\nbody F /x/\n"

static const struct {
	const char *about;
	const char *text;
	struct { const char *name; double count; } before[KNOWN_MOST];
	const char *early;                       /* the meta rules that count behind the first priority; NULL: whatever */
	const char *hits;                        /* …and at the end, in order of their lines, with their values */
} rows[] = {
	{ "one name", "meta M A", { { "A", 1 } }, "M=1", "M=1" },
	{ "…that did not hit", "meta M A", { { "A", 0 } }, "", "" },
	{ "…that was not tried", "meta M A", { { NULL, 0 } }, "", "" },
	{ "not", "meta M !A", { { "A", 0 } }, "M=1", "M=1" },
	{ "not what is unknown, at the end", "meta M !NOBODY", { { NULL, 0 } }, "", "M=1" },
	{ "and gives its right side", "meta M A && B", { { "A", 1 }, { "B", 3 } }, NULL, "M=3" },
	{ "…or its left, where that is false", "meta M A && B", { { "A", 0 }, { "B", 3 } }, NULL, "" },
	{ "or gives its left side", "meta M A || B", { { "A", 2 }, { "B", 3 } }, NULL, "M=2" },
	{ "a sum", "meta M (A + B + C > 2)", { { "A", 1 }, { "B", 1 }, { "C", 1 } }, NULL, "M=1" },
	{ "a sum that is not enough", "meta M (A + B + C > 2)", { { "A", 1 }, { "B", 1 }, { "C", 0 } }, NULL, "" },
	{ "counts of a rule", "meta M A >= 3", { { "A", 3 } }, NULL, "M=1" },
	{ "times before plus", "meta M A + B * 4", { { "A", 1 }, { "B", 2 } }, NULL, "M=9" },
	{ "brackets before times", "meta M (A + B) * 4", { { "A", 1 }, { "B", 2 } }, NULL, "M=12" },
	{ "from left to right", "meta M 9 - A - B", { { "A", 1 }, { "B", 2 } }, NULL, "M=6" },
	{ "a fraction", "meta M A / 2", { { "A", 3 } }, NULL, "M=1.5" },
	{ "a negative value is a hit, and 1", "meta M A - B", { { "A", 1 }, { "B", 2 } }, NULL, "M=1" },
	{ "and before or", "meta M A || B && C", { { "A", 1 }, { "B", 0 }, { "C", 0 } }, NULL, "M=1" },
	{ "comparing before and", "meta M A > 1 && B < 2", { { "A", 2 }, { "B", 1 } }, NULL, "M=1" },
	{ "equality after comparing", "meta M A < 2 == B < 2", { { "A", 2 }, { "B", 3 } }, NULL, "M=1" },
	{ "exclusive or of bits", "meta M A ^ B", { { "A", 3 }, { "B", 1 } }, NULL, "M=2" },
	{ "…after equality", "meta M A ^ B == 1", { { "A", 3 }, { "B", 1 } }, NULL, "M=2" },
	{ "not binds to the name alone", "meta M !A + B", { { "A", 0 }, { "B", 1 } }, NULL, "M=2" },
	{ "not not", "meta M !!A", { { "A", 5 } }, NULL, "M=1" },
	{ "a choice", "meta M A ? B : C", { { "A", 1 }, { "B", 2 }, { "C", 3 } }, NULL, "M=2" },
	{ "…the other way", "meta M A ? B : C", { { "A", 0 }, { "B", 2 }, { "C", 3 } }, NULL, "M=3" },
	{ "…within a choice", "meta M A ? 4 : B ? 5 : 6", { { "A", 0 }, { "B", 0 } }, NULL, "M=6" },
	{ "…and before its question", "meta M A ? B ? 4 : 5 : 6", { { "A", 1 }, { "B", 0 } }, NULL, "M=5" },
	{ "what is not chosen is not divided", "meta M A ? 4 / A : 7", { { "A", 2 } }, NULL, "M=2" },
	{ "a minus before a name", "meta M 5 * -A + 20", { { "A", 2 } }, NULL, "M=10" },
	{ "bytes that mean nothing", "meta M A, && `B", { { "A", 1 }, { "B", 1 } }, NULL, "M=1" },
	{ "a number alone, early", "meta M 2", { { NULL, 0 } }, "M=2", "M=2" },
	{ "nothing", "meta M ()", { { NULL, 0 } }, "", "" },
	{ "a meta rule's value", "meta M A + 1\nmeta N M * 2", { { "A", 2 } }, "M=3 N=6", "M=3 N=6" },
	{ "…written before it", "meta N M * 2\nmeta M A + 1", { { "A", 2 } }, "N=6 M=3", "N=6 M=3" },
	{ "a name twice is one name", "meta M A && (A || B)", { { "A", 1 }, { "B", 0 } }, "M=1", "M=1" },
	{ "sub-rules count as others do", "meta __M A\nmeta N __M && B", { { "A", 1 }, { "B", 1 } }, NULL, "__M=1 N=1" },
	{ "a name without a score is 0 at the end", "meta M !A\nscore A 0", { { NULL, 0 } }, "", "M=1" },
	{ "a false meta rule without a score is 0", "meta Z A\nscore Z 0\nmeta M !Z", { { "A", 0 } }, "M=1", "M=1" },
	{ "a true one holds up whoever asks", "meta Z A\nscore Z 0\nmeta M Z || B\nmeta N !Z || B", { { "A", 1 }, { "B", 1 } }, "", "" },
	{ "…and one that is known at the end alone", "meta Z A\nscore Z 0\nmeta M !Z || B", { { "B", 1 } }, "", "" },
	{ "a circle is asked once", "meta M N || A\nmeta N M || B", { { "A", 1 }, { "B", 1 } }, "M=1 N=1", "M=1 N=1" },
	{ "a rule that names itself", "meta M !M && !A", { { NULL, 0 } }, "M=1", "M=1" },
	{ "what stands behind a circle waits for it", "meta M M || A\nmeta N M + 1", { { "A", 2 } }, NULL, "M=2 N=3" },
	{ "all that match", "meta M rules_matching(?) >= 2\nmeta N rules_matching(A*)", { { "A", 1 }, { "B", 1 } }, NULL, "M=1 N=1" },
	{ "local tests only", "meta M local_tests_only && A", { { "A", 1 } }, NULL, "M=1" },
	{ "many brackets", "meta M ((((((((((((((((((((A))))))))))))))))))))", { { "A", 1 } }, NULL, "M=1" },
};

static void show_hits(const struct metas_run *run, struct buffer *out)
{
	const struct ruleset *set = run->metas->set;

	buffer_clear(out);
	for (unsigned line = 1; line < 100; line++)
		for (uint32_t i = 0; i < set->count; i++)
			if (set->rules[i].is.kind == RULE_META && set->rules[i].is.place.line == line && run->known[i] && run->counts[i] != 0)
				(void)!buffer_format(out, "%s%.*s=%g", buffer_length(out) ? " " : "", SHOW(set->rules[i].name), run->counts[i]);
}

static void check_hits(const struct metas_run *run, const char *wanted, const char *about, struct buffer *out)
{
	show_hits(run, out);
	CHECK(slice_same(buffer_slice(out), slice_of(wanted)), about);
	if (!slice_same(buffer_slice(out), slice_of(wanted)))
		printf("    it is \"%.*s\", not \"%s\"\n", SHOW(buffer_slice(out)), wanted);
}

static enum result read_rules(const char *text, struct ruleset *set, struct arena *arena)
{
	const struct rules_options options = { .local = true, .stock = true };
	struct rules_reader reader;
	enum result result = ruleset_begin(set, arena), end;

	if (result != OK || rules_begin(&reader, set, &options) != OK)
		return LATER;
	result = rules_file(&reader, SLICE("test.cf"), slice_of(text));
	if (result == OK)
		result = rules_file(&reader, SLICE("plain.cf"), SLICE(PLAIN));
	end = rules_end(&reader);
	return result == OK ? end : result;
}

static void check_row(size_t row, struct arena *arena, struct buffer *out)
{
	struct ruleset set;
	struct metas metas;
	struct metas_run run;
	bool good = read_rules(rows[row].text, &set, arena) == OK && metas_build(&metas, &set, 0, arena) == OK &&
	            metas_begin(&run, &metas, arena) == OK && set.mistakes == 0;

	CHECK(good, rows[row].about);
	if (!good)
		return;
	for (size_t i = 0; i < KNOWN_MOST && rows[row].before[i].name; i++)
		metas_known(&run, (uint32_t)(ruleset_find(&set, slice_of(rows[row].before[i].name)) - set.rules), rows[row].before[i].count);
	metas_settle(&run);
	if (rows[row].early)
		check_hits(&run, rows[row].early, rows[row].about, out);
	metas_finish(&run);
	check_hits(&run, rows[row].hits, rows[row].about, out);
}

static enum result build_some(struct arena *arena)
{
	struct ruleset set;
	struct metas metas;
	struct metas_run run;

	TRY(read_rules("meta M A && N\nmeta N M || B\n", &set, arena));
	TRY(metas_build(&metas, &set, 0, arena));
	return metas_begin(&run, &metas, arena);
}

static const struct torture short_of_memory = { "every allocation of the graph fails once", build_some, LATER };

int main(void)
{
	struct arena arena;
	struct buffer out;

	buffer_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		arena_init(&arena, LIMIT);
		check_row(i, &arena, &out);
		arena_finish(&arena);
	}
	torture(&short_of_memory);
	buffer_finish(&out);
	return TEST_END();
}
