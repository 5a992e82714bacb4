/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of each reader, asked by two policies: what neither could be answered is told once, and nothing else. */
#include "cli/untold.h"

#include "base/test.h"

#include <string.h>
#include <unistd.h>

enum { MEMORY = 4 << 20, CONFIGS = 2 };

static const char *const configs[CONFIGS] = {
	"policy \"a\" { when = \"subject ~ '*pills*' and size > 5\" do = {\"hold\"} }\n"
	"policy \"b\" { when = \"header('X-Kind') = 'offer' or attachment.name ~ '*.exe'\" do = {\"hold\"} }\n",
	"profile \"p\" { when = \"recipient ~ 'a@*' and ambiguous\" }\n"
	"policy \"c\" { when = \"header('x-kind') and virus and client.ip = 10.0.0.0/8\" do = {\"hold\"} }\n",
};

static const struct {
	const char *about;
	struct findings findings;
	const char *untold;
} rows[] = {
	{ "the first reader told of no part, and no text whole", { .reader = READER_FIRST },
	  "subject, header(\"X-Kind\"), attachment.name, ambiguous" },
	{ "the second told of parts", { .reader = READER_PARTS }, "subject, header(\"X-Kind\")" },
	{ "the third tells of headers that it is asked for", { .reader = READER_WHOLE }, "header(\"X-Kind\")" },
	{ "another header is none of them",
	  { .facts = &(struct fact){ LIT(FACT_ASKED), LIT("X-Kind2") }, .fact_count = 1, .reader = READER_WHOLE }, "header(\"X-Kind\")" },
	{ "what was looked for and not there is told",
	  { .facts = &(struct fact){ LIT(FACT_ASKED), LIT("X-KIND") }, .fact_count = 1, .reader = READER_WHOLE }, "" },
	{ "so it is by a reader that is to come",
	  { .facts = &(struct fact){ LIT(FACT_ASKED), LIT("X-KIND") }, .fact_count = 1, .reader = READER_NOW + 1 }, "" },
};

static const struct settings_section *const schema[] = { &policy_settings_section, &profile_settings_section, NULL };

static const struct policy *compile(const char *text, struct arena *arena)
{
	char path[] = "/tmp/untold.XXXXXX";
	const struct policy *policy = NULL;
	struct settings settings;
	struct buffer complaint;
	int fd = mkstemp(path);

	buffer_init(&complaint, 4096);
	settings_init(&settings);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a configuration is written");
	CHECK(settings_read_file(&settings, path, false, schema, &complaint) == OK, "read");
	CHECK(policy_compile(&settings, arena, &policy, &complaint) == OK, "and compiled");
	settings_finish(&settings);
	buffer_finish(&complaint);
	(void)unlink(path);
	(void)close(fd);
	return policy;
}

static void check_row(size_t row, const struct policy *const policies[CONFIGS], struct arena *arena)
{
	char text[256] = "";
	struct untold untold = { 0 };
	struct buffer packed;

	buffer_init(&packed, EVIDENCE_BYTES);
	CHECK(findings_pack(&rows[row].findings, &packed) == OK, "findings are packed");
	CHECK(untold_gather(policies, CONFIGS, buffer_slice(&packed), arena, &untold) == OK, "and asked");
	for (size_t i = 0; i < untold.count; i++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%.*s", i ? ", " : "", SHOW(untold.list[i]));
	}
	CHECK(strcmp(text, rows[row].untold) == 0, rows[row].about);
	buffer_finish(&packed);
}

int main(void)
{
	const struct policy *policies[CONFIGS];
	struct untold untold;
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < CONFIGS; i++)
		policies[i] = compile(configs[i], &arena);
	if (policies[0] && policies[1])
		for (size_t row = 0; row < COUNT_OF(rows); row++)
			check_row(row, policies, &arena);
	CHECK(untold_gather(policies, CONFIGS, SLICE("\1\0"), &arena, &untold) == REFUSED, "what is no findings is refused");
	arena_finish(&arena);
	return TEST_END();
}
