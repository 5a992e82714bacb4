/* SPDX-License-Identifier: Apache-2.0 */
/* Doubling with a ceiling, then chance. */
#include "queue/schedule.h"

static uint32_t doubled(uint64_t least, uint64_t most, unsigned times)
{
	uint64_t wait = least;

	while (times-- > 0 && wait < most)
		wait *= 2;
	return (uint32_t)(wait < most ? wait : most);
}

/* Between three and five quarters. */
static uint32_t shaken(uint32_t wait, uint32_t chance)
{
	uint32_t half = wait / 2;

	return wait - wait / 4 + (half ? chance % (half + 1) : 0);
}

uint32_t schedule_retry(const struct queue_times *times, unsigned attempts, uint32_t chance)
{
	uint64_t least = times->retry_least.n;
	uint32_t wait = attempts > 1 ? doubled(least, times->retry_most.n, attempts - 2)
	                             : doubled(least / 5 ? least / 5 : 1, times->retry_most.n, 0);

	wait = shaken(wait, chance);
	return wait ? wait : 1;
}

uint32_t schedule_busy(unsigned times, uint32_t chance)
{
	return 1 + shaken(doubled(1, 64, times), chance);
}

uint32_t schedule_judge(unsigned tried, uint32_t chance)
{
	return shaken(doubled(2, 300, tried), chance);
}

/* A clock that jumped ahead expires nothing that was not tried a few times. */
bool schedule_expired(const struct queue_times *times, uint32_t received, unsigned attempts, int64_t now)
{
	return attempts >= 2 && now > (int64_t)received && (uint64_t)(now - received) >= times->lifetime.n;
}
