/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callers.h — the operators' words, from keeper.control (wire/control.h): which files the log has, and one of them.
 *
 * Knows:   who asks; `log list` (a name a line, oldest first) and `log file NAME` (its descriptor, for reading).
 * Ignores: what is in the files: whoever asked reads them.
 * Owns:    the listening socket and its connections, CALLERS_MOST at a time; one command each.
 * Fails:   with a complaint and exit status 1 (no such file), 2 (not understood), 74 (it cannot be read) or 77 (not
 *          permitted).
 *
 * A list is answered when all that was told before is written: who reads then finds it.
 */
#ifndef KEEPER_CALLERS_H
#define KEEPER_CALLERS_H

#include "base/channel.h"
#include "keeper/gather.h"
#include "wire/control.h"

enum { CALLERS_MOST = 16, CALLER_MS = 30000 };

struct callers;

struct caller {
	struct callers *callers;
	struct channel channel;
	struct timer time;
	bool used, operates, waits, ended;
	uint64_t exchange;
};

struct callers {
	struct loop *loop;
	struct gather *gather;
	int socket;
	struct watch watch;
	unsigned operators;                      /* the group, or -1 */
	struct caller list[CALLERS_MOST];
};

void callers_init(struct callers *callers, struct loop *loop, struct gather *gather);     /* before the jail */
void callers_finish(struct callers *callers);
must_use enum result callers_listen(struct callers *callers, int fd);                     /* takes fd */
/* For struct gather: who waited for its lists gets them. */
void callers_settled(struct callers *callers);

/* A COMMAND's payload: `log list` has no name. REFUSED: it is neither. */
must_use enum result callers_read(struct slice payload, struct slice *ret_name);

#endif
