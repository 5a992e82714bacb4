/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_show.c — what mail/rules makes of SpamAssassin's rule files: the conformance runs read it.
 *
 *   rules_show FOLDER…     .pre and .cf files of the folders: first all .pre, then the .cf of each, as SpamAssassin
 *                          reads them (give its rules before the site's). Prints a line for each kind of rule, its
 *                          form and how many there are, the number of mistakes, and each mistake with file and line.
 */
#include "mail/rules/rules.h"

#include <dirent.h>
#include <fcntl.h>
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

int main(int count, char **words)
{
	struct arena arena;
	struct ruleset set;

	if (count < 2) {
		fprintf(stderr, "rules_show FOLDER…\n");
		return 2;
	}
	arena_init(&arena, MEMORY);
	read_all(&set, &arena, words + 1);
	show_counts(&set);
	show_mistakes(&set);
	printf("memory %zu\n", arena.used);
	arena_finish(&arena);
	return 0;
}
