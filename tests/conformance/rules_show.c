/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_show.c — what mail/rules makes of SpamAssassin's rule files: the conformance runs read it.
 *
 *   rules_show FOLDER…     .pre and .cf files of the folders: first all .pre, then the .cf of each, as SpamAssassin
 *                          reads them (give its rules before the site's). Prints a line for each kind of rule, its
 *                          form and how many there are, the number of mistakes, and each mistake with file and line.
 *     -d   instead: each directive, and what is done with it
 *     -r   instead: each rule that can hit, its kind and its form
 *     -m   instead: for each message, whose path is a line of the standard input, the rules that hit, as JSON:
 *          {"file", "result", "score", "limits", "html", "rules": {name: hits}}
 *     -w   instead: for each message, as with -m: its path, its relays (X-Spam-Relays-Trusted, -Untrusted, -Internal,
 *          -External, "|" between them), how many Received fields were not read, passed while trusted, and while
 *          internal; the sender of the envelope; TAB between these
 *     -k   instead: for each line of the standard input, NAME=HITS of all rules but meta rules, the meta rules that
 *          are true then
 */
#include "mail/rules/rules.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY = 256 << 20, PATH_SIZE = 4096 };

static struct slice map_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct slice text = SLICE("");
	struct stat about;

	if (fd < 0 || fstat(fd, &about) != 0) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(2);
	}
	if (S_ISREG(about.st_mode) && about.st_size)
		text = (struct slice){ mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0), (size_t)about.st_size };
	(void)close(fd);
	return text;
}

static int wanted_end(const struct dirent *entry, const char *end)
{
	return slice_ends_nocase(slice_of(entry->d_name), slice_of(end));
}

static int is_pre(const struct dirent *entry)
{
	return wanted_end(entry, ".pre");
}

static int is_cf(const struct dirent *entry)
{
	return wanted_end(entry, ".cf");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_folder(struct rules_reader *reader, const char *folder, int (*wanted)(const struct dirent *))
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, wanted, by_bytes);
	char path[PATH_SIZE];

	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		if (rules_file(reader, slice_of(path), map_file(path)) != OK) {
			fprintf(stderr, "%s: no memory\n", path);
			exit(2);
		}
		free(list[i]);
	}
	free(list);
}

static void read_all(struct ruleset *set, struct arena *arena, char *const *folders)
{
	const struct rules_options options = { .local = true };
	struct rules_reader reader;

	if (ruleset_begin(set, arena) != OK || rules_begin(&reader, set, &options) != OK)
		exit(2);
	for (char *const *folder = folders; *folder; folder++)
		read_folder(&reader, *folder, is_pre);
	for (char *const *folder = folders; *folder; folder++)
		read_folder(&reader, *folder, is_cf);
	if (rules_end(&reader) != OK) {
		fprintf(stderr, "no memory\n");
		exit(2);
	}
}

static void show_counts(const struct ruleset *set)
{
	size_t counts[RULE_KINDS][RULE_FORMS] = { 0 };

	for (size_t i = 0; i < set->count; i++)
		counts[set->rules[i].is.kind][set->rules[i].is.form]++;
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		for (enum rule_form form = 0; form < RULE_FORMS; form++)
			if (counts[kind][form])
				printf("%s %s %zu\n", rule_kind_name(kind), rule_form_name(form), counts[kind][form]);
}

static void show_mistakes(const struct ruleset *set)
{
	printf("mistakes %zu\n", set->mistakes);
	for (size_t i = 0; i < set->complaint_count; i++) {
		const struct complaint *complaint = &set->complaints[i];

		printf("%.*s:%u: %s\n", SHOW(set->files[complaint->place.file]), complaint->place.line, complaint->text);
	}
}

static void show_directives(void)
{
	const struct directive *row;

	for (size_t i = 0; (row = directive_row(i)) != NULL; i++) {
		const struct directive *means = row->means.len ? directive_find(row->means) : row;

		printf("%.*s|%s%s%.*s\n", SHOW(row->name), standing_name(means->standing), row->means.len ? ", as " : "", SHOW(row->means));
	}
}

/* ---- what is run ---- */

struct show { struct engine engine; struct message_reader reader; };

static void show_runs(const struct engine *engine)
{
	for (size_t i = 0; i < engine->set->count; i++) {
		const struct rule *rule = &engine->set->rules[i];

		if (engine_runs(engine, rule))
			printf("%.*s %s %s\n", SHOW(rule->name), rule_kind_name(rule->is.kind), rule_form_name(rule->is.form));
	}
}

/* A rule's name is a word: nothing in it needs an escape. */
static void show_hits(const char *path, const struct rules_view *view, const struct rule_hits *hits)
{
	printf("{\"file\":\"%s\",\"result\":0,\"score\":%.3f,\"limits\":%zu,\"html\":%s,\"rules\":{", path, hits->score, hits->limits,
	       view->page_count ? "true" : "false");
	for (size_t i = 0; i < hits->count; i++)
		printf("%s\"%.*s\":%g", i ? "," : "", SHOW(hits->list[i].rule->name),
		       hits->list[i].rule->is.kind == RULE_META ? 1 : hits->list[i].count);
	printf("}}\n");
}

/* The way that a message came. */
static enum result show_way(const struct show *show, const char *path, struct rules_view *view)
{
	static const struct slice names[] = { LIT("Trusted"), LIT("Untrusted"), LIT("Internal"), LIT("External") };
	struct slice sender = SLICE("");
	bool there;

	view->trust = &show->engine.trust;
	if (relays_read(view, view->trust, &view->relays) != OK || view_sender(view, &sender, &there) != OK)
		return LATER;
	printf("%s\t", path);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct definition is = { .kind = RULE_HEADER, .form = FORM_REGEX };
		char name[PATH_SIZE];
		struct slice text;

		(void)snprintf(name, sizeof(name), "X-Spam-Relays-%.*s", SHOW(names[i]));
		is.header = slice_of(name);
		if (view_header(view, &is, &text, &there) != OK)
			return LATER;
		printf("%s%.*s", i ? "|" : "", SHOW(text));
	}
	printf("\t%zu %zu %zu\t%.*s\n", view->relays.unread, view->relays.trusted_fields, view->relays.internal_fields, SHOW(sender));
	return OK;
}

static void show_message(struct show *show, const char *path, int what)
{
	struct slice bytes = map_file(path);
	struct rules_view view;
	struct rule_hits hits;
	struct arena arena;
	enum result result;

	arena_init(&arena, MEMORY);
	show->reader.arena = &arena;
	result = view_build(bytes, &show->reader, &view);
	if (result == OK)
		result = what == 'w' ? show_way(show, path, &view) : engine_run(&show->engine, &view, &arena, &hits);
	if (result == OK && what == 'm')
		show_hits(path, &view, &hits);
	else if (result != OK)
		printf("{\"file\":\"%s\",\"result\":%d}\n", path, (int)result);
	arena_finish(&arena);
	if (bytes.len)
		(void)munmap((void *)(uintptr_t)bytes.at, bytes.len);
}

static void show_messages(struct show *show, int what)
{
	static struct charsets charsets;
	char line[PATH_SIZE];

	show->reader = (struct message_reader){ &message_limits_standard, &charsets, NULL };
	for (const char *const *name = charsets_wanted(); *name && charsets.count < CHARSETS_MOST; name++) {
		struct charset *charset = &charsets.list[charsets.count];

		*charset = (struct charset){ slice_of(*name), iconv_open("UTF-8", *name) };
		charsets.count += charset->converter != (iconv_t)-1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		show_message(show, line, what);
	}
	for (size_t i = 0; i < charsets.count; i++)
		(void)iconv_close(charsets.list[i].converter);
}

/* Rules of which a line says nothing did not hit; those whose score is 0 were not tried. */
static void show_metas(const struct engine *engine)
{
	static char line[1 << 20];
	const struct ruleset *set = engine->set;
	struct arena arena;
	struct metas_run run;

	while (fgets(line, sizeof(line), stdin)) {
		struct slice rest = slice_of(line), word;

		arena_init(&arena, MEMORY);
		if (metas_begin(&run, &engine->metas, &arena) != OK)
			exit(2);
		while ((word = slice_trim(slice_cut(&rest, ' '))).len) {
			const struct rule *rule = ruleset_find(set, slice_cut(&word, '='));
			uint64_t hits = 0;

			if (rule && slice_number((struct slice){ word.at, strcspn(word.at, " \n") }, 1 << 30, &hits) == OK)
				metas_known(&run, (uint32_t)(rule - set->rules), (double)hits);
		}
		for (uint32_t i = 0; i < set->count; i++)
			if (set->rules[i].is.kind != RULE_META && set->rules[i].score[0] != 0)
				metas_known(&run, i, 0);
		metas_finish(&run);
		for (uint32_t i = 0; i < set->count; i++)
			if (set->rules[i].is.kind == RULE_META && run.counts[i] != 0 && set->rules[i].score[0] != 0)
				printf("%.*s ", SHOW(set->rules[i].name));
		printf("\n");
		arena_finish(&arena);
	}
}

static void show_engine(struct ruleset *set, struct arena *arena, int what)
{
	struct show show;

	if (engine_build(&show.engine, set, 0, true, arena) != OK) {
		fprintf(stderr, "no memory\n");
		exit(2);
	}
	if (what == 'r')
		show_runs(&show.engine);
	else if (what == 'k')
		show_metas(&show.engine);
	else
		show_messages(&show, what);
	engine_finish(&show.engine);
}

int main(int count, char **words)
{
	int letter, what = 'c';
	struct arena arena;
	struct ruleset set;

	while ((letter = getopt(count, words, "dkmrw")) != -1)
		what = letter;
	if (what == 'd') {
		show_directives();
		return 0;
	}
	if (what == '?' || optind == count) {
		fprintf(stderr, "rules_show [-d | -k | -m | -r | -w] FOLDER…\n");
		return 2;
	}
	arena_init(&arena, MEMORY);
	read_all(&set, &arena, words + optind);
	if (what != 'c')
		show_engine(&set, &arena, what);
	else
		show_counts(&set);
	if (what == 'c')
		show_mistakes(&set);
	arena_finish(&arena);
	return 0;
}
