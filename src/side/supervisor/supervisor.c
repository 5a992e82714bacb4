/* SPDX-License-Identifier: Apache-2.0 */
/* The parts are opened in the order of a table's rows; what fails closes what was opened. */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/fd.h"
#include "front/front.h"
#include "supervisor/privileges.h"
#include "supervisor/schema.h"
#include "supervisor/systemd.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SETTINGS_LONGEST = 32 << 20, COMPLAINTS_LONGEST = 1 << 20, DESCRIPTORS = 1024 };

void supervisor_say(struct supervisor *supervisor, enum log_level level, const char *event, const char *key,
		    struct slice value)
{
	log_say(&supervisor->log, level, SLICE(""), event, key, value);
	log_pipe_drain(&supervisor->own_pipe);
}

/* ---- the end, round by round ---- */

static void next_rounds(struct supervisor *supervisor)
{
	while (supervisor->round < STOP_ROUNDS && children_gone(&supervisor->children, supervisor->round)) {
		supervisor->round++;
		if (supervisor->round < STOP_ROUNDS)
			children_stop(&supervisor->children, supervisor->round);
	}
	if (supervisor->round == STOP_ROUNDS)
		loop_stop(&supervisor->loop);
}

static void time_is_over(void *owner)
{
	struct supervisor *supervisor = owner;

	supervisor_say(supervisor, LOG_LEVEL_WARNING, "stopped-by-force", "reason", SLICE("time is over"));
	children_kill(&supervisor->children);
}

void supervisor_stop(struct supervisor *supervisor)
{
	if (supervisor->stopping) {
		children_kill(&supervisor->children);
		return;
	}
	supervisor->stopping = true;
	systemd_stopping();
	supervisor_say(supervisor, LOG_LEVEL_NOTICE, "stopping", "after", SLICE("orders"));
	supervisor->round = STOP_FIRST;
	children_stop(&supervisor->children, STOP_FIRST);
	if (timer_start(&supervisor->patience, SUPERVISOR_STOP_TIME) != OK)
		children_kill(&supervisor->children);
	next_rounds(supervisor);
}

void supervisor_look(struct supervisor *supervisor)
{
	if (supervisor->stopping) {
		next_rounds(supervisor);
	} else if (!supervisor->ready && children_ready(&supervisor->children)) {
		supervisor->ready = true;
		supervisor_say(supervisor, LOG_LEVEL_NOTICE, "ready", "settings", slice_of(supervisor->config));
		systemd_ready("mail is taken");
	}
}

/* ---- signals and time ---- */

static void reload(struct supervisor *supervisor)
{
	struct buffer complaints;

	buffer_init(&complaints, COMPLAINTS_LONGEST);
	(void)!supervisor_reload(supervisor, &complaints);
	buffer_finish(&complaints);
}

static void reap(struct supervisor *supervisor)
{
	children_reap(&supervisor->children);
	log_pipe_drain(&supervisor->own_pipe);
}

static void reopen(struct supervisor *supervisor)
{
	logs_reopen(&supervisor->logs);
}

static const struct { int number; void (*obey)(struct supervisor *); } orders[] = {
	{ SIGTERM, supervisor_stop }, { SIGINT, supervisor_stop }, { SIGHUP, reload },
	{ SIGUSR1, reopen }, { SIGCHLD, reap },
};
_Static_assert(COUNT_OF(orders) <= SUPERVISOR_SIGNALS, "a watch for each");

static void signal_came(void *owner, int number)
{
	for (size_t i = 0; i < COUNT_OF(orders); i++)
		if (orders[i].number == number)
			orders[i].obey(owner);
}

static void say_alive(void *owner)
{
	struct supervisor *supervisor = owner;

	systemd_alive();
	if (timer_start(&supervisor->alive, systemd_watchdog() / 3 + 1) != OK)
		supervisor_stop(supervisor);
}

/* ---- the start ---- */

static enum result read_settings(struct supervisor *supervisor, struct buffer *complaint)
{
	buffer_init(&supervisor->packed, SETTINGS_LONGEST);
	TRY(schema_read(&supervisor->settings, supervisor->config, complaint));
	return settings_pack(&supervisor->settings, &supervisor->packed);
}

static enum result open_folders(struct supervisor *supervisor, struct buffer *complaint)
{
	struct gateway_settings gateway;

	TRY(settings_fill(&supervisor->settings, &gateway_settings_section, SLICE(""), &gateway));
	supervisor->weak = gateway.jail.is == GATEWAY_JAIL_WEAK;
	return folders_open(&supervisor->folders, &gateway, supervisor->root, complaint);
}

static enum result open_loop(struct supervisor *supervisor, struct buffer *complaint)
{
	struct log_settings log;

	TRY(loop_init(&supervisor->loop));
	logs_init(&supervisor->logs, &supervisor->loop);
	TRY(settings_fill(&supervisor->settings, &log_settings_section, SLICE(""), &log));
	if (logs_use(&supervisor->logs, &log) != OK) {
		TRY(buffer_format(complaint, "the log file %.*s cannot be opened\n", SHOW(log.file.is)));
		return REFUSED;
	}
	TRY(log_pipe_open(&supervisor->own_pipe, &supervisor->logs, "supervisor", &supervisor->own_log));
	log_init(&supervisor->log, "supervisor", supervisor->own_log, LOG_LEVEL_DEBUG);
	timer_init(&supervisor->patience, &supervisor->loop, time_is_over, supervisor);
	timer_init(&supervisor->alive, &supervisor->loop, say_alive, supervisor);
	return OK;
}

static enum result open_listeners(struct supervisor *supervisor, struct buffer *complaint)
{
	size_t added;
	bool removed;

	TRY(listeners_open_local(&supervisor->listeners, supervisor->folders.run, complaint));
	return listeners_follow(&supervisor->listeners, &supervisor->settings, SUPERVISOR_BIND_TIME, complaint, &added,
				&removed);
}

static enum result open_control(struct supervisor *supervisor, struct buffer *complaint)
{
	(void)complaint;
	return control_open(&supervisor->control, supervisor,
			    listeners_named(&supervisor->listeners, "supervisor")->fd);
}

/* A file that was opened before is still written after rights are dropped; new ones are root's own. */
static enum result drop_rights(struct supervisor *supervisor, struct buffer *complaint)
{
	(void)supervisor;
	if (privileges_drop() == OK)
		return OK;
	TRY(buffer_format(complaint, "capabilities that are not needed could not be dropped\n"));
	return BROKEN;
}

static enum result watch_signals(struct supervisor *supervisor, struct buffer *complaint)
{
	(void)complaint;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return BROKEN;
	for (size_t i = 0; i < COUNT_OF(orders); i++)
		TRY(signal_watch_start(&supervisor->signals[i], &supervisor->loop, orders[i].number, signal_came,
				       supervisor));
	return OK;
}

static enum result start_children(struct supervisor *supervisor, struct buffer *complaint)
{
	struct front_settings front;

	(void)complaint;
	TRY(settings_fill(&supervisor->settings, &front_settings_section, SLICE(""), &front));
	TRY(children_init(&supervisor->children, supervisor, (unsigned)front.processes.n));
	children_start(&supervisor->children);
	return systemd_watchdog() ? timer_start(&supervisor->alive, 1) : OK;
}

/* Each child takes five descriptors, each caller and listener one. */
static enum result raise_limits(struct supervisor *supervisor, struct buffer *complaint)
{
	struct rlimit limit;

	(void)supervisor;
	(void)complaint;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS && limit.rlim_max >= DESCRIPTORS) {
		limit.rlim_cur = DESCRIPTORS;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	return OK;
}

static const struct { enum result (*open)(struct supervisor *, struct buffer *); const char *what; } openings[] = {
	{ read_settings,  "the settings" },
	{ open_folders,   "the folders" },
	{ open_loop,      "the loop" },
	{ raise_limits,   "the limits" },
	{ open_listeners, "the listeners" },
	{ open_control,   "the control socket" },
	{ drop_rights,    "the rights" },
	{ watch_signals,  "the signals" },
	{ start_children, "the processes" },
};

static enum result open_all(struct supervisor *supervisor)
{
	enum result result = OK;
	struct buffer complaint;

	buffer_init(&complaint, COMPLAINTS_LONGEST);
	for (size_t i = 0; result == OK && i < COUNT_OF(openings); i++) {
		result = openings[i].open(supervisor, &complaint);
		if (result != OK && buffer_length(&complaint) == 0)
			(void)fprintf(stderr, "%s could not be opened\n", openings[i].what);
	}
	(void)fprintf(stderr, "%.*s", SHOW(buffer_slice(&complaint)));
	buffer_finish(&complaint);
	return result;
}

static void close_all(struct supervisor *supervisor)
{
	control_close(&supervisor->control);
	children_finish(&supervisor->children);
	listeners_close(&supervisor->listeners);
	for (size_t i = 0; i < COUNT_OF(orders); i++)
		if (supervisor->signals[i].came)
			signal_watch_end(&supervisor->signals[i]);
	timer_end(&supervisor->patience);
	timer_end(&supervisor->alive);
	log_pipe_close(&supervisor->own_pipe);
	fd_close(&supervisor->own_log);
	if (supervisor->logs.loop)
		logs_finish(&supervisor->logs);
	loop_finish(&supervisor->loop);
	folders_close(&supervisor->folders);
	settings_finish(&supervisor->settings);
	buffer_finish(&supervisor->packed);
}

int supervisor_run(const char *config, const char *libexec)
{
	struct supervisor supervisor = {
		.config = config, .root = geteuid() == 0, .own_log = -1, .folders = { -1, -1 }
	};
	enum result result;

	(void)snprintf(supervisor.libexec, sizeof(supervisor.libexec), "%s", libexec);
	settings_init(&supervisor.settings);
	result = open_all(&supervisor);
	if (result == OK)
		result = loop_run(&supervisor.loop);
	if (result == OK)
		supervisor_say(&supervisor, LOG_LEVEL_NOTICE, "stopped", "after", SLICE("all processes"));
	if (result == OK)
		listeners_remove_local(supervisor.folders.run);
	close_all(&supervisor);
	return result == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
