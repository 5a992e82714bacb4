/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callouts.h — is there such a recipient? The next hop is asked, and its answer remembered.
 *
 * Knows:   how long answers are remembered (facts.h): long for those who are there, short for those who are not; how many
 *          call-outs one target bears at a time and in a minute; that several who ask for the same
 *          address wait for one call-out.
 * Ignores: the conversation (probe.h), and how a target is reached (reach.h).
 * Owns:    memory, targets, and what is being asked. A callout is its asker's, and stays until answered or forgotten.
 * Fails:   LATER: no target answered, or too many call-outs; with `callout_dead = accept` OK, for a target
 *          that is dead and not for a limit. Nothing that failed is remembered.
 */
#ifndef ACCESS_CALLOUTS_H
#define ACCESS_CALLOUTS_H

#include "access/access.h"
#include "access/facts.h"
#include "base/counters.h"
#include "base/loop.h"
#include "base/pool.h"
#include "base/slice.h"
#include "wire/front-access.h"
#include "wire/target.h"

struct reaches;

enum { TARGET_TEXT = 400 };

/* A target, and how much it was asked. */
struct hop {
	struct hop *next;
	struct target target;
	struct target_settings settings;
	unsigned running;
	uint64_t made, minute, dead_until;     /* made since `minute` */
	size_t length;
	char text[TARGET_TEXT];
};

struct callout {
	struct slice address;                  /* until the answer */
	void (*answered)(struct callout *callout, enum result end);       /* through the loop; OK, REFUSED, LATER */
	struct callout *next;
	struct inquiry *inquiry;               /* NULL: nothing is asked */
};

struct callouts {
	struct loop *loop;
	struct counters *counters;
	struct reaches *reaches;
	struct settings *all;
	struct access_settings settings;
	struct facts facts;
	struct pool inquiries, targets;
	struct inquiry *first;
	struct hop *hops;
};

/* `all`: where the sections `target` stand. */
must_use enum result callouts_init(struct callouts *callouts, struct loop *loop, struct counters *counters,
                                   struct reaches *reaches, struct settings *all, const struct access_settings *settings);
/* New settings. */
void callouts_settle(struct callouts *callouts, const struct access_settings *settings);
void callouts_finish(struct callouts *callouts);

/* OK, REFUSED, LATER at once, or AGAIN. `targets` as in `deliver`; tried in their order until one answers. */
must_use enum result callouts_ask(struct callouts *callouts, const struct slice *targets, size_t count,
                                  struct callout *callout);
void callouts_forget(struct callouts *callouts, struct callout *callout);      /* safe when nothing is asked */

#endif
