/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h — one process in its place: started, told, heard, given up.
 *
 * Knows:   what is said on a control channel, by both sides; how long a child may be silent.
 * Ignores: its neighbours and their wires (children.h).
 * Owns:    the control channel, the log pipe, the page of counters; the pid.
 * Fails:   never: a child that does not listen is given up, and its end is heard of later.
 *
 *   DOWN ── spawn, wires, START ──► STARTING ── READY ──► RUNNING ── STOP ──► LEAVING
 *     ▲                                 │                    │                  │
 *     └──────── it ended: back-off ─────┴────────────────────┴──────────────────┘
 */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include "base/process.h"
#include "supervisor/backoff.h"
#include "supervisor/graph.h"
#include "supervisor/listeners.h"
#include "supervisor/logs.h"

enum { CHILDREN_MOST = 80 };
enum { CHILD_PING = 10000, CHILD_SILENCE = 60000, CHILD_START = 300000, CHILD_REWIRE = 2000 };     /* ms */

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
	struct timer again, ping, rewire;
	struct backoff backoff;
	uint64_t began, heard;                   /* ticks */
	unsigned long starts;
	bool given_up;                           /* we killed it */
	bool lost[CHILDREN_MOST];                /* wires it told us of, by the neighbour's place */
	uint64_t lost_at;                        /* ticks */
};

const char *child_state_name(enum child_state state);
void child_say(struct child *child, enum log_level level, const char *event, const char *key, struct slice value);
void child_give_up(struct child *child, const char *reason);
/* What was said did not arrive: it is given up. */
void child_must_hear(struct child *child, enum result said, const char *reason);
bool child_listens(const struct child *child);
int child_control_fd(const struct child *child);

/* All that it needs, up to START; wires come between, from whoever starts it. */
bool child_begin(struct child *child);
void child_tell_start(struct child *child);
void child_tell_stop(struct child *child);
void child_give_listener(struct child *child, const struct listener *listener);
void child_ended(struct child *child, int status);
void child_ask_whether_alive(void *child);       /* of the timer `ping` */

#endif
