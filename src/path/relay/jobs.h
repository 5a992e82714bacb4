/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs.h — what the queue lent: messages, their recipients, and the results until the queue has noted them.
 *
 * Knows:   wire/queue-relay.h, and that the queue may die and come back: a new wire begins with the results that are
 *          not noted, then what goes on, then RESUMED.
 * Ignores: routes and connections. `arrived` sorts a message out; jobs_settle() is the only way back.
 * Owns:    the wire, each lent message with its descriptor until all its results are noted and nobody holds it.
 * Fails:   a DELIVER that is none closes the wire. No room: all its recipients are RELAY_BUSY at once.
 */
#ifndef RELAY_JOBS_H
#define RELAY_JOBS_H

#include "base/arena.h"
#include "base/channel.h"
#include "base/counters.h"
#include "base/log.h"
#include "base/pool.h"
#include "mail/message/message.h"
#include "relay/client.h"

enum { JOBS_MOST = 10000 };

enum addressee_state { TO_DELIVER, TO_BE_NOTED, NOTED };

struct addressee {
	struct addressee *next;               /* in its letter */
	struct letter *letter;
	uint32_t place;
	struct slice address, original;       /* original: ORCPT, or empty */
	uint8_t notify;                       /* bits of envelope_notify */
	enum addressee_state state;
	bool unsaid;                          /* its result has not gone out yet */
	enum relay_outcome outcome;
	struct slice route, reply;
};

/* Those recipients of a message that go one way together. It lives as long as its message. */
struct letter {
	struct letter *next;                  /* in its destination's line */
	struct lent *lent;
	struct addressee *first, *last;
	size_t count, unnoted;
	void *carrier;                        /* who waits for it to be noted: a connection, or NULL */
	struct slice tls;                     /* what it goes in, for the log; empty: in the clear, or nowhere */
};

struct lent {
	struct lent *next;
	uint32_t number, serial;              /* ours; the queue's */
	uint64_t exchange;
	struct slice id, sender, trace, envelope_id;
	struct slice target;                  /* "maildir:/archive"; empty: each goes by its route */
	struct client_origin origin;          /* who brought it to the front */
	uint8_t flags;
	int fd;
	uint64_t offset, length;
	int64_t born;                         /* of the file, seconds since 1970 */
	struct edits edits;
	struct addressee *addressees;
	uint32_t count, to_deliver, unnoted;
	unsigned held;                        /* by threads that read from it */
	struct arena memory;
};

struct jobs {
	struct loop *loop;
	struct log *log;
	struct counters *counters;
	struct channel wire;
	bool stopping;                        /* the queue is about to end */
	bool is_resumed;                      /* this wire's queue knows all from before */
	bool unsaid;                          /* something is to be said again */
	struct pool pool;
	struct lent *list;
	uint32_t minted;
	void (*arrived)(void *owner, struct lent *lent);
	void (*noted)(void *owner, struct letter *letter);       /* all of it */
	void (*resumed)(void *owner);                            /* a new queue: go on */
	void *owner;
};

void jobs_init(struct jobs *jobs, struct loop *loop, struct log *log, struct counters *counters);
void jobs_finish(struct jobs *jobs);
must_use enum result jobs_wire(struct jobs *jobs, int fd);     /* takes fd */
bool jobs_may_begin(const struct jobs *jobs);                  /* a queue is there to hear of it */
/* Now and then: what the wire did not take. */
void jobs_say_again(struct jobs *jobs);
unsigned long jobs_unnoted(const struct jobs *jobs);           /* results on their way */

/* NULL: no room. */
must_use struct letter *jobs_letter(struct lent *lent);
void jobs_add_to_letter(struct letter *letter, struct addressee *addressee);
/* Once for each addressee; later ones are passed over. Route and reply are copied. */
void jobs_settle(struct jobs *jobs, struct lent *lent, struct addressee *addressee, enum relay_outcome outcome,
                 struct slice route, struct slice reply);
void jobs_settle_letter(struct jobs *jobs, struct letter *letter, enum relay_outcome outcome, struct slice route,
                        struct slice reply);
/* A DELIVER's payload, which must stay; the lent message is zeroed but for its memory. REFUSED: it is none. */
must_use enum result jobs_read_deliver(struct lent *lent, struct slice payload);
void jobs_hold(struct lent *lent);
void jobs_release(struct jobs *jobs, struct lent *lent);
/* Of the original; any thread. `source` is the struct lent. */
must_use enum result jobs_read(void *source, uint64_t from, char *to, size_t size);
/* Never waits for a disk: LATER also where not all of it is in the page cache. */
must_use enum result jobs_read_at_hand(void *source, uint64_t from, char *to, size_t size);

#endif
