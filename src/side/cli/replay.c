/* SPDX-License-Identifier: Apache-2.0 */
/* Sources hand messages to contrast.h one by one; what differs is told as it is known, and counted to the end. */
#include "cli/replay.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/compare.h"
#include "cli/config.h"
#include "cli/contrast.h"
#include "cli/inputs.h"
#include "cli/kept.h"
#include "cli/pretend.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "cli/spooled.h"

#include <unistd.h>

enum { TELL_MEMORY = 128 << 20, LINE_LIMIT = 64 << 20, ENVELOPE_LIMIT = 1 << 20 };

struct replay {
	struct contrast contrast;
	struct inputs inputs;
	struct places *was, will;
	struct pretend pretend;
	struct progress progress;
	struct pair_totals pairs;
	const char *against;
	uint64_t messages, same, differ, unknown, jobs;
	bool json, scanners, quarantine, kept;
};

/* ---- telling ---- */

struct two { struct envelope envelope; struct judgement was, will; struct differences changes; struct arena arena; };

static enum result read_two(const struct contrast_item *item, struct two *two)
{
	TRY(envelope_unpack(buffer_slice(&item->envelope), &two->arena, &two->envelope));
	TRY(judgement_unpack(buffer_slice(&item->payload[WAS]), &two->arena, &two->was));
	TRY(judgement_unpack(buffer_slice(&item->payload[WILL]), &two->arena, &two->will));
	return compare(&two->envelope, &two->was, &two->will, &two->arena, &two->changes);
}

static enum result why(struct replay *replay, struct places *places, const struct difference *change, struct slice rule,
                       struct arena *arena, struct buffer *to)
{
	struct slice origin;

	(void)replay;
	if (change->recipient.len == 0) {
		TRY(buffer_add(to, rule.len ? SLICE(" (") : SLICE("")));
		TRY(report_shown(to, rule));
		return buffer_add(to, rule.len ? SLICE(")") : SLICE(""));
	}
	TRY(rule_origin(&places->settings, rule, arena, &origin));
	TRY(buffer_add(to, SLICE(" by ")));
	TRY(rule.len ? report_shown(to, rule) : buffer_add(to, SLICE("the end of the list")));
	return origin.len ? buffer_format(to, " at %.*s", SHOW(origin)) : OK;
}

static enum result change_line(struct replay *replay, const char *name, const struct difference *change, struct arena *arena,
                               struct buffer *to)
{
	TRY(report_shown(to, slice_of(name)));
	TRY(buffer_add(to, SLICE(": ")));
	TRY(report_shown(to, change->recipient.len ? change->recipient : SLICE("verdict")));
	TRY(buffer_add(to, SLICE(": ")));
	TRY(report_shown(to, change->from));
	TRY(why(replay, replay->was, change, change->from_rule, arena, to));
	TRY(buffer_add(to, SLICE(" -> ")));
	TRY(report_shown(to, change->to));
	TRY(why(replay, &replay->will, change, change->to_rule, arena, to));
	return buffer_add_byte(to, '\n');
}

static json_t *side_json(struct places *places, struct slice what, struct slice rule, struct arena *arena)
{
	json_t *object = json_object();
	struct slice origin;

	(void)json_object_set_new(object, "what", report_text(what));
	(void)json_object_set_new(object, "why", report_text(rule));
	if (rule_origin(&places->settings, rule, arena, &origin) == OK && origin.len)
		(void)json_object_set_new(object, "origin", report_text(origin));
	return object;
}

static json_t *change_json(struct replay *replay, const struct difference *change, struct arena *arena)
{
	json_t *object = json_object();

	if (change->recipient.len)
		(void)json_object_set_new(object, "recipient", report_text(change->recipient));
	(void)json_object_set_new(object, "from", side_json(replay->was, change->from, change->from_rule, arena));
	(void)json_object_set_new(object, "to", side_json(&replay->will, change->to, change->to_rule, arena));
	return object;
}

static enum result changes_json(struct replay *replay, const char *name, struct two *two, struct buffer *to)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < two->changes.count; i++)
		(void)json_array_append_new(list, change_json(replay, &two->changes.list[i], &two->arena));
	(void)json_object_set_new(object, "file", report_text(slice_of(name)));
	(void)json_object_set_new(object, "changes", list);
	return report_object(object, to);
}

static enum result changes_text(struct replay *replay, const char *name, struct two *two, struct buffer *to)
{
	for (size_t i = 0; i < two->changes.count; i++)
		TRY(change_line(replay, name, &two->changes.list[i], &two->arena, to));
	return OK;
}

static enum result unknown_text(struct replay *replay, const char *name, struct slice reason, struct buffer *to)
{
	json_t *object;

	if (!replay->json) {
		TRY(report_shown(to, slice_of(name)));
		TRY(buffer_add(to, SLICE(": cannot be told: ")));
		TRY(report_shown(to, reason));
		return buffer_add_byte(to, '\n');
	}
	object = json_object();
	(void)json_object_set_new(object, "file", report_text(slice_of(name)));
	(void)json_object_set_new(object, "unknown", report_text(reason));
	return report_object(object, to);
}

static enum result tell_two(struct replay *replay, const struct contrast_item *item, struct buffer *to)
{
	struct two two = { 0 };
	enum result result;

	arena_init(&two.arena, TELL_MEMORY);
	result = read_two(item, &two);
	for (size_t i = 0; i < two.changes.count && result == OK; i++)
		pairs_add(&replay->pairs, two.changes.list[i].pair);
	if (result == OK && two.changes.count)
		result = (replay->json ? changes_json : changes_text)(replay, item->name, &two, to);
	replay->same += two.changes.count == 0;
	replay->differ += two.changes.count > 0;
	arena_finish(&two.arena);
	return result;
}

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
	replay->messages++;
	if (item->judged[WAS] && item->judged[WILL]) {
		result = tell_two(replay, item, &text);
	} else {
		replay->unknown++;
		result = unknown_text(replay, item->name, buffer_slice(&item->payload[item->judged[WAS] ? WILL : WAS]), &text);
	}
	print(replay, &text);
	buffer_finish(&text);
	if (progress_is_due(&replay->progress, clock_ticks()))
		progress_show(&replay->progress, clock_ticks(), replay->messages, slice_of(item->name));
	return result;
}

static enum result totals_json(const struct replay *replay, struct buffer *to)
{
	json_t *object = json_object(), *totals = json_object(), *pairs = json_object();

	for (size_t i = 0; i < replay->pairs.count; i++)
		(void)json_object_set_new(pairs, replay->pairs.list[i].pair, json_integer((json_int_t)replay->pairs.list[i].count));
	(void)json_object_set_new(totals, "messages", json_integer((json_int_t)replay->messages));
	(void)json_object_set_new(totals, "same", json_integer((json_int_t)replay->same));
	(void)json_object_set_new(totals, "differ", json_integer((json_int_t)replay->differ));
	(void)json_object_set_new(totals, "unknown", json_integer((json_int_t)replay->unknown));
	(void)json_object_set_new(totals, "changes", pairs);
	(void)json_object_set_new(object, "totals", totals);
	return report_object(object, to);
}

static enum result totals_text(const struct replay *replay, struct buffer *to)
{
	TRY(buffer_format(to, "%llu messages: %llu the same, %llu differ, %llu cannot be told\n",
	                  (unsigned long long)replay->messages, (unsigned long long)replay->same,
	                  (unsigned long long)replay->differ, (unsigned long long)replay->unknown));
	for (size_t i = 0; i < replay->pairs.count; i++)
		TRY(buffer_format(to, "%8llu  %s\n", (unsigned long long)replay->pairs.list[i].count, replay->pairs.list[i].pair));
	return OK;
}

static void print_totals(struct replay *replay)
{
	struct buffer text;

	buffer_init(&text, LINE_LIMIT);
	if ((replay->json ? totals_json : totals_text)(replay, &text) == OK)
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

/* With what was found and answered then; a judgement without either was made unread, and stands. */
static enum result take_past(struct replay *replay, const char *name, struct slice envelope, struct slice packed, int given)
{
	closing int message = given;
	struct judgement judgement;
	struct arena arena;
	enum result result;

	arena_init(&arena, TELL_MEMORY);
	result = judgement_unpack(packed, &arena, &judgement);
	if (result == OK && judgement.evidence.len)
		result = contrast_add(&replay->contrast, name,
		                      &(struct inspector_past){ envelope, judgement.findings, judgement.evidence }, message);
	else if (result != OK)
		complain("%s: what was kept of it cannot be read", name);
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

static enum result take_spooled(void *own_replay, const struct spooled *spooled)
{
	return take_past(own_replay, spooled->id, spooled->envelope, spooled->judgement, spooled->message);
}

static enum result take_all(struct replay *replay, char *const *paths)
{
	struct kept_walk kept = { .each = take_kept, .owner = replay };

	TRY(inputs_walk(&replay->inputs, paths));
	if (replay->quarantine)
		TRY(spooled_quarantine(replay->was->gateway.run.is, take_spooled, replay));
	if (replay->kept)
		TRY(kept_walk(&kept, replay->was));
	replay->inputs.unreadable += kept.damaged;
	return contrast_judge(&replay->contrast);
}

static int replay_all(struct replay *replay, char *const *paths)
{
	enum result result = contrast_start(&replay->contrast, replay->was, &replay->will, replay->scanners);

	progress_begin(&replay->progress, isatty(STDERR_FILENO), clock_ticks());
	if (result == OK)
		result = take_all(replay, paths);
	progress_clear(&replay->progress);
	if (result == OK)
		print_totals(replay);
	contrast_finish(&replay->contrast);
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
