/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_commit.h — several threads' syncs, all at once: a journaling file system makes one commit of them.
 *
 * Knows:   who syncs now, and who came since: these go together, when the last of those is done.
 * Ignores: what is synced, and how it ends.
 * Owns:    a lock; no thread and no descriptor.
 * Fails:   BROKEN when it cannot be made. Whoever comes alone goes at once; whoever comes while others sync waits for
 *          the slowest of them, as he would for the disk.
 *
 * The caller's own errors stay his: each syncs his own descriptor, between group_commit_enter() and group_commit_leave().
 */
#ifndef BASE_GROUP_COMMIT_H
#define BASE_GROUP_COMMIT_H

#include "base/result.h"

#include <pthread.h>
#include <stdint.h>

struct group_commit {
	pthread_mutex_t lock;
	unsigned inside, waiting;
	_Atomic uint32_t turn;          /* counts the groups; who waits, waits for another */
};

must_use enum result group_commit_init(struct group_commit *group);
void group_commit_finish(struct group_commit *group);         /* nobody is inside or waits */

void group_commit_enter(struct group_commit *group);          /* NULL: there are no others */
void group_commit_leave(struct group_commit *group);

#endif
