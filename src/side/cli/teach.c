/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of messages that are being read: asked in the order of the paths, answered in any, taught in that order. */
#include "cli/teach.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/fd.h"
#include "cli/config.h"
#include "cli/inputs.h"
#include "cli/inspector.h"
#include "cli/progress.h"
#include "cli/teacher.h"
#include "mail/spam/spam.h"

#include <errno.h>
#include <getopt.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING = 64, JOBS_EACH = 4 };

struct pupil {
	bool waiting, read;                      /* read: `features` are those of the message */
	char name[PLACE_SIZE + 32];
	char digest[DIGEST_SIZE];
	struct buffer features;
};

struct teach {
	enum lesson_wanted wanted;
	struct inspector inspector;
	struct teacher teacher;
	struct inputs inputs;
	struct progress progress;
	size_t jobs;
	uint64_t first, next;                    /* exchanges: the oldest not taught, the next to be asked */
	uint64_t ends[LESSON_ENDS_COUNT];
	struct pupil ring[RING];
};

static const char *const words_of[LESSONS_WANTED] = { [LESSON_HAM] = "ham", [LESSON_SPAM] = "spam", [LESSON_FORGET] = "forget" };

bool teach_is_word(const char *word, enum lesson_wanted *ret_wanted)
{
	for (size_t i = 0; i < LESSONS_WANTED; i++)
		if (strcmp(word, words_of[i]) == 0) {
			*ret_wanted = (enum lesson_wanted)i;
			return true;
		}
	return false;
}

/* ---- in the order of the paths ---- */

static enum result conclude(struct teach *teach, struct pupil *pupil)
{
	enum lesson_end end;

	if (!pupil->read) {
		complain("%s: it could not be read", pupil->name);
		teach->inputs.unreadable++;
		return OK;
	}
	TRY(teacher_lesson(&teach->teacher, teach->wanted, (struct slice){ pupil->digest, DIGEST_SIZE },
	                   buffer_slice(&pupil->features), &end));
	teach->ends[end]++;
	if (end == LESSON_UNCLEAR) {
		complain("%s: what the gateway knows of it is damaged", pupil->name);
		teach->inputs.unreadable++;
	}
	return OK;
}

static enum result conclude_ready(struct teach *teach)
{
	while (teach->first < teach->next && !teach->ring[teach->first % RING].waiting) {
		struct pupil *pupil = &teach->ring[teach->first % RING];

		TRY(conclude(teach, pupil));
		buffer_finish(&pupil->features);
		teach->first++;
	}
	return OK;
}

static enum result hear_one(struct teach *teach)
{
	struct inspector_answer answer;
	struct pupil *pupil;

	TRY(inspector_answer(&teach->inspector, &answer));
	pupil = &teach->ring[answer.exchange % RING];
	if (answer.exchange < teach->first || answer.exchange >= teach->next || !pupil->waiting)
		return REFUSED;
	pupil->waiting = false;
	pupil->read = answer.features;
	if (answer.features)
		TRY(buffer_add(&pupil->features, answer.payload));
	if (progress_is_due(&teach->progress, clock_ticks()))
		progress_show(&teach->progress, clock_ticks(), teach->first, slice_of(pupil->name));
	return conclude_ready(teach);
}

/* ---- messages ---- */

/* Of the bytes that are read, line ends and all: whoever brings the message again brings the same. */
static enum result digest_message(int message, char ret_digest[DIGEST_SIZE])
{
	struct digest digest;
	struct stat about;
	void *bytes = NULL;

	if (fstat(message, &about) != 0)
		return REFUSED;
	if (about.st_size > 0)
		bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, message, 0);
	if (bytes == MAP_FAILED)
		return REFUSED;
	digest_init(&digest);
	digest_add(&digest, (struct slice){ bytes ? bytes : "", (size_t)about.st_size });
	digest_end(&digest, (unsigned char *)ret_digest);
	if (bytes)
		(void)munmap(bytes, (size_t)about.st_size);
	return OK;
}

static enum result take_message(void *owner, const char *name, struct slice bytes)
{
	struct teach *teach = owner;
	struct pupil *pupil;
	closing int message = -1;

	while (teach->next - teach->first >= teach->jobs)
		TRY(hear_one(teach));
	while (teach->first < teach->next && inspector_has_answered(&teach->inspector))
		TRY(hear_one(teach));
	message = inspector_message(name, bytes);
	if (message < 0) {
		teach->inputs.unreadable++;
		return OK;
	}
	pupil = &teach->ring[teach->next % RING];
	*pupil = (struct pupil){ .waiting = true };
	(void)snprintf(pupil->name, sizeof(pupil->name), "%s", name);
	buffer_init(&pupil->features, FEATURES_PACKED);
	if (digest_message(message, pupil->digest) != OK) {
		complain("%s: %s", name, strerrordesc_np(errno));
		return REFUSED;
	}
	return inspector_features(&teach->inspector, teach->next++, message);
}

/* ---- the command ---- */

static void say_total(const struct teach *teach)
{
	static const char *const names[] = { LESSON_ENDS(LESSON_END_NAME) };
	uint64_t all = 0;

	for (size_t i = 0; i < LESSON_ENDS_COUNT; i++)
		all += teach->ends[i];
	(void)printf("%s: %llu messages", words_of[teach->wanted], (unsigned long long)all);
	for (size_t i = 0; i < LESSON_ENDS_COUNT; i++)
		if (teach->ends[i])
			(void)printf(", %llu %s", (unsigned long long)teach->ends[i], names[i]);
	(void)printf("\n");
}

/* A worker that a message has taken over would make the features of those behind it: each message has its own. The keeper
 * waits for a teacher no longer than for others, so he begins when he can bring something. */
static enum result begin(struct teach *teach, struct places *places)
{
	TRY(settings_put(&places->settings, "inspect", "messages_per_worker", SLICE("1")));
	TRY(inspector_start(&teach->inspector, places, INSPECTOR_ALONE));
	return teacher_begin(&teach->teacher, places->gateway.run.is);
}

static enum result teach_all(struct teach *teach, struct places *places, char *const *paths)
{
	enum result result;

	TRY(begin(teach, places));
	result = inputs_walk(&teach->inputs, paths);
	while (result == OK && teach->first < teach->next)
		result = hear_one(teach);
	TRY(result);
	TRY(teacher_brought_all(&teach->teacher));
	say_total(teach);
	return OK;
}

static int run(struct teach *teach, struct places *places, char *const *paths)
{
	enum result result;

	progress_begin(&teach->progress, isatty(STDERR_FILENO), clock_ticks());
	result = teach_all(teach, places, paths);
	progress_clear(&teach->progress);
	inspector_finish(&teach->inspector);
	teacher_end(&teach->teacher);
	for (size_t i = 0; i < RING; i++)
		buffer_finish(&teach->ring[i].features);
	if (fflush(stdout) != 0)
		result = REFUSED;
	if (result != OK)
		return 2;
	return teach->inputs.unreadable > 0;
}

static const struct option options[] = { { "jobs", required_argument, NULL, 'n' }, { NULL, 0, NULL, 0 } };

static bool obey_option(struct teach *teach, int letter, const char *value)
{
	uint64_t jobs = 0;

	if (letter != 'n')
		return false;
	if (slice_number(slice_of(value), RING, &jobs) != OK || jobs == 0) {
		complain("--jobs wants a number from 1 to %d", RING);
		return false;
	}
	teach->jobs = (size_t)jobs;
	return true;
}

int teach_main(struct places *places, int count, char **words)
{
	static struct teach teach = { .inspector = { .wire = -1 }, .teacher = { .fd = -1 } };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int letter;

	teach.jobs = cores < 1 ? JOBS_EACH : cores > RING / JOBS_EACH ? RING : JOBS_EACH * (size_t)cores;
	teach.inputs = (struct inputs){ .message = take_message, .owner = &teach };
	if (!teach_is_word(words[0], &teach.wanted))
		return 2;
	while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
		if (!obey_option(&teach, letter, optarg))
			return 2;
	if (optind == count) {
		complain("%s wants a file or a folder", words[0]);
		return 2;
	}
	if (config_load(places, false) != OK)
		return 2;
	return run(&teach, places, words + optind);
}
