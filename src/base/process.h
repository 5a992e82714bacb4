/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h — the part that is alike in every process of the gateway but the supervisor.
 *
 * Knows:   the talk with the supervisor: settings, wires and listeners come in; then everything is
 *          opened, the jail is closed, and work begins. Later: new wires when a neighbour was
 *          restarted, new settings, a request to stop, "are you alive".
 * Ignores: what the process is for. Its role is a constant with six calls.
 * Owns:    the loop, the log, the counters, the settings and the control channel.
 * Fails:   a role's call that ends in BROKEN ends the process with exit status 1, after a line in
 *          the log; the supervisor starts another. The supervisor gone (end of the control
 *          channel) is a request to stop.
 *
 *   supervisor                              process
 *     SETTINGS(+memfd, packed)     ---->
 *     COUNTERS(+memfd)             ---->
 *     GIVE(what, name, instance, +fd) ...  ->
 *     START(instance, flags, utc offset) ->  prepare(); the jail; begin()
 *                                  <----    READY(report of the jail)
 *     GIVE(...)                    ---->    given(): a neighbour's new wire, a new listener
 *     RELOAD(+memfd, packed)       ---->    reload()
 *                                  <----    RELOADED
 *     PING                         ---->
 *                                  <----    ALIVE
 *                                  <----    WARN(name, text), text empty: over
 *                                  <----    WIRE_LOST(name, instance)
 *     STOP                         ---->    stop(), then process_leave() ends the loop
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/channel.h"
#include "base/counters.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/settings.h"

enum supervisor_says { SUPERVISOR_SETTINGS = 1, SUPERVISOR_COUNTERS, SUPERVISOR_GIVE, SUPERVISOR_START,
                       SUPERVISOR_RELOAD, SUPERVISOR_PING, SUPERVISOR_STOP };
enum process_says    { PROCESS_READY = 1, PROCESS_RELOADED, PROCESS_ALIVE, PROCESS_WARN,
                       PROCESS_WIRE_LOST };

/* GIVE: u8 what, slice name, u32 instance. START: u32 instance, u8 weak, u8 root, i32 offset as u32, u8 log level.
 * WARN: slice name, slice text. READY: slice report. */
enum given {
	GIVEN_WIRE,               /* name: the neighbour's process, instance: which of several */
	GIVEN_LISTENER,           /* name: the title of its `listen` section; a listening socket */
	GIVEN_CONTROL,            /* a listening UNIX socket for the command line; name: what for */
	GIVEN_FILE,               /* open for reading, from its start; before START and before each RELOAD. name: of the
	                           * section that names it */
};

enum { PROCESS_CONTROL_FD = 3, PROCESS_LOG_FD = 2, PROCESS_PATHS = 64, PROCESS_PATIENCE = 10 /* seconds */ };

struct process;

struct process_role {
	const char *name;                         /* "front" */
	const struct jail *jail;
	/* Before the jail: open, load, look up; settings are there. process_permit() what the jail is to allow. */
	enum result (*prepare)(void *self, struct process *process);
	/* In the jail, before the loop turns. Threads are started here. */
	enum result (*begin)(void *self);
	/* Takes fd. Before begin() too, for what was given at the start. */
	enum result (*given)(void *self, enum given what, struct slice name, uint32_t instance, int fd);
	/* process->settings are the new ones; those it was filled from end when this returns OK.
	 * REFUSED: the old ones stand, a warning "settings" says so, and RELOADED is not answered. */
	enum result (*reload)(void *self);
	/* Finish what was begun, take nothing new, then process_leave(). There is a limit of PROCESS_PATIENCE. */
	void (*stop)(void *self);
};

struct process {
	const struct process_role *role;
	void *self;
	struct loop loop;
	struct log log;
	struct counters counters;
	struct settings settings;
	struct channel control;
	uint32_t instance;
	bool weak, root;
	int32_t utc_offset;                       /* seconds east, for dates in headers */
	bool started, stopping, refused_settings;
	enum result end;
	struct timer patience;                    /* for stop() */
	struct jail_plan plan;                    /* for a role whose jail `spawns` */
	struct jail_path paths[PROCESS_PATHS];
	size_t path_count;
	struct arena early;                       /* what was given before the start */
	struct process_gift *gifts;
};

/* main() of every process: returns the exit status. The loop is over then: a role that wants to end
 * its watches, timers and channels itself does so before process_leave(). */
int process_main(const struct process_role *role, void *self);

/* In prepare(): what is behind fd (O_PATH or more; stays open) will be allowed as `access` (jail.h). */
must_use enum result process_permit(struct process *process, int fd, unsigned access);

void process_leave(struct process *process);                  /* the orderly end: the loop stops, status 0 */
void process_break(struct process *process, const char *event);   /* BROKEN: logged, the loop stops, status 1 */

/* A warning that stands until it is taken back with an empty text: log, health, postmaster. */
void process_warn(struct process *process, const char *name, struct slice text);

/* A wire has ended. When its other end was restarted, a new wire comes by itself; when it was only dropped, for
 * a rule that was broken, the supervisor makes a new one and says so. process may be NULL (tests). */
void process_wire_lost(struct process *process, const char *neighbour, uint32_t instance);

/* For the supervisor, and for tools that start a single process: the other end of the talk above.
 * None of these blocks; LATER: the process does not read, and nothing was handed. All descriptors are
 * borrowed. COUNTERS needs no call of its own: frame_send_now() with the page's descriptor. */
must_use enum result process_spawn(const char *executable, int control, int log_fd, int *ret_pid);
must_use enum result process_hand_blob(int control, enum supervisor_says kind, struct slice packed_settings);
must_use enum result process_hand_gift(int control, enum given what, struct slice name, uint32_t instance, int fd);
struct process_start { uint32_t instance; bool weak, root; int32_t utc_offset; enum log_level level; };
must_use enum result process_hand_start(int control, const struct process_start *start);

#endif
