/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h — turns descriptors and time into calls. A thin wrap of libevent, the only file that sees it.
 *
 * Knows:   descriptors that are ready and timers that are due.
 * Ignores: what is on the descriptors.
 * Owns:    its event base. A watch or timer belongs to the object it wakes: it is embedded
 *          there, and must be ended (watch_end, timer_end) before that object is.
 * Fails:   BROKEN when the kernel gives no more; a call-back never fails, it decides.
 *
 * Everything the loop itself needs is opened in loop_init(), before the jail.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/result.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct loop { struct event_base *events; bool stopped; };

enum { LOOP_READ = 1, LOOP_WRITE = 2 };                 /* bits */

struct watch {
	struct loop *loop;
	struct event event;
	void (*ready)(void *owner, unsigned what);      /* bits of LOOP_READ and LOOP_WRITE */
	void *owner;
	int fd;
	unsigned wanted;
};

struct timer {
	struct loop *loop;
	struct event event;
	void (*due)(void *owner);
	void *owner;
};

must_use enum result loop_init(struct loop *loop);
void loop_finish(struct loop *loop);                    /* safe on a zeroed loop */
must_use enum result loop_run(struct loop *loop);       /* until loop_stop() */
void loop_stop(struct loop *loop);                      /* before loop_run() too: it then returns at once */
uint64_t loop_ticks(const struct loop *loop);           /* monotonic ms, read once a turn of the loop */

/* Borrows fd. Nothing is watched for until watch_for(). */
void watch_init(struct watch *watch, struct loop *loop, int fd,
                void (*ready)(void *owner, unsigned what), void *owner);
must_use enum result watch_for(struct watch *watch, unsigned what);   /* 0: nothing for now */
void watch_end(struct watch *watch);                    /* safe on a zeroed watch; does not close fd */

void timer_init(struct timer *timer, struct loop *loop, void (*due)(void *owner), void *owner);
must_use enum result timer_start(struct timer *timer, uint64_t ms);   /* once; starting again moves it */
void timer_stop(struct timer *timer);
void timer_end(struct timer *timer);                    /* safe on a zeroed timer */

/* For libraries that bring their own events (libunbound): the event base itself. */
struct event_base *loop_events(struct loop *loop);

/* Signals, for the supervisor alone: one call-back in the loop's own time. */
struct signal_watch { struct event event; void (*came)(void *owner, int number); void *owner; };
must_use enum result signal_watch_start(struct signal_watch *watch, struct loop *loop, int number,
                                        void (*came)(void *owner, int number), void *owner);
void signal_watch_end(struct signal_watch *watch);

#endif
