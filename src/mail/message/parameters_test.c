/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a Content-Disposition, every name that a reader could come to, in order, and the faults. */
#include "mail/message/parameters.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"

static const struct row { const char *about; struct slice value; const char *names; unsigned faults; } rows[] = {
	{ "a token", LIT("attachment; filename=a.zip"), "a.zip|", 0 },
	{ "a quoted string", LIT("attachment; filename=\"a b.zip\""), "a b.zip|", 0 },
	{ "blanks around the sign", LIT("attachment; filename = a.zip"), "a.zip|", 0 },
	{ "folded behind the sign", LIT("attachment; filename=\r\n a.zip"), "a.zip|", 0 },
	{ "whatever its case", LIT("attachment; FileName=a.zip"), "a.zip|", 0 },
	{ "an encoded word", LIT("attachment; filename=\"=?utf-8?q?a=2Ezip?=\""), "a.zip|", 0 },
	{ "percent signs", LIT("attachment; filename*=utf-8''a%2ezip"), "a.zip|", 0 },
	{ "percent signs of Latin", LIT("attachment; filename*=iso-8859-1'de'%e9"), "\xc3\xa9|", 0 },
	{ "sections", LIT("attachment; filename*0=a.; filename*1=zip"), "a.zip|", 0 },
	{ "sections, some of them extended", LIT("x; filename*0*=utf-8''a%2e; filename*1=zip"), "a.zip|", 0 },
	{ "sections out of order", LIT("x; filename*1=zip; filename*0=a."), "zipa.|a.zip|", PARAMETER_ORDER },
	{ "sections with a gap", LIT("x; filename*0=a.; filename*2=zip"), "a.zip|", PARAMETER_GAP },
	{ "sections that begin with 1", LIT("x; filename*1=a.; filename*2=zip"), "a.zip|", PARAMETER_GAP },
	{ "a section that stands twice", LIT("x; filename*0=a; filename*0=b"), "ab|", PARAMETER_GAP },
	{ "sections that repeat the set", LIT("x; filename*0*=utf-8''a.; filename*1*=utf-8''zip"), "a.utf-8''zip|a.zip|", 0 },
	{ "sections that repeat it with one quote", LIT("x; filename*0*=utf-8'de'a.; filename*1*=UTF-8'zip"), "a.UTF-8'zip|a.zip|", 0 },
	{ "a percent sign and no number", LIT("x; filename*=utf-8''a%2Gzip"), "a%2Gzip|", PARAMETER_CHARSET },
	{ "a name in the word's place", LIT("filename=a.zip"), "a.zip|", 0 },
	{ "both forms", LIT("x; filename=a.png; filename*=utf-8''a.zip"), "a.png|a.zip|", PARAMETER_FORMS },
	{ "both forms, the same", LIT("x; filename=a.zip; filename*=utf-8''a.zip"), "a.zip|", 0 },
	{ "the same name twice", LIT("x; filename=a.png; filename=a.zip"), "a.png|a.zip|", PARAMETER_TWICE },
	{ "the same value twice", LIT("x; filename=a.zip; filename=a.zip"), "a.zip|", 0 },
	{ "a comment in the value", LIT("x; filename=a.z()ip"), "a.zip|a.z()ip|", PARAMETER_COMMENT },
	{ "a comment in the name", LIT("x; file()name=a.zip"), "a.zip|", PARAMETER_COMMENT },
	{ "a comment behind the value", LIT("x; filename=a.zip(.gif)"), "a.zip|a.zip(.gif)|", PARAMETER_COMMENT },
	{ "a quote in a token", LIT("x; filename=a\".zip"), "a\".zip|", PARAMETER_QUOTES },
	{ "text behind the quotes", LIT("x; filename=\"a\".zip"), "a|\"a\".zip|", PARAMETER_JUNK },
	{ "quotes without an end", LIT("x; filename=\"a.zip"), "a.zip|\"a.zip|", PARAMETER_QUOTES },
	{ "blanks without quotes", LIT("x; filename=a b.zip"), "a|a b.zip|", PARAMETER_BLANKS },
	{ "blanks in an extended value", LIT("x; filename*=utf-8''a.txt .zip"), "a.txt|a.txt .zip|", PARAMETER_BLANKS },
	{ "blanks in a section", LIT("x; filename*0=a; filename*1=.txt .zip"), "a.txt|a.txt .zip|", PARAMETER_BLANKS },
	{ "blanks at the ends of sections", LIT("x; filename*0=\" a\"; filename*1=\".z \"; filename*2=ip"), " a.z ip|a.zip|", 0 },
	{ "sections, decoded when they are together", LIT("x; filename*0*=utf-8''a%; filename*1=2ezip"), "a%2ezip|a.zip|", PARAMETER_CHARSET },
	{ "folded within quotes", LIT("x; filename=\"a.z\r\n\tip\""), "a.z\tip|a.zip|", 0 },
	{ "folded within an extended value", LIT("x; filename*=utf-8''a.z\r\n ip"), "a.z|a.zip|", PARAMETER_BLANKS },
	{ "folded within a section", LIT("x; filename*0=a; filename*1=\".z\r\n ip\""), "a.z ip|a.zip|", 0 },
	{ "a semicolon in quotes", LIT("x; filename=\"a;b.zip\""), "a;b.zip|", 0 },
	{ "a backslash in quotes", LIT("x; filename=\"a\\\"b\""), "a\"b|", 0 },
	{ "UTF-16 in percent signs", LIT("x; filename*=utf-16be''%00a"), "a|", 0 },
	{ "no semicolon between", LIT("x; foo=bar filename=a.zip"), "a.zip|", 0 },
	{ "semicolons too many", LIT("x;; filename=a.zip;;"), "a.zip|", 0 },
	{ "a name and nothing", LIT("x; filename="), "", PARAMETER_EMPTY },
	{ "nothing", LIT(""), "", 0 },
};

static void check_row(const struct row *row)
{
	struct parameters parameters = { 0 };
	struct readings readings = { 0 };
	struct buffer seen;
	unsigned faults = 0;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(parameters_read(&reader, row->value, &parameters) == OK, row->about);
	CHECK(parameters_readings(&reader, &parameters, SLICE("filename"), &readings, &faults) == OK, row->about);
	for (size_t i = 0; i < readings.count; i++)
		CHECK(buffer_format(&seen, "%.*s|", SHOW(readings.list[i])) == OK, "room");
	CHECK(slice_same(buffer_slice(&seen), slice_of(row->names)), row->about);
	CHECK(faults == row->faults, row->about);
	if (!slice_same(buffer_slice(&seen), slice_of(row->names)) || faults != row->faults)
		printf("  it is %.*s, %u\n", SHOW(buffer_slice(&seen)), faults);
	buffer_finish(&seen);
	arena_finish(&arena);
}

static const struct { const char *about; struct slice value, head; unsigned faults; } heads[] = {
	{ "a type", LIT("text/plain; charset=x"), LIT("text/plain"), 0 },
	{ "a type with a comment", LIT("text/plain (really); charset=x"), LIT("text/plain"), PARAMETER_COMMENT },
	{ "a type with blanks", LIT("text / plain; a=b"), LIT("text / plain"), PARAMETER_JUNK },
	{ "a parameter in its place", LIT("charset=x"), LIT(""), PARAMETER_JUNK },
	{ "a type without its semicolon", LIT("multipart/mixed boundary=x"), LIT("multipart/mixed"), PARAMETER_JUNK },
};

static void check_head(size_t row)
{
	struct parameters parameters = { 0 };
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	CHECK(parameters_read(&reader, heads[row].value, &parameters) == OK, heads[row].about);
	CHECK(slice_same(parameters.head, heads[row].head) && parameters.faults == heads[row].faults, heads[row].about);
	CHECK(parameters.count == 1, "what follows is a parameter");
	arena_finish(&arena);
}

static void too_many(void)
{
	struct message_limits limits = message_limits_standard;
	struct parameters parameters = { 0 };
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	arena_init(&arena, 1 << 20);
	limits.parameters = 3;
	CHECK(parameters_read(&reader, SLICE("x; a=1; b=2"), &parameters) == OK && parameters.count == 2, "within the limit");
	CHECK(parameters_read(&reader, SLICE("x; a=1; b=2; c=3"), &parameters) == LATER && parameters.too_many, "beyond it");
	arena_finish(&arena);
}

static enum result short_of_memory(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct parameters parameters = { 0 };
	struct readings readings = { 0 };
	unsigned faults = 0;

	TRY(parameters_read(&reader, SLICE("x; f=a(b)c; f*=utf-16''%00a; f*1=\"\\a\"; f*0=b; f=\"=?utf-8?q?a?=\""), &parameters));
	return parameters_readings(&reader, &parameters, SLICE("f"), &readings, &faults);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		check_head(i);
	too_many();
	torture(&(struct torture){ "parameters", short_of_memory, LATER });
	return TEST_END();
}
