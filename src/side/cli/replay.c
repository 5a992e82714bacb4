/* SPDX-License-Identifier: Apache-2.0 */
/* Sources hand messages to contrast.h one by one; what differs is told as it is known, and counted to the end. */
#include "cli/replay.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/config.h"
#include "cli/contrast.h"
#include "cli/inputs.h"
#include "cli/kept.h"
#include "cli/pretend.h"
#include "cli/progress.h"
#include "cli/spooled.h"
#include "cli/telling.h"

#include <unistd.h>

enum { PAST_MEMORY = 128 << 20, LINE_LIMIT = 64 << 20, ENVELOPE_LIMIT = 1 << 20 };

struct replay {
	struct contrast contrast;
	struct inputs inputs;
	struct places *was, will;
	struct pretend pretend;
	struct progress progress;
	struct telling telling;
	const char *against;
	uint64_t jobs;
	bool json, scanners, quarantine, kept;
};

static void print(struct replay *replay, const struct buffer *text)
{
	if (buffer_length(text) && isatty(STDOUT_FILENO))
		progress_clear(&replay->progress);
	(void)fwrite(buffer_slice(text).at, 1, buffer_length(text), stdout);
}

static enum result tell(void *own_replay, struct contrast_item *item)
{
	struct replay *replay = own_replay;
	struct buffer text;
	enum result result;

	buffer_init(&text, LINE_LIMIT);
	result = telling_item(&replay->telling, item, &text);
	print(replay, &text);
	buffer_finish(&text);
	if (progress_is_due(&replay->progress, clock_ticks()))
		progress_show(&replay->progress, clock_ticks(), replay->telling.messages, slice_of(item->name));
	return result;
}

static void print_totals(struct replay *replay)
{
	struct buffer text;

	buffer_init(&text, LINE_LIMIT);
	if (telling_totals(&replay->telling, &text) == OK)
		print(replay, &text);
	buffer_finish(&text);
}

/* ---- where messages come from ---- */

static enum result take_message(void *own_replay, const char *name, struct slice bytes)
{
	struct replay *replay = own_replay;
	closing int message = inspector_message(name, bytes);
	struct buffer envelope;
	enum result result;

	if (message < 0) {
		replay->inputs.unreadable++;
		return OK;
	}
	buffer_init(&envelope, ENVELOPE_LIMIT);
	result = pretend_envelope(&replay->pretend, &envelope);
	if (result == OK)
		result = contrast_add(&replay->contrast, name, &(struct inspector_past){ .envelope = buffer_slice(&envelope) }, message);
	if (result == OK)
		(void)fd_keep(&message);
	buffer_finish(&envelope);
	return result;
}

/* With what was found and answered then. */
static enum result take_past(struct replay *replay, const char *name, struct slice envelope, struct slice packed, int given)
{
	closing int message = given;
	struct judgement judgement = { 0 };
	struct arena arena;
	enum result result;

	arena_init(&arena, PAST_MEMORY);
	if (judgement_unpack(packed, &arena, &judgement) != OK)
		result = contrast_unknown(&replay->contrast, name, "what was kept of it cannot be read");
	else if (judgement.evidence.len == 0)
		result = contrast_unknown(&replay->contrast, name, "it was judged without being read");
	else
		result = contrast_add(&replay->contrast, name,
		                      &(struct inspector_past){ envelope, judgement.findings, judgement.evidence }, message);
	if (result == OK && judgement.evidence.len)
		(void)fd_keep(&message);
	arena_finish(&arena);
	return result;
}

static enum result take_kept(void *own_replay, const struct kept_judgement *kept)
{
	char name[CONTRAST_NAME];

	(void)snprintf(name, sizeof(name), "%.*s", SHOW(kept->id));
	return take_past(own_replay, name, kept->envelope, kept->judgement, -1);
}

static enum result take_unread(void *own_replay, struct slice id)
{
	char name[CONTRAST_NAME];

	(void)snprintf(name, sizeof(name), "%.*s", SHOW(id));
	return contrast_unknown(&((struct replay *)own_replay)->contrast, name, "what was kept of it cannot be read");
}

static enum result take_spooled(void *own_replay, const struct spooled *spooled)
{
	return take_past(own_replay, spooled->id, spooled->envelope, spooled->judgement, spooled->message);
}

static enum result take_missing(void *own_replay, const char *id)
{
	return contrast_unknown(&((struct replay *)own_replay)->contrast, id, "the queue does not hand it out");
}

static enum result take_all(struct replay *replay, char *const *paths)
{
	const struct spooled_walk spooled = { take_spooled, take_missing, replay };
	struct kept_walk kept = { .each = take_kept, .unread = take_unread, .owner = replay };

	TRY(inputs_walk(&replay->inputs, paths));
	if (replay->quarantine)
		TRY(spooled_quarantine(replay->was->gateway.run.is, &spooled));
	if (replay->kept)
		TRY(kept_walk(&kept, replay->was));
	replay->inputs.unreadable += kept.unread_files;
	return contrast_judge(&replay->contrast);
}

static int replay_all(struct replay *replay, char *const *paths)
{
	enum result result = telling_begin(&replay->telling, replay->was, &replay->will, replay->json);

	if (result == OK)
		result = contrast_start(&replay->contrast, replay->was, &replay->will, replay->scanners);
	progress_begin(&replay->progress, isatty(STDERR_FILENO), clock_ticks());
	if (result == OK)
		result = take_all(replay, paths);
	progress_clear(&replay->progress);
	if (result == OK)
		print_totals(replay);
	contrast_finish(&replay->contrast);
	telling_end(&replay->telling);
	if (fflush(stdout) != 0 || result != OK)
		return 2;
	return replay->inputs.unreadable > 0;
}

/* ---- options ---- */

static const struct option options[] = {
	{ "against", required_argument, NULL, 'a' }, { "json", no_argument, NULL, 'j' },
	{ "scanners", no_argument, NULL, 's' },      { "jobs", required_argument, NULL, 'n' },
	{ "quarantine", no_argument, NULL, 'q' },    { "kept", no_argument, NULL, 'k' },
	PRETEND_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static bool obey_option(struct replay *replay, int letter, const char *value)
{
	const struct { char letter; bool *flag; } flags[] = {
		{ 'j', &replay->json }, { 's', &replay->scanners }, { 'q', &replay->quarantine }, { 'k', &replay->kept },
	};

	if (pretend_option(&replay->pretend, letter, value))
		return true;
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (letter == flags[i].letter)
			*flags[i].flag = true;
	if (letter == 'a')
		replay->against = value;
	if (letter == 'n' && (slice_number(slice_of(value), CONTRAST_MOST, &replay->jobs) != OK || replay->jobs == 0)) {
		complain("--jobs wants a number from 1 to %d", CONTRAST_MOST);
		return false;
	}
	return letter != '?';
}

static const char *what_lacks(const struct replay *replay, bool has_paths)
{
	if (replay->against == NULL)
		return "--against NEW.conf: which configuration is to be tried?";
	if (!has_paths && !replay->quarantine && !replay->kept)
		return "wants files or folders, --quarantine or --kept";
	return NULL;
}

static enum result prepare(struct replay *replay)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = replay->jobs ? replay->jobs : 4 * (uint64_t)(cores < 1 ? 1 : cores);

	replay->contrast.most = jobs < CONTRAST_MOST ? jobs : CONTRAST_MOST;
	replay->contrast.tell = tell;
	replay->contrast.owner = replay;
	replay->inputs = (struct inputs){ .message = take_message, .owner = replay };
	TRY(config_load(replay->was, replay->scanners));
	TRY(places_find(&replay->will, replay->against));
	return config_load(&replay->will, false);
}

int replay_main(struct places *places, int count, char **words)
{
	static struct replay replay;
	const char *lacks;
	int letter, status = 2;

	replay.pretend = pretend_standard();
	replay.was = places;
	while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
		if (!obey_option(&replay, letter, optarg))
			return 2;
	lacks = what_lacks(&replay, optind < count);
	if (lacks)
		complain("%s", lacks);
	else if (prepare(&replay) == OK)
		status = replay_all(&replay, words + optind);
	places_finish(&replay.will);
	return status;
}
