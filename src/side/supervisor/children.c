/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a child goes by single frames that never wait: a child that does not listen is given up. */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { SAID_LONGEST = 32768, PATH_SIZE = 4400 };

static const char *const state_names[] = {
	[CHILD_DOWN] = "down", [CHILD_STARTING] = "starting", [CHILD_RUNNING] = "running", [CHILD_LEAVING] = "leaving",
};

const char *child_state_name(enum child_state state)
{
	return state_names[state];
}

static void say(struct child *child, enum log_level level, const char *event, const char *key, struct slice value)
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

static void give_up(struct child *child, const char *reason)
{
	if (child->pid == 0 || child->given_up)
		return;
	say(child, LOG_LEVEL_ERROR, "given-up", "reason", slice_of(reason));
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
	say(child, report.len ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO, "ready", report.len ? "jail" : NULL, report);
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

static enum result (*const hears[])(struct child *, struct frame *) = {
	[PROCESS_READY] = hear_ready, [PROCESS_RELOADED] = hear_nothing,
	[PROCESS_ALIVE] = hear_nothing, [PROCESS_WARN] = hear_warning,
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
		give_up(child, "no timer");
}

static const struct channel_handler child_handler = { child_frame, child_closed };

/* ---- what it is told ---- */

static int control_fd(const struct child *child)
{
	return child->control.watch.fd;
}

static void must_hear(struct child *child, enum result said, const char *reason)
{
	if (said != OK)
		give_up(child, reason);
}

static void give_listener(struct child *child, const struct listener *listener)
{
	must_hear(child,
		  process_hand_gift(control_fd(child), listener->what, slice_of(listener->name), 0, listener->fd),
		  "took no listener");
}

static void give_own(struct child *child)
{
	const struct listeners *listeners = &child->supervisor->listeners;
	const struct listener *control = child->row->controls ? listeners_named(listeners, child->row->name) : NULL;

	if (control)
		give_listener(child, control);
	for (size_t i = 0; child->row->listens && i < listeners->count; i++)
		if (listeners->list[i].what == GIVEN_LISTENER)
			give_listener(child, &listeners->list[i]);
}

static void connect_two(struct child *one, struct child *other)
{
	int ends[2];

	if (channel_pair(ends) != OK) {
		give_up(one, "no wire");
		return;
	}
	must_hear(one,
		  process_hand_gift(control_fd(one), GIVEN_WIRE, slice_of(other->row->name), other->instance, ends[0]),
		  "took no wire");
	must_hear(other,
		  process_hand_gift(control_fd(other), GIVEN_WIRE, slice_of(one->row->name), one->instance, ends[1]),
		  "took no wire");
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

static bool is_wire(const struct wire_row *wire, const struct child *one, const struct child *other)
{
	return (strcmp(wire->from, one->row->name) == 0 && strcmp(wire->to, other->row->name) == 0)
	    || (strcmp(wire->to, one->row->name) == 0 && strcmp(wire->from, other->row->name) == 0);
}

static bool listens_to_us(const struct child *child)
{
	return child->pid && !child->given_up && channel_is_open(&child->control);
}

/* New wires to every neighbour that lives among the `count` first places. */
static void connect_neighbours(struct child *child, size_t count)
{
	struct children *children = &child->supervisor->children;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < graph_wire_count; j++)
			if (&children->list[i] != child && listens_to_us(&children->list[i]) &&
			    is_wire(&graph_wires[j], child, &children->list[i]))
				connect_two(child, &children->list[i]);
}

static void tell_start(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	struct process_start start = {
		.instance = child->instance, .weak = supervisor->weak, .root = supervisor->root,
		.utc_offset = clock_offset(clock_wall()), .level = supervisor->logs.level,
	};

	must_hear(child, process_hand_start(control_fd(child), &start), "heard no start");
	must_hear(child, timer_start(&child->ping, CHILD_PING), "no timer");
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

/* All that a child needs, up to START; wires come between, from whoever starts it. */
static bool begin(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	enum result result = spawn(child);

	if (result != OK) {
		say(child, LOG_LEVEL_ERROR, "not-started", "reason", slice_of(strerrordesc_np(errno)));
		if (child->pid == 0)
			start_again_later(child, false);
		else
			give_up(child, "no control channel");
		return false;
	}
	clear_levels(child);
	must_hear(child, process_hand_blob(control_fd(child), SUPERVISOR_SETTINGS, buffer_slice(&supervisor->packed)),
		  "took no settings");
	must_hear(child, frame_send_now(control_fd(child), SUPERVISOR_COUNTERS, 0, SLICE(""), child->counters_fd),
		  "took no counters");
	give_own(child);
	return true;
}

static void start_again(void *owner)
{
	struct child *child = owner;

	if (child->supervisor->stopping || !begin(child))
		return;
	say(child, LOG_LEVEL_INFO, "started", NULL, SLICE(""));
	connect_neighbours(child, child->supervisor->children.count);
	tell_start(child);
}

void children_start(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		(void)begin(&children->list[i]);
	for (size_t i = 0; i < children->count; i++)
		if (listens_to_us(&children->list[i]))
			connect_neighbours(&children->list[i], i);
	for (size_t i = 0; i < children->count; i++)
		if (listens_to_us(&children->list[i]))
			tell_start(&children->list[i]);
}

/* ---- alive? ---- */

static void ask_whether_alive(void *owner)
{
	struct child *child = owner;
	uint64_t now = loop_ticks(&child->supervisor->loop);

	backoff_lived(&child->backoff, now - child->began);
	if (!backoff_is_loop(&child->backoff))
		warnings_set(&child->supervisor->warnings, child->row->name, child->instance, SLICE("crash-loop"),
			     SLICE(""), 0);
	if (!channel_is_open(&child->control)) {
		give_up(child, "closed its control channel");
		return;
	}
	if (now - child->heard > (child->state == CHILD_STARTING ? CHILD_START : CHILD_SILENCE))
		give_up(child, "did not answer");
	else if (child->state == CHILD_RUNNING)
		must_hear(child, frame_send_now(control_fd(child), SUPERVISOR_PING, 0, SLICE(""), -1),
			  "does not listen");
	must_hear(child, timer_start(&child->ping, CHILD_PING), "no timer");
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

static void ended(struct child *child, int status)
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

void children_reap(struct children *children)
{
	for (size_t i = 0; i < children->count; i++) {
		struct child *child = &children->list[i];
		int status;

		if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid) {
			ended(child, status);
			supervisor_look(child->supervisor);
		}
	}
}

/* ---- all of them ---- */

void children_reload(struct children *children, struct slice packed)
{
	for (size_t i = 0; i < children->count; i++)
		if (listens_to_us(&children->list[i]))
			must_hear(&children->list[i],
				  process_hand_blob(control_fd(&children->list[i]), SUPERVISOR_RELOAD, packed),
				  "took no settings");
}

void children_give_listeners(struct children *children, size_t from)
{
	const struct listeners *listeners = children->count ? &children->list[0].supervisor->listeners : NULL;

	for (size_t i = 0; i < children->count; i++)
		for (size_t j = from;
		     children->list[i].row->listens && listens_to_us(&children->list[i]) && j < listeners->count; j++)
			give_listener(&children->list[i], &listeners->list[j]);
}

static void tell_stop(struct child *child)
{
	if (!listens_to_us(child) || child->state == CHILD_LEAVING)
		return;
	child->state = CHILD_LEAVING;
	must_hear(child, frame_send_now(control_fd(child), SUPERVISOR_STOP, 0, SLICE(""), -1), "does not listen");
}

void children_stop(struct children *children, enum stop_round round)
{
	for (size_t i = 0; i < children->count; i++) {
		timer_stop(&children->list[i].again);
		if (children->list[i].row->stops == round)
			tell_stop(&children->list[i]);
	}
}

void children_stop_listening(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		if (children->list[i].row->listens)
			tell_stop(&children->list[i]);
}

void children_kill(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		give_up(&children->list[i], "time is over");
}

bool children_gone(const struct children *children, enum stop_round round)
{
	for (size_t i = 0; i < children->count; i++)
		if (children->list[i].row->stops == round && children->list[i].pid)
			return false;
	return true;
}

bool children_ready(const struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		if (children->list[i].state != CHILD_RUNNING)
			return false;
	return true;
}

static enum result add_child(struct children *children, struct supervisor *supervisor, const struct process_row *row,
			     uint32_t instance)
{
	struct child *child = &children->list[children->count];

	if (children->count == CHILDREN_MOST)
		return BROKEN;
	*child = (struct child){ .supervisor = supervisor, .row = row, .instance = instance, .counters_fd = -1 };
	timer_init(&child->again, &supervisor->loop, start_again, child);
	timer_init(&child->ping, &supervisor->loop, ask_whether_alive, child);
	children->count++;
	TRY(counters_create(&child->counters_fd));
	return counters_map(&child->counters, child->counters_fd, true);
}

enum result children_init(struct children *children, struct supervisor *supervisor, unsigned fronts)
{
	for (size_t i = 0; i < graph_process_count; i++)
		for (uint32_t instance = 0; instance < (graph_processes[i].many ? fronts : 1); instance++)
			TRY(add_child(children, supervisor, &graph_processes[i], instance));
	return OK;
}

void children_finish(struct children *children)
{
	for (size_t i = 0; i < children->count; i++) {
		struct child *child = &children->list[i];

		channel_close(&child->control);
		log_pipe_close(&child->pipe);
		timer_end(&child->again);
		timer_end(&child->ping);
		counters_finish(&child->counters);
		fd_close(&child->counters_fd);
	}
	children->count = 0;
}
