/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with long headers, made of pieces that are repeated: what is cut of them, and what they cost. */
#include "mail/rules/scene.h"

#include "base/torture.h"

enum { MANY = 200, ENOUGH = 1 << 20 };

#define FLAGS "header CUT eval:check_msg_parse_flags('truncated_header')\nheader END eval:check_msg_parse_flags('missing_head_body_separator')\n"
#define THIRTY "012345678901234567890123456789"
#define NINETY THIRTY THIRTY THIRTY
#define PARTS "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: "

/* `begin`, so many times `piece`, `end`. */
static const struct { const char *about, *rules, *begin, *piece; size_t times; const char *end, *hits; size_t limits; } rows[] = {
	{ "a value as long as can be", FLAGS "header A X =~ /a$/", "X:", "aaaaaaaa", 1023, "aaaaaaa\n\nx", "A=1", 0 },
	{ "one byte longer: it is cut", FLAGS "header A X =~ /b$/", "X:", "aaaaaaaa", 1024, "b\n\nx", "CUT=1", 0 },
	{ "a name as long as can be", FLAGS, "", "aaaaaaaa", 32, ": x\n\nx", "", 0 },
	{ "…and a longer one", FLAGS, "", "aaaaaaaa", 32, "b: x\n\nx", "CUT=1", 0 },
	{ "fields that are too much together", FLAGS, "", "Abcd: " NINETY "abc\n", 656, "\nx", "CUT=1", 0 },
	{ "…and just not", FLAGS, "", "Abcd: " NINETY "abc\n", 655, "\nx", "", 0 },
	{ "all is taken name by name, each in its place, until it is too much", "header A ALL =~ /\\AA: x\\nB: 0.*^A: last\\n\\z/sm\n"
	  "header B ALL =~ /^C:/m", "A: x\n", "B: " NINETY "\n", 700, "A: last\nC: y\n\nx", "A=1", 0 },
	{ "…a name that comes later may have no room", "header A ALL =~ /\\AA: x\\nA: 0/\nheader B ALL =~ /^(?:A: last|B:)/m", "A: x\nB: y\n",
	  "A: " NINETY "\n", 700, "A: last\n\nx", "A=1", 0 },
	{ "a part's field that is cut is a limit", FLAGS "mimeheader A X =~ /a$/", PARTS, "aaaaaaaa", 1025, "\n\nx\n--b--\n", "A=1", 1 },
	{ "…and none that is not", FLAGS "mimeheader A X =~ /a$/", PARTS, "aaaaaaaa", 1000, "\n\nx\n--b--\n", "A=1", 0 },
	{ "no empty line", FLAGS, "X: y\n", "", 0, "--b\n\nx", "END=1", 0 },
	{ "…and nothing behind the fields", FLAGS, "X: y\n", "", 0, "", "END=1", 0 },
	{ "what else may be asked for is off", "body A eval:check_msg_parse_flags('mime_epilogue_exists')\nmeta M !A", "X: y\n", "", 0, "\nx", "M=1", 0 },
};

static void check_row(size_t row)
{
	const struct scene scene = { rows[row].rules, rows[row].begin, rows[row].piece, rows[row].times, rows[row].end };

	scene_check(rows[row].about, &scene, rows[row].hits, rows[row].limits);
}

/* ---- what many rules cost ---- */

static const struct { const char *about, *header; } asked[] = {
	{ "all fields", "ALL" },
	{ "…as they came", "ALL:raw" },
	{ "one header of which there are many", "Received" },
	{ "relays", "X-Spam-Relays-Untrusted" },
	{ "names of senders", "From:name" },
};

static enum result run_many(const char *header, struct slice message, struct arena *arena)
{
	struct buffer rules;
	struct ruleset set;
	struct engine engine = { 0 };
	struct rule_hits hits;
	enum result result = OK;

	buffer_init(&rules, SCENE_BIG);
	for (size_t i = 0; i < MANY && result == OK; i++)
		result = buffer_format(&rules, "header R%zu %s =~ /never seen/\n", i, header);
	if (result == OK)
		result = scene_build(buffer_slice(&rules), &set, &engine, arena);
	if (result == OK)
		result = scene_run(&engine, message, arena, &hits);
	engine_finish(&engine);
	buffer_finish(&rules);
	return result;
}

/* Two hundred rules cost no more memory than one does, but for themselves. */
static void check_cost(size_t row)
{
	static const char received[] = "Received: from some.name.example (some.name.example [192.0.2.1]) by other.example (Postfix) with ESMTP id 1\n"
	                               "From: \"A name of somebody\" <someone@some.name.example>\n";
	struct buffer message;
	struct arena arena;

	arena_init(&arena, ENOUGH);
	buffer_init(&message, SCENE_BIG);
	CHECK(scene_write(&(struct scene){ "", "", received, 250, "\nx\n" }, &message) == OK, "a long way");
	CHECK(run_many(asked[row].header, buffer_slice(&message), &arena) == OK, asked[row].about);
	buffer_finish(&message);
	arena_finish(&arena);
}

static enum result run_some(struct arena *arena)
{
	struct ruleset set;
	struct engine engine = { 0 };
	struct rule_hits hits;
	enum result result = scene_build(SLICE("header A ALL =~ /x/\nheader B ALL =~ /y/\n" FLAGS), &set, &engine, arena);

	if (result == OK)
		result = scene_run(&engine, SLICE("X: y\n\nx"), arena, &hits);
	engine_finish(&engine);
	return result;
}

static const struct torture short_of_memory = { "every allocation fails once", run_some, LATER };

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(i);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		check_cost(i);
	torture(&short_of_memory);
	return TEST_END();
}
