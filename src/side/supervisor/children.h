/* SPDX-License-Identifier: Apache-2.0 */
/*
 * children.h — the processes that run, each in its place.
 *
 * Knows:   how a process is started, given its wires, asked whether it lives, and started again.
 * Ignores: what it does.
 * Owns:    control channels, log pipes, counters' pages; the pids.
 * Fails:   never: a start that fails is tried again, later each time.
 *
 *   DOWN ── spawn, wires, START ──► STARTING ── READY ──► RUNNING ── STOP ──► LEAVING
 *     ▲                                 │                    │                  │
 *     └──────── it ended: back-off ─────┴────────────────────┴──────────────────┘
 */
#ifndef SUPERVISOR_CHILDREN_H
#define SUPERVISOR_CHILDREN_H

#include "base/process.h"
#include "supervisor/backoff.h"
#include "supervisor/graph.h"
#include "supervisor/logs.h"

enum { CHILDREN_MOST = 80, CHILD_PING = 10000, CHILD_SILENCE = 60000, CHILD_START = 300000 };     /* ms */

enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_RUNNING, CHILD_LEAVING };

struct supervisor;

struct child {
	struct supervisor *supervisor;
	const struct process_row *row;
	uint32_t instance;
	enum child_state state;
	int pid;                                 /* 0: none */
	struct channel control;
	struct log_pipe pipe;
	int counters_fd;
	struct counters counters;
	struct timer again, ping;
	struct backoff backoff;
	uint64_t began, heard;                   /* ticks */
	unsigned long starts;
	bool given_up;                           /* we killed it */
};

struct children { struct child list[CHILDREN_MOST]; size_t count; };

/* A place for each process of the graph, `fronts` for those that are many; nothing runs yet. */
must_use enum result children_init(struct children *children, struct supervisor *supervisor, unsigned fronts);
/* All of them, with all wires between them before any is told to start. */
void children_start(struct children *children);
void children_reap(struct children *children);                 /* after SIGCHLD */
void children_reload(struct children *children, struct slice packed);
void children_give_listeners(struct children *children, size_t from);
void children_stop(struct children *children, enum stop_round round);
void children_stop_listening(struct children *children);       /* the fronts end, and are started again */
void children_kill(struct children *children);
bool children_gone(const struct children *children, enum stop_round round);
bool children_ready(const struct children *children);
void children_finish(struct children *children);

const char *child_state_name(enum child_state state);

#endif
