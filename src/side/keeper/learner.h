/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learner.h — the site's model and the ledger of what it learned: one writer, in batches, on a thread.
 *
 * Knows:   that a message counts once, that learning it the other way moves it, and that what is forgotten is what was
 *          learned; that model and ledger agree whenever we are killed (shelf.h).
 * Ignores: mail: a message is a digest and features. Who may teach: callers.h.
 * Owns:    the model in memory, and below the folder `learned` its file and the ledger, a map (store/state.h).
 * Fails:   LATER: nothing is learned now, and learner_trouble() says why. A model that is damaged stays as it is, and
 *          nothing is learned until somebody has taken it away; a damaged ledger is put aside, and a new one begun. The
 *          warning `learned` stands as long.
 *
 * In memory a lesson counts at once. It is safe when the file of the model that has it, with its entry for the ledger, is on
 * the disk; the ledger follows. A start brings the ledger up to the model. What could not be written is tried again, and
 * nothing more is learned until it is. A full ledger is looked through for what is old without being asked.
 */
#ifndef KEEPER_LEARNER_H
#define KEEPER_LEARNER_H

#include "base/counters.h"
#include "base/crew.h"
#include "base/log.h"
#include "base/process.h"
#include "keeper/keeper.h"
#include "keeper/shelf.h"
#include "wire/control.h"

enum { LEARNER_BATCH = SHELF_ENTRIES / 2, LEARNER_RETRY_MS = 5000, LEARNER_RETRY_MOST_MS = 300000, LEARNER_SWEEP = 500, LEARNER_TEXT = 448,
       LEARNER_STEP_MS = 200, LEARNER_ROUND_MS = 600000 };

struct learner_batch { struct learned *list; size_t count; };      /* room for SHELF_ENTRIES */

struct learner {
	struct process *process;                 /* hears warnings; NULL: nobody */
	struct log *log;
	struct counters *counters;
	struct crew *crew;
	struct shelf shelf;                      /* the thread's, while `busy` */
	struct state ledger;                     /* changed by the thread, while `busy`; read by the loop */
	struct model *model, *written;           /* written: a copy, the thread's while `busy` */
	struct learner_batch filling, writing;   /* what the ledger does not have yet */
	struct arena arena;
	struct job job;
	struct timer due, sweeping;              /* sweeping: of a full ledger, in steps, and rounds of them */
	uint64_t sync_ms, retry_ms;              /* retry_ms: the next pause after a failure; twice as long each time */
	int64_t life, writing_life;              /* seconds; the thread's */
	struct state_place place;                /* the thread's: where it looks for old entries */
	uint64_t taken, going, safe;             /* lessons: all; with those that are being written; on the disk */
	bool snapshot;                           /* `written` is on the disk, unless busy */
	bool sweeps;                             /* the thread changes the ledger alone */
	bool busy, hurries, troubled;            /* hurries: somebody waits for safer(); troubled: it could not be written */
	struct { enum result end; int error; size_t removed; } did;        /* by the thread */
	char lasting[LEARNER_TEXT], trouble[LEARNER_TEXT];                 /* the warning: until the next start; until it is written */
	void (*safer)(void *owner);              /* more of it is safe, or could not be written */
	void *owner;
};

void learner_init(struct learner *learner, struct loop *loop, struct crew *crew);       /* before the jail */
void learner_finish(struct learner *learner);
void learner_settings(struct learner *learner, const struct keeper_settings *settings);
/* In the jail. A batch changes as many pages of the map as it has messages, so `size` is not to be small. `folder` is taken; LATER only where the loop has no room: all else is a warning. */
must_use enum result learner_begin(struct learner *learner, struct durable_folder folder, uint64_t size);

/* One message: features packed (mail/spam/feature_set.h). */
struct teaching { struct slice digest, features; enum lesson_wanted wanted; uint32_t by; };
/* LATER: nothing was learned, now or for want of room. REFUSED: it is no teaching. */
must_use enum result learner_teach(struct learner *learner, const struct teaching *teaching, enum lesson_end *ret_end);
bool learner_is_stopped(const struct learner *learner);          /* nothing is learned, nor forgotten */
/* Why that is so, or nothing new is learned; NULL: it is. */
const char *learner_trouble(const struct learner *learner);
/* The model as it is on the disk, with its checksum; until the loop turns. NULL: it is being written, or not written. */
const struct model *learner_snapshot(const struct learner *learner);
bool learner_is_filled(const struct learner *learner);           /* wait for safer() before the next */
bool learner_is_settled(const struct learner *learner);
void learner_flush(struct learner *learner);                     /* as soon as may be; safer() tells */

#endif
