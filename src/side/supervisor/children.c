/* SPDX-License-Identifier: Apache-2.0 */
/* A child that is started again gets a new wire to each neighbour, and so does the neighbour. */
#include "supervisor/supervisor.h"

#include "base/fd.h"
#include "supervisor/certificates.h"

#include <string.h>
#include <sys/wait.h>

/* ---- wires ---- */

static void connect_two(struct child *one, struct child *other)
{
	int ends[2];

	if (channel_pair(ends) != OK) {
		child_give_up(one, "no wire");
		return;
	}
	child_must_hear(one,
		  process_hand_gift(child_control_fd(one), GIVEN_WIRE, slice_of(other->row->name), other->instance, ends[0]),
		  "took no wire");
	child_must_hear(other,
		  process_hand_gift(child_control_fd(other), GIVEN_WIRE, slice_of(one->row->name), one->instance, ends[1]),
		  "took no wire");
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

static bool is_wire(const struct wire_row *wire, const struct child *one, const struct child *other)
{
	return (strcmp(wire->from, one->row->name) == 0 && strcmp(wire->to, other->row->name) == 0)
	    || (strcmp(wire->to, one->row->name) == 0 && strcmp(wire->from, other->row->name) == 0);
}

static bool are_neighbours(const struct child *one, const struct child *other)
{
	for (size_t i = 0; i < graph_wire_count; i++)
		if (one != other && is_wire(&graph_wires[i], one, other))
			return true;
	return false;
}

/* New wires to every neighbour that lives among the `count` first places. */
static void connect_neighbours(struct child *child, size_t count)
{
	struct children *children = &child->supervisor->children;

	for (size_t i = 0; i < count; i++)
		if (child_listens(&children->list[i]) && are_neighbours(child, &children->list[i]))
			connect_two(child, &children->list[i]);
}

static bool is_as_it_was(const struct child *child, uint64_t then)
{
	return child_listens(child) && child->began <= then;
}

/* Both ends still are who they were: one has dropped the other for something that it said. Only neighbours of the graph
 * are connected: the word of a process that was taken over makes no new ones. */
static void renew_wires(void *owner)
{
	struct child *child = owner;
	struct children *children = &child->supervisor->children;

	for (size_t i = 0; i < children->count; i++) {
		struct child *other = &children->list[i];

		if (child->lost[i] && are_neighbours(child, other) && is_as_it_was(child, child->lost_at) &&
		    is_as_it_was(other, child->lost_at)) {
			child_say(child, LOG_LEVEL_WARNING, "wire-renewed", "neighbour", slice_of(other->row->name));
			connect_two(child, other);
		}
		child->lost[i] = false;
	}
}

/* ---- starts and ends ---- */

static void start_again(void *owner)
{
	struct child *child = owner;

	if (child->supervisor->stopping || !child_begin(child))
		return;
	child_say(child, LOG_LEVEL_INFO, "started", NULL, SLICE(""));
	connect_neighbours(child, child->supervisor->children.count);
	child_tell_start(child);
}

void children_start(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		(void)child_begin(&children->list[i]);
	for (size_t i = 0; i < children->count; i++)
		if (child_listens(&children->list[i]))
			connect_neighbours(&children->list[i], i);
	for (size_t i = 0; i < children->count; i++)
		if (child_listens(&children->list[i]))
			child_tell_start(&children->list[i]);
}

void children_reap(struct children *children)
{
	for (size_t i = 0; i < children->count; i++) {
		struct child *child = &children->list[i];
		int status;

		if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid) {
			child_ended(child, status);
			supervisor_look(child->supervisor);
		}
	}
}

/* ---- all of them ---- */

static void reload_one(struct child *child, struct slice packed, struct settings *fresh)
{
	if (!child_listens(child))
		return;
	certificates_give(child, fresh);
	child_must_hear(child, process_hand_blob(child_control_fd(child), SUPERVISOR_RELOAD, packed), "took no settings");
}

void children_reload(struct children *children, struct slice packed, struct settings *fresh)
{
	for (size_t i = 0; i < children->count; i++)
		reload_one(&children->list[i], packed, fresh);
}

void children_give_listeners(struct children *children, size_t from)
{
	const struct listeners *listeners = children->count ? &children->list[0].supervisor->listeners : NULL;

	for (size_t i = 0; i < children->count; i++)
		for (size_t j = from;
		     children->list[i].row->listens && child_listens(&children->list[i]) && j < listeners->count; j++)
			child_give_listener(&children->list[i], &listeners->list[j]);
}

void children_stop(struct children *children, enum stop_round round)
{
	for (size_t i = 0; i < children->count; i++) {
		timer_stop(&children->list[i].again);
		if (children->list[i].row->stops == round)
			child_tell_stop(&children->list[i]);
	}
}

void children_stop_listening(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		if (children->list[i].row->listens)
			child_tell_stop(&children->list[i]);
}

void children_restart_changed(struct children *children, const struct settings *before, const struct settings *after)
{
	for (size_t i = 0; i < children->count; i++) {
		const char *section = children->list[i].row->restarts_for;

		if (section == NULL || settings_same(before, after, section))
			continue;
		child_say(&children->list[i], LOG_LEVEL_NOTICE, "restarting", "section", slice_of(section));
		child_tell_stop(&children->list[i]);
	}
}

void children_kill(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		child_give_up(&children->list[i], "time is over");
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
	timer_init(&child->rewire, &supervisor->loop, renew_wires, child);
	timer_init(&child->ping, &supervisor->loop, child_ask_whether_alive, child);
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
		timer_end(&child->rewire);
		counters_finish(&child->counters);
		fd_close(&child->counters_fd);
	}
	children->count = 0;
}
