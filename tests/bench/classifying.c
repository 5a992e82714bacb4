/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classifying — what a message costs the classifier: processor time of reading it, of its features, of judging, of learning.
 *
 * Knows:   an index of messages, "spam PATH" or "ham PATH" a line, oldest first; each is judged, then learned.
 * Ignores: processes and wires. It reads mail without a jail: for mail of the developers' own only.
 * Prints PATH, LABEL and probability, a line a message, where --scores is asked; else one object with the times.
 */
#include "mail/spam/spam.h"

#include "base/pool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 64 << 20, PATH_SIZE = 4096, STEPS = 4 };

struct bench {
	const char *index;
	bool scores;
	struct charsets charsets;
	struct arena arena;
	struct model *model;
	double took[STEPS];                      /* reading, features, judging, learning */
	size_t count, features;
};

static double cpu_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct slice map_file(const char *path)
{
	struct slice bytes = SLICE("");
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0) {
		void *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

		if (at != MAP_FAILED)
			bytes = (struct slice){ at, (size_t)about.st_size };
	}
	if (fd >= 0)
		(void)close(fd);
	return bytes;
}

static void unmap_file(struct slice bytes)
{
	if (bytes.len)
		(void)munmap((void *)(uintptr_t)bytes.at, bytes.len);
}

static bool classify(struct bench *bench, struct slice bytes, enum label label, double *ret_probability)
{
	const struct message_reader reader = { &message_limits_standard, &bench->charsets, &bench->arena };
	struct message_view view = { 0 };
	struct features features;
	struct lesson lesson;
	double at[STEPS + 1] = { cpu_us() };

	(void)!message_read(bytes, &reader, DIGESTS_NONE, &view);
	at[1] = cpu_us();
	if (features_read(&view, &reader, false, &features) != OK)
		return false;
	at[2] = cpu_us();
	*ret_probability = model_judge(bench->model, &features).probability;
	at[3] = cpu_us();
	model_learn(bench->model, &features, label, 1, &lesson);
	at[4] = cpu_us();
	for (size_t i = 0; i < STEPS; i++)
		bench->took[i] += at[i + 1] - at[i];
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		bench->features += features.kinds[kind].count;
	bench->count++;
	return true;
}

static bool take_line(struct bench *bench, struct slice line)
{
	struct slice word = slice_cut(&line, ' '), bytes;
	enum label label = slice_same(word, SLICE("spam")) ? LABEL_SPAM : LABEL_HAM;
	const char *slash = strrchr(bench->index, '/');
	char path[PATH_SIZE];
	double probability;
	bool good;

	(void)snprintf(path, sizeof(path), "%.*s%.*s", slash ? (int)(slash + 1 - bench->index) : 0, bench->index, SHOW(line));
	bytes = map_file(path);
	arena_reset(&bench->arena);
	word = bytes;
	if (mbox_begins(word))
		(void)slice_cut(&word, '\n');
	good = classify(bench, word, label, &probability);
	unmap_file(bytes);
	if (good && bench->scores)
		printf("%.*s\t%s\t%.17g\n", SHOW(line), label == LABEL_SPAM ? "spam" : "ham", probability);
	return good;
}

static void open_charsets(struct charsets *charsets)
{
	for (const char *const *name = charsets_wanted(); *name && charsets->count < CHARSETS_MOST; name++) {
		struct charset *next = &charsets->list[charsets->count];

		*next = (struct charset){ slice_of(*name), iconv_open("UTF-8", *name) };
		if (next->converter != (iconv_t)-1)
			charsets->count++;
	}
}

static void tell(const struct bench *bench)
{
	double count = bench->count ? (double)bench->count : 1;

	printf("{\"messages\": %zu, \"features\": %.0f, \"reading_us\": %.1f, \"features_us\": %.1f, \"judging_us\": %.1f, "
	       "\"learning_us\": %.1f}\n", bench->count, (double)bench->features / count, bench->took[0] / count,
	       bench->took[1] / count, bench->took[2] / count, bench->took[3] / count);
}

int main(int count, char **words)
{
	static struct bench bench;
	struct slice index, rest;
	bool good = true;
	void *room;

	if (count < 2)
		return 2;
	bench.index = words[1];
	bench.scores = count > 2 && strcmp(words[2], "--scores") == 0;
	room = pool_resize(NULL, model_size(MODEL_BITS_USUAL));
	if (room == NULL)
		return 1;
	bench.model = model_begin(room, MODEL_BITS_USUAL);
	arena_init(&bench.arena, MEMORY);
	open_charsets(&bench.charsets);
	index = rest = map_file(words[1]);
	while (rest.len && good)
		good = take_line(&bench, slice_cut(&rest, '\n'));
	if (!bench.scores)
		tell(&bench);
	unmap_file(index);
	arena_finish(&bench.arena);
	(void)!pool_resize(room, 0);
	return good ? 0 : 1;
}
