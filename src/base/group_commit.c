/* SPDX-License-Identifier: Apache-2.0 */
/* A turnstile: it opens when nobody is inside, for all who wait, and shuts behind them. */
#include "base/group_commit.h"

#include <stdbool.h>
#include <stddef.h>

enum result group_commit_init(struct group_commit *group)
{
	*group = (struct group_commit){ 0 };
	if (pthread_mutex_init(&group->lock, NULL) != 0)
		return BROKEN;
	if (pthread_cond_init(&group->opened, NULL) != 0) {
		(void)pthread_mutex_destroy(&group->lock);
		return BROKEN;
	}
	return OK;
}

void group_commit_finish(struct group_commit *group)
{
	(void)pthread_cond_destroy(&group->opened);
	(void)pthread_mutex_destroy(&group->lock);
}

/* With the lock held, and nobody inside. */
static void open_for_all(struct group_commit *group)
{
	group->inside = group->waiting;
	group->waiting = 0;
	group->turn++;
}

void group_commit_enter(struct group_commit *group)
{
	unsigned long turn;

	if (group == NULL)
		return;
	(void)pthread_mutex_lock(&group->lock);
	turn = group->turn;
	group->waiting++;
	if (group->inside == 0)
		open_for_all(group);
	while (group->turn == turn)
		(void)pthread_cond_wait(&group->opened, &group->lock);
	(void)pthread_mutex_unlock(&group->lock);
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
		(void)pthread_cond_broadcast(&group->opened);
}
