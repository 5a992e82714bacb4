/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callers.h — the operators' words, from keeper.control (wire/control.h): which files the log has, and one of them; and
 * what the classifier is to learn.
 *
 * Knows:   who asks; `log list` (a name a line, oldest first), `log file NAME` (its descriptor, for reading), and `learn`,
 *          with lessons behind it (lessons.c).
 * Ignores: what is in the files: whoever asked reads them; what is learned: learner.h.
 * Owns:    the listening socket and its connections, CALLERS_MOST at a time; one command each.
 * Fails:   with a complaint and exit status 1 (no such file), 2 (not understood), 74 (it cannot be read) or 77 (not
 *          permitted).
 *
 * A list is answered when all that was told before is written: who reads then finds it. So is the end of lessons.
 */
#ifndef KEEPER_CALLERS_H
#define KEEPER_CALLERS_H

#include "base/channel.h"
#include "keeper/gather.h"
#include "keeper/learner.h"
#include "wire/control.h"

/* An operator who teaches may be silent for as long as one message may be read: `inspect_limit` in two attempts, and a start. */
enum { CALLERS_MOST = 16, CALLER_MS = 30000, TEACHER_MS = 30 * 60000 };

enum callers_ask { ASK_LOG_LIST, ASK_LOG_FILE, ASK_LEARN };

struct callers;

struct caller {
	struct callers *callers;
	struct channel channel;
	struct timer time;
	bool used, operates, ended;
	bool waits;                              /* for the list */
	bool teaches, taught_all, held;          /* lessons may come; it waits for their end; it is not read: too many wait */
	uint64_t mark;                           /* of the lessons whose end it waits for */
	uint32_t uid;
	uint64_t exchange;
};

struct callers {
	struct loop *loop;
	struct gather *gather;
	struct learner *learner;
	int socket;
	struct watch watch;
	unsigned operators;                      /* the group, or -1 */
	struct caller list[CALLERS_MOST];
};

void callers_init(struct callers *callers, struct loop *loop, struct gather *gather, struct learner *learner);  /* before the jail */
void callers_finish(struct callers *callers);
must_use enum result callers_listen(struct callers *callers, int fd);                     /* takes fd */
/* For struct gather: who waited for its lists gets them. */
void callers_settled(struct callers *callers);
/* For struct learner: who waited for the end of lessons gets it, and who was not read is. */
void callers_learned(struct callers *callers);

/* A COMMAND's payload: only ASK_LOG_FILE has a name. REFUSED: it is none of them. */
must_use enum result callers_read(struct slice payload, enum callers_ask *ret_ask, struct slice *ret_name);
/* A LESSON's. */
must_use enum result callers_read_lesson(struct slice payload, struct teaching *ret_teaching);

/* ---- inside: callers.c and lessons.c ---- */

enum { STATUS_NOT_DONE = 1, STATUS_UNKNOWN = 2, STATUS_FAILED = 74, STATUS_NOT_PERMITTED = 77 };

must_use enum result caller_end(struct caller *caller, uint8_t status, const char *complaint);
must_use enum result caller_begins_lessons(struct caller *caller);
must_use enum result caller_brings_lesson(struct caller *caller, struct slice payload);
must_use enum result caller_brought_all(struct caller *caller, struct slice payload);

#endif
