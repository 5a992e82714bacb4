/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turnstile: it opens when nobody is inside, for all who wait, and shuts behind them. They wait on the number of the
 * turn itself: behind a condition each would have to take the lock once more to find out that he may go.
 */
#include "base/group_commit.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum result group_commit_init(struct group_commit *group)
{
	*group = (struct group_commit){ 0 };
	return pthread_mutex_init(&group->lock, NULL) == 0 ? OK : BROKEN;
}

void group_commit_finish(struct group_commit *group)
{
	(void)pthread_mutex_destroy(&group->lock);
}

/* With the lock held, and nobody inside. */
static void open_for_all(struct group_commit *group)
{
	group->inside = group->waiting;
	group->waiting = 0;
	group->turn++;
}

/* Woken for nothing, or by a signal: the turn tells. */
static void wait_for_turn(struct group_commit *group, uint32_t turn)
{
	while (group->turn == turn)
		(void)syscall(SYS_futex, &group->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
}

void group_commit_enter(struct group_commit *group)
{
	uint32_t turn;

	if (group == NULL)
		return;
	(void)pthread_mutex_lock(&group->lock);
	turn = group->turn;
	group->waiting++;
	if (group->inside == 0)
		open_for_all(group);
	(void)pthread_mutex_unlock(&group->lock);
	wait_for_turn(group, turn);
}

void group_commit_leave(struct group_commit *group)
{
	bool opens;

	if (group == NULL)
		return;
	(void)pthread_mutex_lock(&group->lock);
	opens = --group->inside == 0 && group->waiting;
	if (opens)
		open_for_all(group);
	(void)pthread_mutex_unlock(&group->lock);
	if (opens)
		(void)syscall(SYS_futex, &group->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
