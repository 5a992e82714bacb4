/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of messages under inspection: asked in the order of the input, printed in that order, answered in any. */
#include "cli/scan.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/inputs.h"
#include "cli/inspector.h"
#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MOST = 64, LINE_LIMIT = 64 << 20, SETTINGS_LIMIT = 16 << 20 };

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
	const char *from, *to, *client, *helo, *host;
	bool scanners;
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

/* ---- the settings, as the supervisor reads them ---- */

static enum result read_pipe(int fd, struct buffer *to)
{
	ssize_t got;

	do {
		char *room;

		TRY(buffer_reserve(to, 65536, &room));
		got = read(fd, room, 65536);
		if (got > 0)
			buffer_grew(to, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got == 0 ? OK : REFUSED;
}

static void become_supervisor(const struct places *places, int out)
{
	char executable[PLACE_SIZE + 32];

	(void)snprintf(executable, sizeof(executable), "%s/supervisor", places->libexec);
	if (dup2(out, STDOUT_FILENO) >= 0)
		(void)execl(executable, "supervisor", "--settings", "-c", places->config, (char *)NULL);
	complain("%s: %s", executable, strerrordesc_np(errno));
	_exit(127);
}

static enum result supervisor_settings(const struct places *places, struct buffer *packed)
{
	int ends[2], status = 1;
	enum result result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return LATER;
	pid = fork();
	if (pid == 0)
		become_supervisor(places, ends[1]);
	fd_close(&ends[1]);
	result = pid > 0 ? read_pipe(ends[0], packed) : LATER;
	fd_close(&ends[0]);
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		status = 1;
	return result == OK && status == 0 ? OK : REFUSED;
}

/* No file, and none was asked for: the defaults. */
static enum result load_settings(struct places *places, bool scanners)
{
	struct buffer packed;
	enum result result = OK;

	buffer_init(&packed, SETTINGS_LIMIT);
	if (places->chosen || access(places->config, F_OK) == 0)
		result = supervisor_settings(places, &packed);
	if (result == OK && buffer_length(&packed) > 0)
		result = settings_unpack(&places->settings, buffer_slice(&packed));
	buffer_finish(&packed);
	if (result == OK && !scanners)
		settings_forget(&places->settings, "scanner");
	if (result == OK)
		result = settings_fill(&places->settings, &gateway_settings_section, SLICE(""), &places->gateway);
	return result;
}

/* ---- messages ---- */

static void print_ready(struct scan *scan)
{
	while (scan->first < scan->next) {
		struct job *job = &scan->jobs[scan->first % scan->jobs_most];
		struct slice line = buffer_slice(&job->line);

		if (job->waiting)
			return;
		(void)fwrite(line.at, 1, line.len, stdout);
		buffer_finish(&job->line);
		scan->first++;
	}
}

static enum result hear_one(struct scan *scan)
{
	struct inspector_answer answer;
	struct job *job;
	struct report report;

	TRY(inspector_answer(&scan->inspector, &answer));
	job = &scan->jobs[answer.exchange % scan->jobs_most];
	if (answer.exchange < scan->first || answer.exchange >= scan->next || !job->waiting)
		return REFUSED;
	report = (struct report){ job->file, answer.judged, answer.payload, microseconds() - job->asked };
	if (scan->form(&report, &job->line) != OK) {
		complain("%s: the answer cannot be read", job->file);
		return REFUSED;
	}
	job->waiting = false;
	print_ready(scan);
	return OK;
}

static enum result ask_about(struct scan *scan, uint64_t exchange, int message)
{
	struct envelope_recipient recipient = { .address = slice_of(scan->to) };
	char id[MESSAGE_ID_SIZE];
	uint64_t chance = 0;
	struct envelope envelope = {
		.received = clock_wall(), .listener = SLICE("scan"), .protocol = SLICE("ESMTP"),
		.client_address = slice_of(scan->client), .helo = slice_of(scan->helo), .sender = slice_of(scan->from),
		.recipients = &recipient, .recipient_count = 1,
	};

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return LATER;
	message_id_make(clock_wall_ms(), chance, id);
	envelope.id = (struct slice){ id, sizeof(id) };
	return inspector_ask(&scan->inspector, exchange, &envelope, message);
}

static enum result take_message(void *owner, const char *name, struct slice bytes)
{
	struct scan *scan = owner;
	closing int message = -1;
	struct job *job;

	while (scan->next - scan->first == scan->jobs_most)
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
	enum result result = inspector_start(&scan->inspector, places, scan->scanners);

	if (result == OK)
		result = inputs_walk(&scan->inputs, paths);
	while (result == OK && scan->first < scan->next)
		result = hear_one(scan);
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
	{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
	{ "client", required_argument, NULL, 'i' }, { "helo", required_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum result obey_option(struct scan *scan, int letter, const char *value)
{
	const struct { char letter; const char **to; } texts[] = {
		{ 'f', &scan->from }, { 't', &scan->to }, { 'i', &scan->client }, { 'h', &scan->helo },
	};
	uint64_t jobs = 0;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (letter == texts[i].letter)
			*texts[i].to = value;
	if (letter == 'j')
		scan->form = report_json;
	scan->scanners |= letter == 's';
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
		.form = report_line, .from = "", .to = "postmaster@localhost", .client = "127.0.0.1", .helo = "localhost",
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
	if (load_settings(places, scan->scanners) != OK)
		return 2;
	return inspect_all(scan, places, words + optind);
}

int scan_main(struct places *places, int count, char **words)
{
	static struct scan scan;

	scan = standard_scan();
	return run_scan(&scan, places, count, words);
}

int explain_main(struct places *places, int count, char **words)
{
	static struct scan scan;

	scan = standard_scan();
	scan.form = report_trace;
	return run_scan(&scan, places, count, words);
}
