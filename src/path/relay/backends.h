/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backends.h — what is known of each target that stands in the settings: how much it has, how much it may get, whether
 *              it is up; and of each destination, how many connections do it good.
 *
 * Knows:   connections and letters at a time, messages a minute, being down (2 s, doubling to 60 s, or until a look
 *          at it succeeds), slow start; a window that grows with success and halves with trouble.
 * Ignores: sockets and clocks: time comes in, in milliseconds that only go forward.
 * Owns:    a row for each target, found by its text as in `deliver`, from the first time it is asked for to the end.
 * Fails:   NULL when there are as many as there may be; such a target has no limits but its destination's.
 */
#ifndef RELAY_BACKENDS_H
#define RELAY_BACKENDS_H

#include "base/pool.h"
#include "relay/relay.h"
#include "wire/target.h"

enum { BACKENDS_MOST = 4096, BACKEND_TEXT = 320, BACKEND_ROWS = 256, BACKEND_REASON = 400, WINDOW_FIRST = 5 };

struct backend {
	struct backend *next;                      /* in its row */
	char text[BACKEND_TEXT];
	struct target_settings settings;
	unsigned connections, carrying;            /* now: connections, letters on them */
	bool is_down;
	char reason[BACKEND_REASON];               /* why, as a reply; empty: it never was down */
	uint64_t pause, look_at, up_since;         /* ms; when down: to be looked at; 0: it never was down */
	uint64_t free_at;                          /* microseconds: the rate's place in time */
};

struct backends {
	struct pool pool;
	struct backend *rows[BACKEND_ROWS];
};

void backends_init(struct backends *backends);
void backends_finish(struct backends *backends);           /* safe on a zeroed one */
must_use struct backend *backends_find(struct backends *backends, struct settings *settings, struct slice text);
/* New settings, for all that are there. */
must_use enum result backends_reload(struct backends *backends, struct settings *settings);

enum backend_state { BACKEND_OPEN, BACKEND_FULL, BACKEND_DOWN };
/* For one more connection. Down, and due to be looked at by mail because nothing else looks: open. */
enum backend_state backend_state(const struct backend *backend, uint64_t now);
bool backend_takes_letter(const struct backend *backend, uint64_t now);
void backend_took_letter(struct backend *backend, uint64_t now);
void backend_failed(struct backend *backend, uint64_t now, struct slice reason);
void backend_answered(struct backend *backend, uint64_t now);
/* Down, and it is time for a look that carries nothing; asked once, the next is due a while later. */
bool backend_look(struct backend *backend, uint64_t now);
/* The look that was is to be followed by another, which goes another way. */
void backend_look_at_once(struct backend *backend, uint64_t now);

/* Connections that a destination may have: it begins with WINDOW_FIRST, and has at least one. */
struct window { unsigned size, good; };
unsigned window_size(const struct window *window, uint64_t most);
void window_good(struct window *window, uint64_t most);
void window_trouble(struct window *window);

#endif
