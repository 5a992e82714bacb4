/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers.h — as many workers as the settings say, and one that judges; each with one job at a time.
 *
 * Knows:   who is free, how long an answer may take, when a worker has served long enough, and that the
 *          place of one that ended is to be filled again.
 *          Who has read a message may have been taken over by it: only the one that never reads is asked to judge.
 * Ignores: what the jobs are, and how a worker is made: that is a call of the owner's.
 * Owns:    the channels. A worker whose channel is closed comes to its end by itself: it has nothing else,
 *          and a timer of its own.
 * Fails:   a worker that ends, lies or is silent loses its job: died() is called once, with the job.
 */
#ifndef INSPECT_WORKERS_H
#define INSPECT_WORKERS_H

#include "base/channel.h"

enum { WORKERS_MOST = 64 };

struct workers_owner {
	/* A new worker's end of a wire; `judges`: it will never see a message. LATER: not now. */
	enum result (*make)(void *owner, bool judges, int *ret_wire);
	/* OK: the job is done, or is the owner's again; anything else: that worker lied, and died() follows. */
	enum result (*answered)(void *owner, void *job, struct frame *frame);
	void (*died)(void *owner, void *job, uint64_t took_ms);
	void (*free_again)(void *owner);             /* there is a worker without a job */
};

struct worker_slot {
	struct workers *workers;
	struct channel channel;
	struct timer patience;
	void *job;                                   /* NULL: free */
	uint64_t exchange, began;
	unsigned served;
	bool retiring;
};

struct workers {
	struct loop *loop;
	const struct workers_owner *owner;
	void *self;
	struct timer filling;
	struct worker_slot slots[WORKERS_MOST + 1];   /* the last one judges, and does nothing else */
	size_t count, busy;
	unsigned served_most;
	uint64_t patience_ms;
};

struct workers_limits { size_t count; unsigned served_most; uint64_t patience_ms; };

void workers_init(struct workers *workers, struct loop *loop, const struct workers_owner *owner, void *self);
void workers_finish(struct workers *workers);
/* Sets the limits and fills the places; those there are from before end when they are free. */
must_use enum result workers_start(struct workers *workers, const struct workers_limits *limits);
/* AGAIN: nobody is free for that kind. fd is borrowed, -1: none. */
must_use enum result workers_give(struct workers *workers, void *job, uint8_t kind, uint64_t exchange,
                                  struct slice payload, int fd);

#endif
