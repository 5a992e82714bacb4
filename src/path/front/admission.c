/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing; a row that empties pulls its followers back, so no tombstones gather. */
#include "front/admission.h"

#include "base/pool.h"

#include <string.h>

struct admission_row {
	uint64_t high, low;
	uint32_t count;                       /* 0: free */
};

struct key {
	uint64_t high, low;
};

static struct key key_of(const struct in6_addr *client)
{
	struct key key;

	memcpy(&key.high, client->s6_addr, 8);
	memcpy(&key.low, client->s6_addr + 8, 8);
	if (!IN6_IS_ADDR_V4MAPPED(client))
		key.low = 0;
	return key;
}

static size_t home_of(const struct admission *admission, struct key key)
{
	uint64_t mixed = (key.high ^ admission->key) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 29 ^ key.low) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 32 ^ admission->key) * UINT64_C(0x94d049bb133111eb);
	return (size_t)(mixed >> 20) & (admission->size - 1);
}

/* The client's row, or the free one where it would stand. */
static size_t find(const struct admission *admission, struct key key)
{
	size_t place = home_of(admission, key);

	while (admission->rows[place].count &&
	       (admission->rows[place].high != key.high || admission->rows[place].low != key.low))
		place = (place + 1) & (admission->size - 1);
	return place;
}

enum result admission_init(struct admission *admission, size_t most, uint64_t key)
{
	size_t size = 16;

	while (size < most * 2)
		size *= 2;
	*admission = (struct admission){ .rows = pool_resize(NULL, size * sizeof(struct admission_row)), .key = key };
	if (admission->rows == NULL)
		return LATER;
	memset(admission->rows, 0, size * sizeof(struct admission_row));
	admission->size = size;
	return OK;
}

void admission_finish(struct admission *admission)
{
	(void)!pool_resize(admission->rows, 0);
	*admission = (struct admission){ 0 };
}

enum result admission_enter(struct admission *admission, const struct in6_addr *client, uint64_t share)
{
	struct key key = key_of(client);
	struct admission_row *row = &admission->rows[find(admission, key)];

	if (row->count >= share)
		return LATER;
	row->high = key.high;
	row->low = key.low;
	row->count++;
	return OK;
}

static void close_gap(struct admission *admission, size_t gap)
{
	size_t mask = admission->size - 1;

	for (size_t place = (gap + 1) & mask; admission->rows[place].count; place = (place + 1) & mask) {
		struct key key = { admission->rows[place].high, admission->rows[place].low };
		size_t home = home_of(admission, key);

		if (((place - home) & mask) < ((place - gap) & mask))
			continue;
		admission->rows[gap] = admission->rows[place];
		admission->rows[place].count = 0;
		gap = place;
	}
}

void admission_leave(struct admission *admission, const struct in6_addr *client)
{
	size_t place = find(admission, key_of(client));

	if (admission->rows[place].count && --admission->rows[place].count == 0)
		close_gap(admission, place);
}
