/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of messages under inspection: asked in the order of the input, printed in that order, answered in any. */
#include "cli/scan.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/config.h"
#include "cli/inputs.h"
#include "cli/inspector.h"
#include "cli/pretend.h"
#include "cli/progress.h"
#include "cli/report.h"

#include <getopt.h>
#include <unistd.h>

enum { JOBS_MOST = 64, LINE_LIMIT = 64 << 20, ENVELOPE_LIMIT = 1 << 20 };

struct job {
	bool waiting;
	char file[PLACE_SIZE + 32];
	uint64_t asked;                      /* ticks in microseconds */
	struct buffer line;
};

struct scan {
	struct inspector inspector;
	struct inputs inputs;
	enum result (*form)(const struct report *, struct buffer *);
	struct pretend pretend;
	struct progress progress;
	bool scanners, local, traces;
	struct settings *settings;
	size_t jobs_most;
	uint64_t first, next;                /* exchanges: the oldest not printed, the next to be asked */
	struct job jobs[JOBS_MOST];
};

static uint64_t microseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- messages ---- */

static void print_ready(struct scan *scan)
{
	while (scan->first < scan->next) {
		struct job *job = &scan->jobs[scan->first % scan->jobs_most];
		struct slice line = buffer_slice(&job->line);

		if (job->waiting)
			return;
		if (isatty(STDOUT_FILENO))
			progress_clear(&scan->progress);
		(void)fwrite(line.at, 1, line.len, stdout);
		buffer_finish(&job->line);
		scan->first++;
	}
}

static enum result hear_one(struct scan *scan)
{
	struct inspector_answer answer;
	struct buffer pretended;
	struct job *job;
	struct report report;
	enum result result;

	TRY(inspector_answer(&scan->inspector, &answer));
	job = &scan->jobs[answer.exchange % scan->jobs_most];
	if (answer.exchange < scan->first || answer.exchange >= scan->next || !job->waiting)
		return REFUSED;
	report = (struct report){ .file = job->file, .judged = answer.judged, .payload = answer.payload,
		                  .took_us = microseconds() - job->asked, .settings = scan->settings };
	buffer_init(&pretended, ENVELOPE_LIMIT);
	result = scan->traces ? pretend_envelope(&scan->pretend, &pretended) : OK;
	report.pretended = buffer_slice(&pretended);
	if (result == OK)
		result = scan->form(&report, &job->line);
	buffer_finish(&pretended);
	if (result != OK) {
		complain("%s: the answer cannot be read", job->file);
		return REFUSED;
	}
	job->waiting = false;
	print_ready(scan);
	if (progress_is_due(&scan->progress, clock_ticks()))
		progress_show(&scan->progress, clock_ticks(), scan->first, slice_of(job->file));
	return OK;
}

static enum result ask_about(struct scan *scan, uint64_t exchange, int message)
{
	struct buffer envelope;
	enum result result;

	buffer_init(&envelope, ENVELOPE_LIMIT);
	result = pretend_envelope(&scan->pretend, &envelope);
	if (result == OK)
		result = inspector_ask(&scan->inspector, exchange, buffer_slice(&envelope), message);
	buffer_finish(&envelope);
	return result;
}

static enum result take_message(void *owner, const char *name, struct slice bytes)
{
	struct scan *scan = owner;
	closing int message = -1;
	struct job *job;

	while (scan->next - scan->first == scan->jobs_most)
		TRY(hear_one(scan));
	while (scan->first < scan->next && inspector_has_answered(&scan->inspector))
		TRY(hear_one(scan));
	message = inspector_message(name, bytes);
	if (message < 0) {
		scan->inputs.unreadable++;
		return OK;
	}
	job = &scan->jobs[scan->next % scan->jobs_most];
	*job = (struct job){ .waiting = true, .asked = microseconds() };
	(void)snprintf(job->file, sizeof(job->file), "%s", name);
	buffer_init(&job->line, LINE_LIMIT);
	return ask_about(scan, scan->next++, message);
}

static int inspect_all(struct scan *scan, struct places *places, char *const *paths)
{
	enum result result = inspector_start(&scan->inspector, places, (scan->scanners ? INSPECTOR_SCANNERS : INSPECTOR_ALONE) |
	                                                               (scan->local ? INSPECTOR_ALONE : INSPECTOR_LISTS));

	progress_begin(&scan->progress, isatty(STDERR_FILENO), clock_ticks());
	if (result == OK)
		result = inputs_walk(&scan->inputs, paths);
	while (result == OK && scan->first < scan->next)
		result = hear_one(scan);
	progress_clear(&scan->progress);
	inspector_finish(&scan->inspector);
	if (fflush(stdout) != 0)
		result = REFUSED;
	if (result != OK)
		return 2;
	return scan->inputs.unreadable > 0;
}

/* ---- options ---- */

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },       { "scanners", no_argument, NULL, 's' },
	{ "local", no_argument, NULL, 'l' },      { "jobs", required_argument, NULL, 'n' },
	PRETEND_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static enum result obey_option(struct scan *scan, int letter, const char *value)
{
	uint64_t jobs = 0;

	if (pretend_option(&scan->pretend, letter, value))
		return OK;
	if (letter == 'j')
		scan->form = scan->traces ? report_trace_json : report_json;
	scan->scanners |= letter == 's';
	scan->local |= letter == 'l';
	if (letter == 'n' && (slice_number(slice_of(value), JOBS_MOST, &jobs) != OK || jobs == 0)) {
		complain("--jobs wants a number from 1 to %d", JOBS_MOST);
		return REFUSED;
	}
	if (letter == 'n')
		scan->jobs_most = (size_t)jobs;
	return letter == '?' ? REFUSED : OK;
}

static struct scan standard_scan(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return (struct scan){
		.form = report_line, .pretend = pretend_standard(),
		.inputs = { .message = take_message }, .inspector = { .wire = -1 },
		.jobs_most = cores < 1 ? 1 : cores > JOBS_MOST ? JOBS_MOST : (size_t)cores,
	};
}

static int run_scan(struct scan *scan, struct places *places, int count, char **words)
{
	int letter;

	scan->inputs.owner = scan;
	while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
		if (obey_option(scan, letter, optarg) != OK)
			return 2;
	if (optind == count) {
		complain("%s wants a file or a folder", words[0]);
		return 2;
	}
	if (config_load(places, scan->scanners) != OK || (scan->local && settings_put(&places->settings, "inspect", "dnsbls", SLICE("no")) != OK))
		return 2;
	scan->settings = &places->settings;
	return inspect_all(scan, places, words + optind);
}

int scan_main(struct places *places, int count, char **words)
{
	static struct scan scan;

	scan = standard_scan();
	return run_scan(&scan, places, count, words);
}

int explain_paths(struct places *places, int count, char **words)
{
	static struct scan scan;

	scan = standard_scan();
	scan.form = report_trace;
	scan.traces = true;
	return run_scan(&scan, places, count, words);
}
