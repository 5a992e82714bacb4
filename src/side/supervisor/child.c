/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a child goes by single frames that never wait: a child that does not listen is given up. */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"
#include "supervisor/certificates.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { SAID_LONGEST = 32768, PATH_SIZE = 4400 };

static const char *const state_names[] = {
	[CHILD_DOWN] = "down", [CHILD_STARTING] = "starting", [CHILD_RUNNING] = "running", [CHILD_LEAVING] = "leaving",
};

const char *child_state_name(enum child_state state)
{
	return state_names[state];
}

void child_say(struct child *child, enum log_level level, const char *event, const char *key, struct slice value)
{
	struct log_line line;

	log_begin(&line, &child->supervisor->log, level, SLICE(""), event);
	log_text(&line, "process", slice_of(child->row->name));
	if (child->row->many)
		log_count(&line, "instance", child->instance);
	if (child->pid)
		log_count(&line, "pid", child->pid);
	if (key)
		log_text(&line, key, value);
	log_end(&line);
}

void child_give_up(struct child *child, const char *reason)
{
	if (child->pid == 0 || child->given_up)
		return;
	child_say(child, LOG_LEVEL_ERROR, "given-up", "reason", slice_of(reason));
	child->given_up = true;
	(void)kill(child->pid, SIGKILL);
}

/* ---- what a child says ---- */

static enum result hear_ready(struct child *child, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct slice report = unpack_slice(&from, SAID_LONGEST);

	TRY(unpack_end(&from));
	if (child->state != CHILD_STARTING)
		return child->state == CHILD_LEAVING ? OK : REFUSED;
	child->state = CHILD_RUNNING;
	child_say(child, report.len ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO, "ready", report.len ? "jail" : NULL, report);
	supervisor_look(child->supervisor);
	return OK;
}

static enum result hear_nothing(struct child *child, struct frame *frame)
{
	(void)child;
	(void)frame;
	return OK;
}

static enum result hear_warning(struct child *child, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct slice name = unpack_slice(&from, SAID_LONGEST), text = unpack_slice(&from, SAID_LONGEST);

	TRY(unpack_end(&from));
	warnings_set(&child->supervisor->warnings, child->row->name, child->instance, name, text, clock_wall());
	return OK;
}

/* When the neighbour has ended it is started again, with new wires: so that is waited for first. */
static enum result hear_wire_lost(struct child *child, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct slice name = unpack_slice(&from, SAID_LONGEST);
	uint32_t instance = unpack_u32(&from);
	struct children *children = &child->supervisor->children;

	TRY(unpack_end(&from));
	for (size_t i = 0; i < children->count; i++)
		if (slice_same(slice_of(children->list[i].row->name), name) && children->list[i].instance == instance)
			child->lost[i] = true;
	child->lost_at = loop_ticks(&child->supervisor->loop);
	return timer_start(&child->rewire, CHILD_REWIRE);
}

static enum result (*const hears[])(struct child *, struct frame *) = {
	[PROCESS_READY] = hear_ready, [PROCESS_RELOADED] = hear_nothing,
	[PROCESS_ALIVE] = hear_nothing, [PROCESS_WARN] = hear_warning,
	[PROCESS_WIRE_LOST] = hear_wire_lost,
};

static enum result child_frame(void *owner, struct frame *frame)
{
	struct child *child = owner;

	child->heard = loop_ticks(&child->supervisor->loop);
	if (frame->kind >= COUNT_OF(hears) || hears[frame->kind] == NULL)
		return REFUSED;
	return hears[frame->kind](child, frame);
}

/* Mostly it is ending, which a signal will say; if it is not, it said something wrong. */
static void child_closed(void *owner)
{
	struct child *child = owner;

	child->heard = loop_ticks(&child->supervisor->loop);
	if (timer_start(&child->ping, 2000) != OK)
		child_give_up(child, "no timer");
}

static const struct channel_handler child_handler = { child_frame, child_closed };

/* ---- what it is told ---- */

int child_control_fd(const struct child *child)
{
	return child->control.watch.fd;
}

void child_must_hear(struct child *child, enum result said, const char *reason)
{
	if (said != OK)
		child_give_up(child, reason);
}

void child_give_listener(struct child *child, const struct listener *listener)
{
	child_must_hear(child,
		  process_hand_gift(child_control_fd(child), listener->what, slice_of(listener->name), 0, listener->fd),
		  "took no listener");
}

static void give_own(struct child *child)
{
	const struct listeners *listeners = &child->supervisor->listeners;
	const struct listener *control = child->row->controls ? listeners_named(listeners, child->row->name) : NULL;

	if (control)
		child_give_listener(child, control);
	for (size_t i = 0; child->row->listens && i < listeners->count; i++)
		if (listeners->list[i].what == GIVEN_LISTENER)
			child_give_listener(child, &listeners->list[i]);
}

bool child_listens(const struct child *child)
{
	return child->pid && !child->given_up && channel_is_open(&child->control);
}

void child_tell_start(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	struct process_start start = {
		.instance = child->instance, .weak = supervisor->weak, .root = supervisor->root,
		.utc_offset = clock_offset(clock_wall()), .level = supervisor->logs.level,
	};

	child_must_hear(child, process_hand_start(child_control_fd(child), &start), "heard no start");
	child_must_hear(child, timer_start(&child->ping, CHILD_PING), "no timer");
}

/* ---- a start ---- */

static void clear_levels(struct child *child)
{
	for (unsigned i = 0; i < child->row->counter_count(); i++)
		if (child->row->counters[i].kind == SHOWS)
			counter_set(&child->counters, i, 0);
}

static enum result spawn(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	char executable[PATH_SIZE];
	int ends[2] = { -1, -1 }, log_end = -1;
	enum result result = channel_pair(ends);

	(void)snprintf(executable, sizeof(executable), "%s/%s", supervisor->libexec, child->row->name);
	if (result == OK)
		result = log_pipe_open(&child->pipe, &supervisor->logs, child->row->name, &log_end);
	if (result == OK)
		result = process_spawn(executable, ends[1], log_end, &child->pid);
	fd_close(&ends[1]);
	fd_close(&log_end);
	if (result != OK) {
		fd_close(&ends[0]);
		log_pipe_close(&child->pipe);
		return result;
	}
	child->given_up = false;
	child->starts++;
	child->state = CHILD_STARTING;
	child->began = child->heard = loop_ticks(&supervisor->loop);
	return channel_open(&child->control, &supervisor->loop, ends[0], SAID_LONGEST, &child_handler, child);
}

static void start_again_later(struct child *child, bool killed)
{
	uint64_t lived = loop_ticks(&child->supervisor->loop) - child->began;
	uint64_t wait = backoff_wait(&child->backoff, lived, killed);
	char text[64];

	if (backoff_is_loop(&child->backoff)) {
		(void)snprintf(text, sizeof(text), "ends again and again (%u times)", child->backoff.crashes);
		warnings_set(&child->supervisor->warnings, child->row->name, child->instance, SLICE("crash-loop"),
			     slice_of(text), clock_wall());
	}
	if (timer_start(&child->again, wait) != OK)
		supervisor_stop(child->supervisor);
}

bool child_begin(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	enum result result = spawn(child);

	if (result != OK) {
		child_say(child, LOG_LEVEL_ERROR, "not-started", "reason", slice_of(strerrordesc_np(errno)));
		if (child->pid == 0)
			start_again_later(child, false);
		else
			child_give_up(child, "no control channel");
		return false;
	}
	clear_levels(child);
	child_must_hear(child, process_hand_blob(child_control_fd(child), SUPERVISOR_SETTINGS, buffer_slice(&supervisor->packed)),
		  "took no settings");
	child_must_hear(child, frame_send_now(child_control_fd(child), SUPERVISOR_COUNTERS, 0, SLICE(""), child->counters_fd),
		  "took no counters");
	give_own(child);
	certificates_give(child, &supervisor->settings);
	return true;
}

void child_tell_stop(struct child *child)
{
	if (!child_listens(child) || child->state == CHILD_LEAVING)
		return;
	child->state = CHILD_LEAVING;
	child_must_hear(child, frame_send_now(child_control_fd(child), SUPERVISOR_STOP, 0, SLICE(""), -1), "does not listen");
}

/* ---- alive? ---- */

void child_ask_whether_alive(void *owner)
{
	struct child *child = owner;
	uint64_t now = loop_ticks(&child->supervisor->loop);

	backoff_lived(&child->backoff, now - child->began);
	if (!backoff_is_loop(&child->backoff))
		warnings_set(&child->supervisor->warnings, child->row->name, child->instance, SLICE("crash-loop"),
			     SLICE(""), 0);
	if (!channel_is_open(&child->control)) {
		child_give_up(child, "closed its control channel");
		return;
	}
	if (now - child->heard > (child->state == CHILD_STARTING ? CHILD_START : CHILD_SILENCE))
		child_give_up(child, "did not answer");
	else if (child->state == CHILD_RUNNING)
		child_must_hear(child, frame_send_now(child_control_fd(child), SUPERVISOR_PING, 0, SLICE(""), -1),
			  "does not listen");
	child_must_hear(child, timer_start(&child->ping, CHILD_PING), "no timer");
}

/* ---- an end ---- */

static void say_end(struct child *child, int status)
{
	enum log_level level = status == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
	struct log_line line;

	log_begin(&line, &child->supervisor->log, level, SLICE(""), "ended");
	log_text(&line, "process", slice_of(child->row->name));
	if (child->row->many)
		log_count(&line, "instance", child->instance);
	log_count(&line, "pid", child->pid);
	if (WIFSIGNALED(status))
		log_text(&line, "signal",
			 slice_of(sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?"));
	else
		log_count(&line, "status", WEXITSTATUS(status));
	log_end(&line);
}

void child_ended(struct child *child, int status)
{
	bool orderly = child->state == CHILD_LEAVING && status == 0;
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !child->given_up;

	log_pipe_close(&child->pipe);
	say_end(child, status);
	channel_close(&child->control);
	timer_stop(&child->ping);
	warnings_forget(&child->supervisor->warnings, child->row->name, child->instance);
	child->pid = 0;
	child->state = CHILD_DOWN;
	if (!child->supervisor->stopping)
		start_again_later(child, killed || orderly);
}
