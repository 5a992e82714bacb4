/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.h — records that came, gathered into blocks, which one thread compresses, writes and syncs.
 *
 * Knows:   how long a record may wait (log_sync), how much is gathered at most, which were lost, and that a gap is to be
 *          written down with the next block.
 * Ignores: who brought them, and what they say.
 * Owns:    the block that is being filled, the one that is being written, and the log.
 * Fails:   what could not be written is lost and counted; the next block says so. Nobody waits.
 */
#ifndef KEEPER_GATHER_H
#define KEEPER_GATHER_H

#include "base/counters.h"
#include "base/crew.h"
#include "base/log.h"
#include "base/process.h"
#include "keeper/keeper.h"
#include "store/records.h"

enum { GATHER_BLOCK = 256 << 10, EXPIRE_MS = 3600000 };

struct gather {
	struct process *process;                 /* hears warnings; NULL: nobody */
	struct log *log;
	struct counters *counters;
	struct crew *crew;
	struct records records;                  /* the thread's while `busy` */
	struct block filling, writing;
	struct job job;
	struct timer due, expiry;
	uint64_t sync_ms;
	struct records_limits limits;            /* for the next write */
	uint64_t lost, lost_with_it;             /* not yet written down; in the block that is being written */
	int64_t lost_since;
	uint64_t taken, going;                   /* marks of the last record that is filling; that is being written */
	bool busy, expires, troubled, hurries;   /* hurries: somebody waits for settled() */
	struct { enum result end; int error; size_t bytes; } wrote;      /* by the thread */
	void (*written)(void *owner, uint64_t mark);     /* all up to that mark are on the disk, or lost */
	void (*settled)(void *owner);                    /* nothing is waiting or under way */
	void *owner;
};

void gather_init(struct gather *gather, struct loop *loop, struct crew *crew);
void gather_finish(struct gather *gather);
/* In the jail: from now on blocks are written. */
must_use enum result gather_begin(struct gather *gather);
void gather_settings(struct gather *gather, const struct keeper_settings *settings);

/* `mark` comes back with written(). Never waits. */
void gather_add(struct gather *gather, const struct record *record, uint64_t mark);
void gather_missed(struct gather *gather, uint64_t count, int64_t since, uint64_t mark);
bool gather_is_settled(const struct gather *gather);
void gather_flush(struct gather *gather);                /* as soon as may be; settled() tells */

#endif
