/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatcher.h — takes each question of the queue through read, ask and judge, and brings the answer back.
 *
 * Knows:   the stage that each request is in, who may answer it there, and the deadline.
 * Ignores: what is in a message: workers read. It looks at findings, evidence and judgements only to see that
 *          they are what they say, and that nobody calls clean what a scanner did not.
 * Owns:    the requests, with their memfds.
 * Fails:   see inspect.h. A message that its worker dies over is read once more; the second time, or when time is
 *          over, it is judged unscannable, unread, when those who are asked have answered. When not even that can be
 *          had, FAILED goes to the queue. What new settings overtake begins anew: a message is read, asked about and
 *          judged by the same ones.
 *
 *   TO_READ --> READING --> ASKING (sources.h) --> TO_JUDGE --> JUDGING --> answered
 *                  |  (nobody to ask)                                         ^
 *                  +----------------------------------------------------------+
 *   TO_COMPOSE --> COMPOSING --> answered
 *   TO_EXTRACT --> EXTRACTING --> answered
 */
#ifndef INSPECT_DISPATCHER_H
#define INSPECT_DISPATCHER_H

#include "inspect/workers.h"

#include "base/counters.h"
#include "base/log.h"
#include "base/pool.h"
#include "mail/policy/policy.h"
#include "wire/resolve.h"

struct dispatcher_limits {
	unsigned scanners;                           /* that are asked */
	const struct policy *policy;                 /* by which workers judge; NULL: it asks nothing, and may say all */
	bool unlisted;                               /* all are: its lists in the DNS are not asked */
	bool strangers;                              /* all senders are: the keeper is not asked */
	size_t in_flight;
	uint64_t inspect_ms, cpu_ms;
	uint64_t brief_ms;                           /* for who answers at once, or not at all */
	struct workers_limits workers;
};

struct dispatcher {
	struct loop *loop;
	struct process *process;                     /* hears when a wire has ended; NULL: nobody */
	struct log *log;
	struct counters *counters;
	struct dispatcher_limits limits;
	struct channel queue, scanners, keeper;
	struct resolve resolve;
	struct workers workers;
	struct pool pool, lookups;
	struct request *first, *last;
	size_t in_flight;
	uint64_t serial;
	unsigned settings;                           /* how often there were new ones */
	enum result (*make_worker)(void *maker, bool judges, int *ret_wire);
	void (*lent)(void *maker, int fd, uint64_t size);        /* the keeper's model; borrowed, -1: none. NULL: nobody wants it */
	void *maker;
	uint64_t said;                               /* when a list's wrong answer was logged */
	bool moving;                                 /* work is being handed out: not again from within */
};

void dispatcher_init(struct dispatcher *dispatcher, struct loop *loop, struct log *log, struct counters *counters,
                     enum result (*make_worker)(void *maker, bool judges, int *ret_wire), void *maker);
void dispatcher_finish(struct dispatcher *dispatcher);
/* At the start, and with new settings: then the workers are replaced as they come free. */
must_use enum result dispatcher_start(struct dispatcher *dispatcher, const struct dispatcher_limits *limits);

/* Workers are replaced as they come free, settings stay. */
must_use enum result dispatcher_renew(struct dispatcher *dispatcher);

/* New wires; what the old one asked is forgotten, what scanners and the keeper were asked over the old one is asked again; what
 * the resolver was asked has failed. All take fd. */
must_use enum result dispatcher_queue(struct dispatcher *dispatcher, int fd);
must_use enum result dispatcher_scanners(struct dispatcher *dispatcher, int fd);
must_use enum result dispatcher_resolver(struct dispatcher *dispatcher, int fd);
must_use enum result dispatcher_keeper(struct dispatcher *dispatcher, int fd);

#endif
