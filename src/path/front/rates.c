/* SPDX-License-Identifier: Apache-2.0 */
/* A place has a few rows; a newcomer takes the one that was touched longest ago. Levels are thousandths. */
#include "front/rates.h"

#include "base/pool.h"

#include <string.h>

enum { PLACES = 2048, ROWS = 4, ONE = 1000, MINUTE = 60000 };

struct rates_row {
	struct admission_key who;
	uint64_t touched;                     /* ms; 0: free */
	struct { uint64_t then; uint32_t level; } buckets[RATES];
};

void rates_init(struct rates *rates, uint64_t key)
{
	*rates = (struct rates){ .key = key };
}

void rates_finish(struct rates *rates)
{
	(void)!pool_resize(rates->rows, 0);
	*rates = (struct rates){ 0 };
}

static enum result make(struct rates *rates)
{
	const size_t size = (size_t)PLACES * ROWS * sizeof(struct rates_row);

	if (rates->rows)
		return OK;
	rates->rows = pool_resize(NULL, size);
	if (rates->rows == NULL)
		return LATER;
	memset(rates->rows, 0, size);
	return OK;
}

static bool is_of(const struct rates_row *row, struct admission_key who)
{
	return row->touched && row->who.high == who.high && row->who.low == who.low;
}

static struct rates_row *find(struct rates *rates, struct admission_key who)
{
	struct rates_row *place = &rates->rows[(admission_mix(who, rates->key) & (PLACES - 1)) * ROWS], *oldest = place;

	for (size_t i = 0; i < ROWS; i++) {
		if (is_of(&place[i], who))
			return &place[i];
		if (place[i].touched < oldest->touched)
			oldest = &place[i];
	}
	*oldest = (struct rates_row){ .who = who };
	return oldest;
}

static uint64_t leaked(uint64_t level, uint64_t ms, uint64_t limit)
{
	uint64_t out = ms < MINUTE ? ms * limit * ONE / MINUTE : UINT64_MAX;

	return level > out ? level - out : 0;
}

static bool is_full(uint64_t level, uint64_t limit)
{
	return level + ONE > limit * ONE;
}

static uint64_t level_now(const struct rates_row *row, enum rate what, uint64_t limit, uint64_t now)
{
	return leaked(row->buckets[what].level, now - row->buckets[what].then, limit);
}

enum result rates_take(struct rates *rates, struct admission_key who, enum rate what, uint64_t limit, uint64_t now)
{
	struct rates_row *row;
	uint64_t level;

	if (limit == 0)
		return OK;
	TRY(make(rates));
	row = find(rates, who);
	level = level_now(row, what, limit, now);
	row->touched = now + 1;
	if (is_full(level, limit))
		return LATER;
	row->buckets[what].level = (uint32_t)(level + ONE);
	row->buckets[what].then = now;
	return OK;
}

bool rates_spent(struct rates *rates, struct admission_key who, enum rate what, uint64_t limit, uint64_t now)
{
	if (limit == 0)
		return false;
	if (make(rates) != OK)
		return true;
	return is_full(level_now(find(rates, who), what, limit, now), limit);
}
