/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events are embedded and assigned, so that nothing is allocated for them here. Time is never
 * cached: a timer is then due when loop_ticks() says so, however long a call-back took. Timers
 * are kept by epoll_wait's own time-out; libevent's "precise" ones would need a timerfd.
 */
#include "base/loop.h"

#include <event2/event.h>
#include <stddef.h>
#include <time.h>

enum { LONGEST_TIMER = 1000000000 };          /* seconds: thirty years */

static struct event_base *base_of(struct event_config *config)
{
	int flags = EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NO_CACHE_TIME;

	if (event_config_avoid_method(config, "select") != 0 || event_config_avoid_method(config, "poll") != 0 ||
	    event_config_set_flag(config, flags) != 0)
		return NULL;
	return event_base_new_with_config(config);
}

enum result loop_init(struct loop *loop)
{
	struct event_config *config = event_config_new();

	*loop = (struct loop){ 0 };
	if (config == NULL)
		return BROKEN;
	loop->events = base_of(config);
	event_config_free(config);
	return loop->events ? OK : BROKEN;
}

void loop_finish(struct loop *loop)
{
	if (loop->events)
		event_base_free(loop->events);
	*loop = (struct loop){ 0 };
}

/* libevent forgets a break that came before its loop began; we do not. */
enum result loop_run(struct loop *loop)
{
	int end = 0;

	if (!loop->stopped)
		end = event_base_loop(loop->events, EVLOOP_NO_EXIT_ON_EMPTY);
	loop->stopped = false;
	return end == 0 ? OK : BROKEN;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	(void)event_base_loopbreak(loop->events);
}

/* The clock that libevent uses too: the two never disagree about what is due. */
uint64_t loop_ticks(const struct loop *loop)
{
	struct timespec now = { 0 };

	(void)loop;
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct event_base *loop_events(struct loop *loop)
{
	return loop->events;
}

static void watch_woke(evutil_socket_t fd, short what, void *argument)
{
	struct watch *watch = argument;
	unsigned ready = 0;

	(void)fd;
	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	watch->ready(watch->owner, ready);
}

void watch_init(struct watch *watch, struct loop *loop, int fd,
                void (*ready)(void *owner, unsigned what), void *owner)
{
	*watch = (struct watch){ .loop = loop, .ready = ready, .owner = owner, .fd = fd };
}

static short events_of(unsigned what)
{
	int events = EV_PERSIST;

	if (what & LOOP_READ)
		events |= EV_READ;
	if (what & LOOP_WRITE)
		events |= EV_WRITE;
	return (short)events;
}

enum result watch_for(struct watch *watch, unsigned what)
{
	what &= LOOP_READ | LOOP_WRITE;
	if (what == watch->wanted)
		return OK;
	if (watch->wanted && event_del(&watch->event) != 0)
		return BROKEN;
	watch->wanted = 0;
	if (what == 0)
		return OK;
	if (event_assign(&watch->event, watch->loop->events, watch->fd, events_of(what), watch_woke, watch) != 0 ||
	    event_add(&watch->event, NULL) != 0)
		return BROKEN;
	watch->wanted = what;
	return OK;
}

void watch_end(struct watch *watch)
{
	if (watch->wanted)
		(void)event_del(&watch->event);
	*watch = (struct watch){ .fd = -1 };
}

static void timer_came(evutil_socket_t fd, short what, void *argument)
{
	struct timer *timer = argument;

	(void)fd;
	(void)what;
	timer->due(timer->owner);
}

void timer_init(struct timer *timer, struct loop *loop, void (*due)(void *owner), void *owner)
{
	*timer = (struct timer){ .loop = loop, .due = due, .owner = owner };
	(void)event_assign(&timer->event, loop->events, -1, 0, timer_came, timer);
}

enum result timer_start(struct timer *timer, uint64_t ms)
{
	uint64_t seconds = ms / 1000;
	struct timeval after = { .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	after.tv_sec = (time_t)(seconds < LONGEST_TIMER ? seconds : LONGEST_TIMER);
	return event_add(&timer->event, &after) == 0 ? OK : BROKEN;
}

void timer_stop(struct timer *timer)
{
	if (timer->loop)
		(void)event_del(&timer->event);
}

void timer_end(struct timer *timer)
{
	timer_stop(timer);
	*timer = (struct timer){ 0 };
}

static void signal_came(evutil_socket_t number, short what, void *argument)
{
	struct signal_watch *watch = argument;

	(void)what;
	watch->came(watch->owner, (int)number);
}

enum result signal_watch_start(struct signal_watch *watch, struct loop *loop, int number,
                               void (*came)(void *owner, int number), void *owner)
{
	*watch = (struct signal_watch){ .came = came, .owner = owner };
	if (event_assign(&watch->event, loop->events, number, EV_SIGNAL | EV_PERSIST, signal_came, watch) != 0)
		return BROKEN;
	return event_add(&watch->event, NULL) == 0 ? OK : BROKEN;
}

void signal_watch_end(struct signal_watch *watch)
{
	if (watch->came)
		(void)event_del(&watch->event);
	*watch = (struct signal_watch){ 0 };
}
