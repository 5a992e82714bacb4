/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of messages that are being read: asked in the order of the list, answered in any, learned in that order. */
#include "cli/learn.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/config.h"
#include "cli/index.h"
#include "cli/inspector.h"
#include "cli/model_file.h"
#include "cli/progress.h"
#include "cli/teach.h"
#include "mail/message/message.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>

enum { RING = 64, MEMORY = 4 << 20, MESSAGE_MOST = 256 << 20, JOBS_EACH = 4 };

struct lecture {
	bool waiting, read;                      /* read: `features` are those of the message */
	struct index_row row;
	struct buffer features;
};

struct learn {
	const char *online, *then, *state;
	size_t jobs;
	bool learning;                           /* else it only judges */
	struct inspector inspector;
	struct model_file file;
	struct progress progress;
	struct arena arena;
	unsigned unreadable;
	uint64_t first, next;                    /* exchanges: the oldest not learned, the next to be asked */
	struct lecture ring[RING];
};

/* ---- in the order of the list ---- */

static enum result unpack(struct learn *learn, struct lecture *lecture, struct features *ret_features)
{
	*ret_features = (struct features){ 0 };
	if (lecture->read)
		return features_unpack(buffer_slice(&lecture->features), &learn->arena, ret_features);
	complain("%s: it could not be read", lecture->row.path);
	learn->unreadable++;
	return OK;
}

/* What could not be read is not known, and nothing is learned from it. */
static enum result conclude(struct learn *learn, struct lecture *lecture)
{
	struct model *model = learn->file.model;
	struct features features;
	struct lesson lesson;

	arena_reset(&learn->arena);
	TRY(unpack(learn, lecture, &features));
	(void)printf("%.*s\t%s\t%.17g\n", SHOW(lecture->row.name), label_name(lecture->row.label),
	             model_judge(model, &features).probability);
	if (learn->learning && lecture->read)
		model_learn(model, &features, lecture->row.label, 1, &lesson);
	buffer_finish(&lecture->features);
	return OK;
}

static enum result conclude_ready(struct learn *learn)
{
	while (learn->first < learn->next && !learn->ring[learn->first % RING].waiting) {
		TRY(conclude(learn, &learn->ring[learn->first % RING]));
		learn->first++;
	}
	return OK;
}

static enum result hear_one(struct learn *learn)
{
	struct inspector_answer answer;
	struct lecture *lecture;

	TRY(inspector_answer(&learn->inspector, &answer));
	lecture = &learn->ring[answer.exchange % RING];
	if (answer.exchange < learn->first || answer.exchange >= learn->next || !lecture->waiting)
		return REFUSED;
	lecture->waiting = false;
	lecture->read = answer.features;
	if (answer.features)
		TRY(buffer_add(&lecture->features, answer.payload));
	if (progress_is_due(&learn->progress, clock_ticks()))
		progress_show(&learn->progress, clock_ticks(), learn->first, slice_of(lecture->row.path));
	return conclude_ready(learn);
}

/* ---- messages ---- */

/* A message that was cut from an mbox may still have the line before it. */
static int seal_message(const char *path, struct slice bytes)
{
	if (mbox_begins(bytes))
		(void)slice_cut(&bytes, '\n');
	return inspector_message(path, bytes);
}

/* A sealed copy of the file, -1 with a complaint. It is read, not mapped: somebody may be cutting it. */
static int open_message(const char *path)
{
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;
	struct buffer bytes;
	const char *why = NULL;
	int message = -1;

	buffer_init(&bytes, MESSAGE_MOST);
	errno = 0;
	if (fd < 0 || fstat(fd, &about) != 0)
		why = strerrordesc_np(errno);
	else if (!S_ISREG(about.st_mode))
		why = "it is no file";
	else if (index_read_all(fd, &bytes) != OK)
		why = errno ? strerrordesc_np(errno) : "it is too long";
	if (why)
		complain("%s: %s", path, why);
	else
		message = seal_message(path, buffer_slice(&bytes));
	buffer_finish(&bytes);
	return message;
}

static enum result ask_about(struct learn *learn, const struct index_row *row)
{
	struct lecture *lecture = &learn->ring[learn->next % RING];
	closing int message = -1;

	while (learn->next - learn->first >= learn->jobs)
		TRY(hear_one(learn));
	while (learn->first < learn->next && inspector_has_answered(&learn->inspector))
		TRY(hear_one(learn));
	*lecture = (struct lecture){ .row = *row };
	buffer_init(&lecture->features, FEATURES_PACKED);
	message = open_message(row->path);
	learn->next++;
	if (message < 0)
		return conclude_ready(learn);
	lecture->waiting = true;
	return inspector_features(&learn->inspector, learn->next - 1, message);
}

static enum result follow(struct learn *learn, const char *path)
{
	struct index_row row;
	struct index index;
	enum result result = index_open(&index, path), heard = OK;

	while (result == OK && (result = index_next(&index, &row)) == OK)
		result = ask_about(learn, &row);
	while (heard == OK && learn->first < learn->next)
		heard = hear_one(learn);
	index_close(&index);
	return result == AGAIN ? heard : result;
}

/* ---- the command ---- */

static enum result teach(struct learn *learn, struct places *places)
{
	TRY(model_file_open(&learn->file, learn->state));
	TRY(inspector_start(&learn->inspector, places, INSPECTOR_ALONE));
	learn->learning = true;
	TRY(follow(learn, learn->online));
	learn->learning = false;
	TRY(model_file_save(&learn->file));
	return learn->then ? follow(learn, learn->then) : OK;
}

static int run(struct learn *learn, struct places *places)
{
	enum result result;

	arena_init(&learn->arena, MEMORY);
	progress_begin(&learn->progress, isatty(STDERR_FILENO), clock_ticks());
	result = teach(learn, places);
	progress_clear(&learn->progress);
	inspector_finish(&learn->inspector);
	model_file_close(&learn->file);
	for (size_t i = 0; i < RING; i++)
		buffer_finish(&learn->ring[i].features);
	arena_finish(&learn->arena);
	if (fflush(stdout) != 0)
		result = REFUSED;
	if (result != OK)
		return 2;
	return learn->unreadable > 0;
}

static const struct option options[] = {
	{ "online", required_argument, NULL, 'o' }, { "then", required_argument, NULL, 't' },
	{ "state", required_argument, NULL, 's' },  { "jobs", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static bool obey_option(struct learn *learn, int letter, const char *value)
{
	const struct { char letter; const char **to; } texts[] = {
		{ 'o', &learn->online }, { 't', &learn->then }, { 's', &learn->state },
	};
	uint64_t jobs = 0;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (letter == texts[i].letter)
			*texts[i].to = value;
	if (letter == 'n' && (slice_number(slice_of(value), RING, &jobs) != OK || jobs == 0)) {
		complain("--jobs wants a number from 1 to %d", RING);
		return false;
	}
	if (letter == 'n')
		learn->jobs = (size_t)jobs;
	return letter != '?';
}

int learn_main(struct places *places, int count, char **words)
{
	static struct learn learn = { .inspector = { .wire = -1 }, .file = { .fd = -1, .lock = -1 } };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	enum lesson_wanted unused;
	int letter;

	if (count > 1 && teach_is_word(words[1], &unused))
		return teach_main(places, count - 1, words + 1);
	learn.jobs = cores < 1 ? JOBS_EACH : cores > RING / JOBS_EACH ? RING : JOBS_EACH * (size_t)cores;
	while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
		if (!obey_option(&learn, letter, optarg))
			return 2;
	if (learn.online == NULL || optind < count) {
		complain("learn wants spam, ham or forget, and paths; or --online INDEX, a file of lines \"spam PATH\" or \"ham PATH\"");
		return 2;
	}
	if (config_load(places, false) != OK)
		return 2;
	return run(&learn, places);
}
