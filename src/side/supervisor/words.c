/* SPDX-License-Identifier: Apache-2.0 */
/* A row a way of being called; each gets the file that -c named. */
#include "supervisor/supervisor.h"

#include "base/fd.h"
#include "supervisor/schema.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRONG = 1, USAGE = 64, TEXT_LONGEST = 32 << 20 };

static int run(const char *config)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len <= 0)
		return WRONG;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return supervisor_run(config, path);
}

static bool write_all(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t wrote = write(fd, bytes.at, bytes.len);

		if (wrote <= 0)
			return false;
		bytes = slice_drop(bytes, (size_t)wrote);
	}
	return true;
}

static enum result read_and(const char *config, enum result (*then)(const struct settings *, struct buffer *),
			    struct buffer *to)
{
	struct settings settings;
	struct buffer complaints;
	enum result result;

	settings_init(&settings);
	buffer_init(&complaints, TEXT_LONGEST);
	result = schema_read(&settings, config, &complaints);
	if (result == OK)
		result = then(&settings, to);
	if (result != OK && buffer_length(&complaints) == 0)
		(void)fprintf(stderr, "%s cannot be understood\n", config);
	(void)!write_all(STDERR_FILENO, buffer_slice(&complaints));
	buffer_finish(&complaints);
	settings_finish(&settings);
	return result;
}

static enum result say_fine(const struct settings *settings, struct buffer *to)
{
	(void)settings;
	return buffer_add(to, SLICE(": fine\n"));
}

static int output(struct buffer *text, enum result result)
{
	if (result == OK && !write_all(STDOUT_FILENO, buffer_slice(text)))
		result = LATER;
	buffer_finish(text);
	return result == OK ? EXIT_SUCCESS : WRONG;
}

static int check(const char *config)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, TEXT_LONGEST);
	result = buffer_add(&text, slice_of(config));
	if (result == OK)
		result = read_and(config, say_fine, &text);
	return output(&text, result);
}

static int pack(const char *config)
{
	struct buffer packed;

	buffer_init(&packed, TEXT_LONGEST);
	return output(&packed, read_and(config, settings_pack, &packed));
}

static int describe(const char *config)
{
	struct buffer text;

	(void)config;
	buffer_init(&text, TEXT_LONGEST);
	return output(&text, schema_describe(&text));
}

static const struct way { const char *word; bool needs_file; int (*go)(const char *config); } ways[] = {
	{ "",           true,  run },
	{ "--check",    true,  check },
	{ "--settings", true,  pack },
	{ "--describe", false, describe },
};

static const struct way *way_named(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		if (strcmp(ways[i].word, word) == 0)
			return &ways[i];
	return NULL;
}

int supervisor_main(int count, char **words)
{
	const struct way *way = &ways[0];
	const char *config = NULL;

	for (int i = 1; i < count && way; i++) {
		if (strcmp(words[i], "-c") == 0 && i + 1 < count)
			config = words[++i];
		else
			way = *words[i] ? way_named(words[i]) : NULL;
	}
	if (way && (config || !way->needs_file))
		return way->go(config);
	(void)fprintf(stderr, "usage: supervisor [--check | --settings] -c FILE, or supervisor --describe\n");
	return USAGE;
}
