/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles are few, so the list is walked; a set that nobody uses is the next one's place. */
#include "queue/paces.h"

static bool is_none(const struct times *times)
{
	for (size_t i = 0; i < TIME_KINDS; i++)
		if (times->list[i].said)
			return false;
	return true;
}

enum result paces_keep(struct paces *paces, const struct times *times, uint16_t *ret_number)
{
	struct times kept = *times;
	uint16_t free = 0;

	for (size_t i = 0; i < TIME_KINDS; i++)
		kept.list[i].profile = SLICE("");        /* it would outlive what it points to */
	*ret_number = 0;
	if (is_none(&kept))
		return OK;
	for (uint16_t i = 1; i < paces->count; i++) {
		if (paces->list[i].users == 0)
			free = i;
		else if (times_same(&paces->list[i].times, &kept)) {
			paces->list[i].users++;
			*ret_number = i;
			return OK;
		}
	}
	if (free == 0 && paces->count < PACES_MOST) {
		free = paces->count ? paces->count : 1;
		paces->count = (uint16_t)(free + 1);
	}
	if (free == 0)
		return LATER;
	paces->list[free].times = kept;
	paces->list[free].users = 1;
	*ret_number = free;
	return OK;
}

bool paces_are_eased(const struct paces *paces)
{
	size_t left = PACES_MOST - (paces->count ? paces->count : 1);

	for (uint16_t i = 1; i < paces->count; i++)
		left += paces->list[i].users == 0;
	return left >= PACES_MOST / 8;
}

void paces_give(struct paces *paces, uint16_t number)
{
	if (number && number < paces->count && paces->list[number].users)
		paces->list[number].users--;
}

void paces_put_over(const struct paces *paces, uint16_t number, struct queue_times *over)
{
	if (number && number < paces->count)
		times_put_over(&paces->list[number].times, over);
}
