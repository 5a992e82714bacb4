/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.h — starts the processes of the gateway, watches them, and starts them again.
 *
 * Knows:   the settings file, the table of processes and wires (graph.h), the sockets to listen on.
 * Ignores: mail, and whatever comes over the network: it accepts no connection but those of its control
 *          socket, whose words are bounded.
 * Owns:    every listening socket, the counters' pages, the log, and the children.
 * Fails:   at the start with a sentence and status 1; afterwards never by itself: a process that ends is
 *          started again, settings that are wrong leave the old ones in place.
 *
 *   supervisor_main ── schema_read ── folders ── listeners ── children ── the loop
 *                                                                ├─ a child ended: back-off, start, new wires
 *                                                                ├─ SIGHUP: reload.c      SIGUSR1: the log's file
 *                                                                ├─ control.c: health, stats, processes …
 *                                                                └─ SIGTERM: STOP, round by round, 15 s at most
 *
 * Words: `-c FILE` runs; `--check -c FILE` says what is wrong; `--settings -c FILE` writes the packed
 * settings to standard output; `--describe` writes all settings for people.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "supervisor/children.h"
#include "supervisor/control.h"
#include "supervisor/folders.h"
#include "supervisor/listeners.h"
#include "supervisor/logs.h"
#include "supervisor/warnings.h"

enum { SUPERVISOR_SIGNALS = 6, SUPERVISOR_STOP_TIME = 15000, SUPERVISOR_BIND_TIME = 5000 };     /* ms */

struct supervisor {
	const char *config;
	char libexec[4096];                      /* the folder of the executables */
	bool root, weak, stopping, ready;
	struct loop loop;
	struct log log;                          /* into own_pipe, and so the way of all lines */
	int own_log;
	struct log_pipe own_pipe;
	struct logs logs;
	struct settings settings;
	struct buffer packed;
	struct folders folders;
	struct listeners listeners;
	struct children children;
	struct control control;
	struct warnings warnings;
	struct signal_watch signals[SUPERVISOR_SIGNALS];
	struct timer patience, alive;
	enum stop_round round;
};

int supervisor_main(int count, char **words);
/* With the executables in another folder than our own, for tests. */
int supervisor_run(const char *config, const char *libexec);

void supervisor_say(struct supervisor *supervisor, enum log_level level, const char *event, const char *key,
		    struct slice value);
/* The file again. REFUSED: the old settings stand; what is wrong is in `complaints`, and logged. */
must_use enum result supervisor_reload(struct supervisor *supervisor, struct buffer *complaints);
void supervisor_stop(struct supervisor *supervisor);
/* A child has come or gone: is the gateway ready, is the round of the end over? */
void supervisor_look(struct supervisor *supervisor);

#endif
