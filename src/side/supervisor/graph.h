/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.h — which processes there are, and who speaks with whom: two constant tables, and nowhere else.
 *
 * Knows:   names (of the executables too), which of them may run side by side, the order of the end.
 * Ignores: processes that run.
 * Owns:    constants.
 * Fails:   never.
 */
#ifndef SUPERVISOR_GRAPH_H
#define SUPERVISOR_GRAPH_H

#include "base/counters.h"

#include <stdbool.h>
#include <stddef.h>

/* Who is told to stop first: nothing new comes in, then nothing is judged, then what goes on is ended. */
enum stop_round { STOP_FIRST, STOP_SECOND, STOP_LAST, STOP_ROUNDS };

struct process_row {
	const char *name;
	bool many;                               /* as many as `processes` in its section says */
	const char *certificates;                /* is given this file of each `certificate`: chain, key; NULL: none */
	bool listens, controls;                  /* is given the listeners; the control socket of its name */
	enum stop_round stops;
	const char *restarts_for;                /* a section that it reads before its jail only; NULL: none */
	const struct counter *counters;
	size_t (*counter_count)(void);
	const char *reason;
};

struct wire_row { const char *from, *to; };

extern const struct process_row graph_processes[];
extern const size_t graph_process_count;
extern const struct wire_row graph_wires[];
extern const size_t graph_wire_count;

#endif
