/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process: settings and policy before the jail, then the dispatcher, with workers forked from inside its jail.
 *
 * Why from inside, and not from a helper process that stays outside: so every ancestor of a worker is confined
 * already, a worker that breaks its own jail finds itself in the dispatcher's, and nobody keeps rights for later
 * but the two that a worker gives away in its first lines (to become postern-work, when started as root). The
 * dispatcher reads no message; execve stays forbidden to all of them.
 */
#include "inspect/inspect.h"

#include "inspect/dispatcher.h"
#include "inspect/inspect.jail.h"
#include "inspect/model_loan.h"
#include "inspect/worker.h"
#include "inspect/worker.jail.h"

#include "base/fd.h"
#include "base/process.h"

#include <signal.h>
#include <unistd.h>

enum { POLICY_MEMORY = 16 << 20, COMPLAINT_MOST = 1024, GRACE_MS = 2000, BRIEF_MS = 5000, WORKER_WIRE = 3 };

struct inspect {
	struct process *process;
	struct dispatcher dispatcher;
	struct inspect_settings settings;
	struct arena memory;                     /* of the policy */
	struct worker_task task;
	struct message_limits limits;
	struct charsets charsets;                /* opened once, before the jail */
	struct jail jail;                        /* of the workers */
	struct model_loan loan;                  /* workers that are forked have it too */
	unsigned processors;
};

static void complain(struct inspect *inspect, struct buffer *complaint)
{
	log_say(&inspect->process->log, LOG_LEVEL_ERROR, SLICE(""), "policy-refused", "reason", buffer_slice(complaint));
}

/* The new policy stands in memory of its own, so that a refused one leaves the old as it was. */
static enum result load_policy(struct inspect *inspect, const struct policy **ret_policy)
{
	struct arena memory;
	struct buffer complaint;
	enum result result;

	arena_init(&memory, POLICY_MEMORY);
	buffer_init(&complaint, COMPLAINT_MOST);
	result = policy_compile(&inspect->process->settings, &memory, ret_policy, &complaint);
	if (result == OK) {
		arena_finish(&inspect->memory);
		inspect->memory = memory;
	} else {
		complain(inspect, &complaint);
		arena_finish(&memory);
	}
	buffer_finish(&complaint);
	return result;
}

static enum result load(struct inspect *inspect)
{
	struct inspect_settings settings;
	struct settings *file = &inspect->process->settings;
	const struct policy *policy;

	TRY(settings_fill(file, &inspect_settings_section, SLICE(""), &settings));
	TRY(load_policy(inspect, &policy));
	inspect->settings = settings;
	inspect->limits = (struct message_limits){
		.depth = settings.mime_depth.n, .parts = settings.mime_parts.n, .parameters = settings.mime_parameters.n,
		.boundary = settings.mime_boundary.n, .header_bytes = settings.header_bytes.n,
		.header_count = settings.header_count.n, .header_longest = settings.header_longest.n,
		.addresses = settings.addresses.n,
	};
	inspect->task = (struct worker_task){
		.means = { .limits = &inspect->limits, .charsets = &inspect->charsets, .policy = policy,
		           .model = inspect->loan.model,
		           .scanners = settings.scanners.on ? (unsigned)settings_title_count(file, "scanner") : 0 },
		.wall_seconds = settings.inspect_limit.n,
		.cpu_seconds = settings.cpu_limit.n,
	};
	inspect->jail = worker_jail;
	inspect->jail.memory = settings.memory.n;
	return OK;
}

static struct dispatcher_limits limits_of(const struct inspect *inspect)
{
	const struct inspect_settings *settings = &inspect->settings;

	return (struct dispatcher_limits){
		.scanners = inspect->task.means.scanners,
		.policy = inspect->task.means.policy,
		.unlisted = !settings->dnsbls.on,
		.strangers = !settings->senders.on,
		.in_flight = settings->in_flight.n,
		.inspect_ms = settings->inspect_limit.n * 1000,
		.cpu_ms = settings->cpu_limit.n * 1000,
		.brief_ms = BRIEF_MS,
		.workers = { .count = settings->workers.n ? settings->workers.n : inspect->processors,
		             .served_most = (unsigned)settings->messages_per_worker.n,
		             .patience_ms = settings->inspect_limit.n * 1000 + GRACE_MS },
	};
}

/* The child: nothing of ours stays open but its wire and the log's pipe, which it may not write to. */
static _Noreturn void live_as_worker(struct inspect *inspect, int wire)
{
	const struct jail_plan plan = { .jail = &inspect->jail, .weak = inspect->process->weak };
	char report[JAIL_REPORT_SIZE];

	if (dup3(wire, WORKER_WIRE, 0) < 0 || close_range(WORKER_WIRE + 1, ~0U, 0) != 0)
		_exit(EXIT_FAILURE);
	if (jail_become_spawned(&inspect->process->plan) != OK || jail_enter(&plan, report) != OK)
		_exit(EXIT_FAILURE);
	worker_run(WORKER_WIRE, &inspect->task);
	_exit(EXIT_SUCCESS);
}

static enum result make_worker(void *maker, bool judges, int *ret_wire)
{
	struct inspect *inspect = maker;
	closing int theirs = -1;
	int ends[2];
	pid_t child;

	(void)judges;                            /* it does what it is asked, and is asked to do nothing else */
	TRY(channel_pair(ends));
	theirs = ends[1];
	child = fork();
	if (child == 0)
		live_as_worker(inspect, theirs);
	if (child < 0) {
		fd_close(&ends[0]);
		return LATER;
	}
	*ret_wire = ends[0];
	return OK;
}

/* What cannot be opened is not there: then text in that set is read as Latin, with a fault. */
static void open_charsets(struct charsets *charsets)
{
	for (const char *const *name = charsets_wanted(); *name && charsets->count < CHARSETS_MOST; name++) {
		struct charset *next = &charsets->list[charsets->count];

		*next = (struct charset){ slice_of(*name), iconv_open("UTF-8", *name) };
		if (next->converter != (iconv_t)-1)
			charsets->count++;
	}
}

/* ---- the classifier's model ---- */

static void say_model(struct inspect *inspect, const struct model *model)
{
	struct log_line line;

	log_begin(&line, &inspect->process->log, LOG_LEVEL_INFO, SLICE(""), "model");
	log_count(&line, "generation", model ? (int64_t)model->generation : 0);
	log_count(&line, "spam", model ? (int64_t)model->learned[LABEL_SPAM] : 0);
	log_count(&line, "ham", model ? (int64_t)model->learned[LABEL_HAM] : 0);
	log_text(&line, "used", model ? SLICE("yes") : SLICE("no"));
	log_end(&line);
}

static bool knows_enough(const struct inspect *inspect, const struct model *model)
{
	return model->learned[LABEL_SPAM] >= inspect->settings.learned_least.n &&
	       model->learned[LABEL_HAM] >= inspect->settings.learned_least.n;
}

/* One that cannot be used is none: the old one is not what the site has learned any more. */
static struct model_loan take_loan(struct inspect *inspect, int fd, uint64_t size)
{
	struct model_loan loan = { 0 };
	const char *why;

	if (fd < 0)
		return loan;
	if (model_loan_take(fd, size, &loan, &why) != OK)
		log_say(&inspect->process->log, LOG_LEVEL_ERROR, SLICE(""), "model-refused", "reason", slice_of(why));
	else if (!knows_enough(inspect, loan.model))
		model_loan_end(&loan);
	return loan;
}

/* Workers that are there keep the old one until they are free: the mapping is theirs, too. */
static void lent(void *maker, int fd, uint64_t size)
{
	struct inspect *inspect = maker;
	struct model_loan loan = take_loan(inspect, fd, size), old = inspect->loan;

	if (loan.model == NULL && old.model == NULL)
		return;
	inspect->loan = loan;
	inspect->task.means.model = loan.model;
	say_model(inspect, loan.model);
	if (dispatcher_renew(&inspect->dispatcher) != OK)
		process_break(inspect->process, "no-workers");
	model_loan_end(&old);
}

/* ---- the role ---- */

static enum result prepare(void *self, struct process *process)
{
	struct inspect *inspect = self;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	inspect->process = process;
	inspect->processors = processors < 1 ? 1 : (unsigned)processors;
	dispatcher_init(&inspect->dispatcher, &process->loop, &process->log, &process->counters, make_worker, inspect);
	inspect->dispatcher.process = inspect->dispatcher.resolve.process = process;
	inspect->dispatcher.lent = lent;
	open_charsets(&inspect->charsets);
	return load(inspect);
}

static enum result start(struct inspect *inspect)
{
	const struct dispatcher_limits limits = limits_of(inspect);

	return dispatcher_start(&inspect->dispatcher, &limits);
}

/* The kernel buries dead workers: said here, because building the jail still waits for a child. */
static enum result begin(void *self)
{
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		return BROKEN;
	return start(self);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct inspect *inspect = self;

	(void)instance;
	if (what == GIVEN_WIRE && slice_same(name, SLICE("queue")))
		return dispatcher_queue(&inspect->dispatcher, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("scanners")))
		return dispatcher_scanners(&inspect->dispatcher, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("keeper")))
		return dispatcher_keeper(&inspect->dispatcher, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("resolver")))
		return dispatcher_resolver(&inspect->dispatcher, fd);
	fd_close(&fd);
	return OK;
}

static enum result reload(void *self)
{
	struct inspect *inspect = self;

	TRY(load(inspect));
	return start(inspect);
}

/* What is under way is asked again by the queue: nothing of ours has to be finished. */
static void stop(void *self)
{
	process_leave(((struct inspect *)self)->process);
}

static const struct process_role role = {
	.name = "inspect", .jail = &inspect_jail, .prepare = prepare, .begin = begin, .given = given,
	.reload = reload, .stop = stop,
};

int main(void)
{
	static struct inspect inspect;

	return process_main(&role, &inspect);
}
