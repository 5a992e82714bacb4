/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h — a few threads that do what would block the loop: syncs, and reads of cold files.
 *
 * Knows:   jobs. Each runs once, on some thread, and its end is called back on the loop's thread.
 * Ignores: what the jobs do. A job touches only what it was given; the loop's thread leaves
 *          that alone until `done`.
 * Owns:    the threads and an eventfd that wakes the loop. Jobs are their owner's (embed them).
 * Fails:   BROKEN when threads can't be made. crew_give() never fails: the line has no limit of
 *          its own, whoever gives jobs has one.
 *
 * crew_init() opens descriptors (before the jail); crew_start() makes the threads (after it, so
 * that they are as confined as the loop: jail.threads must be set).
 */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include "base/loop.h"

#include <pthread.h>

struct job {
	void (*work)(struct job *job);         /* on a thread of the crew */
	void (*done)(struct job *job);         /* on the loop's thread, afterwards */
	struct job *next;
};

struct crew {
	struct loop *loop;
	struct watch wake;
	int wake_fd;
	pthread_mutex_t lock;
	pthread_cond_t work_came;
	struct job *todo_first, *todo_last, *done_first, *done_last;
	pthread_t threads[64];
	unsigned count;
	bool stopping;
	unsigned long pending;                 /* given and not yet called back; the loop's thread's */
};

must_use enum result crew_init(struct crew *crew, struct loop *loop);
must_use enum result crew_start(struct crew *crew, unsigned threads);    /* 1 to 64 */
void crew_give(struct crew *crew, struct job *job);
void crew_finish(struct crew *crew);           /* waits for running jobs; jobs not begun are dropped */

#endif
