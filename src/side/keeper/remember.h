/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remember.h — names that were told are counted in the map, in batches, on a thread; what is asked is answered at once.
 *
 * Knows:   a tally a name (wire/known.h); that only what was delivered makes a name known, and that of names which were
 *          not known a source has so many in an hour; how long a name is kept, and that old ones go a stretch at a time.
 * Ignores: whose names they are, and who tells and asks.
 * Owns:    the map (store/state.h), the batch that is filled and the one that is written.
 * Fails:   what could not be written is lost, counted, and the warning `state` stands until it can be; what cannot be
 *          looked up is LATER, never "known" and never "not known".
 *
 * A damaged map is put aside and a new one begun; the warning says so until the keeper is started again.
 */
#ifndef KEEPER_REMEMBER_H
#define KEEPER_REMEMBER_H

#include "base/crew.h"
#include "base/log.h"
#include "base/process.h"
#include "keeper/keeper.h"
#include "store/state.h"
#include "wire/known.h"
#include "wire/queue-keeper.h"

enum { NOTES_MOST = 4 << 20, SHARES = 4096, AGE_MS = 60000, AGE_STEP = 20000, TROUBLE_TEXT = 128 };

/* How many names of that source became known in that hour. Sources that fall into one place share it; nobody knows which,
 * as the key is made at the start. */
struct share { int64_t hour; uint64_t used; };
/* All of them together: an eighth of the names that there is room for when the hour begins. */
enum { NEWCOMERS_PART = 8, NAME_SIZE = 256 };

struct remember {
	struct process *process;                 /* hears warnings; NULL: nobody */
	struct log *log;
	struct counters *counters;
	struct crew *crew;
	struct state state;                      /* changed by the thread, while `busy`; read by the loop */
	struct buffer filling, writing;          /* notes, each u64 when and a slice */
	struct job job;
	struct timer due, ageing;
	uint64_t sync_ms;
	struct remember_limits { int64_t life, new_life; uint64_t newcomers; } limits, used;     /* used: by the thread */
	uint64_t key[2];
	struct share shares[SHARES], all;        /* the thread's */
	uint64_t all_most;                       /* the same: of `all` in its hour */
	struct state_place place;                /* the thread's */
	bool busy, ages, full;                   /* ages: it is time to forget */
	bool forgets;                            /* the thread does */
	struct { uint64_t written, lost, unshared, full, aged; int error; } did;         /* by the thread */
	char damaged[TROUBLE_TEXT], trouble[TROUBLE_TEXT];   /* the warning, and what else is wrong now */
	void (*settled)(void *owner);            /* nothing is waiting or under way */
	void *owner;
};

void remember_init(struct remember *remember, struct loop *loop, struct crew *crew);
void remember_finish(struct remember *remember);
void remember_settings(struct remember *remember, const struct keeper_settings *settings);
/* In the jail. `folder`: where the map is. Where it cannot be opened nothing is remembered, and the warning stands. */
must_use enum result remember_begin(struct remember *remember, int folder, uint64_t size);

/* Never waits. */
void remember_note(struct remember *remember, const struct known_note *note);
/* REFUSED: the name is not known. LATER: it could not be found out. */
must_use enum result remember_ask(struct remember *remember, const struct known_name *name, struct tally *ret_tally);
bool remember_is_settled(const struct remember *remember);
void remember_flush(struct remember *remember);          /* as soon as may be; settled() tells */

#endif
