/* SPDX-License-Identifier: Apache-2.0 */
/*
 * children.h — the processes that run, and the wires between them.
 *
 * Knows:   who is whose neighbour (graph.h), who is started and stopped with whom.
 * Ignores: what is said to each (child.h), and what it does.
 * Owns:    the places of all children.
 * Fails:   never: a start that fails is tried again, later each time.
 */
#ifndef SUPERVISOR_CHILDREN_H
#define SUPERVISOR_CHILDREN_H

#include "supervisor/child.h"


struct children { struct child list[CHILDREN_MOST]; size_t count; };

/* A place for each process of the graph, `fronts` for those that are many; nothing runs yet. */
must_use enum result children_init(struct children *children, struct supervisor *supervisor, unsigned fronts);
/* All of them, with all wires between them before any is told to start. */
void children_start(struct children *children);
void children_reap(struct children *children);                 /* after SIGCHLD */
void children_reload(struct children *children, struct slice packed, struct settings *fresh);
void children_give_listeners(struct children *children, size_t from);
void children_stop(struct children *children, enum stop_round round);
void children_stop_listening(struct children *children);       /* the fronts end, and are started again */
/* So do those whose section (graph.h: restarts_for) is not the same in both. */
void children_restart_changed(struct children *children, const struct settings *before, const struct settings *after);
void children_kill(struct children *children);
bool children_gone(const struct children *children, enum stop_round round);
bool children_ready(const struct children *children);
void children_finish(struct children *children);

#endif
