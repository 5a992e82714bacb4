/* SPDX-License-Identifier: Apache-2.0 */
/* Only crashes are counted; kills from outside take the same ladder with a lower top. */
#include "supervisor/backoff.h"

void backoff_lived(struct backoff *backoff, uint64_t lived)
{
	if (lived >= BACKOFF_GOOD_LIFE)
		*backoff = (struct backoff){ 0 };
}

uint64_t backoff_wait(struct backoff *backoff, uint64_t lived, bool killed)
{
	uint64_t wait, most = killed ? BACKOFF_KILLED_MOST : BACKOFF_MOST;

	backoff_lived(backoff, lived);
	wait = backoff->next ? backoff->next : BACKOFF_FIRST;
	backoff->crashes += !killed;
	if (wait >= most) {
		if (!killed)
			backoff->next = most;
		return most;
	}
	backoff->next = wait * 2 < most ? wait * 2 : most;
	return wait;
}

bool backoff_is_loop(const struct backoff *backoff)
{
	return backoff->crashes >= BACKOFF_LOOP;
}
