/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing; a row that empties pulls its followers back, so no tombstones gather. */
#include "front/admission.h"

#include "base/pool.h"
#include "base/slice.h"

#include <string.h>

struct admission_row {
	uint64_t high, low;
	uint32_t count;                       /* 0: free */
};

struct admission_key admission_client(const struct in6_addr *client)
{
	struct admission_key key;

	memcpy(&key.high, client->s6_addr, 8);
	memcpy(&key.low, client->s6_addr + 8, 8);
	if (!IN6_IS_ADDR_V4MAPPED(client))
		key.low = 0;
	return key;
}

static bool has_network(const struct in6_addr *client)
{
	return client->s6_addr[0] != 0xff;
}

/* No client has such a key: IPv4 ones have zeros in `high`, IPv6 ones in `low`. */
struct admission_key admission_network(const struct in6_addr *client)
{
	struct in6_addr network = *client;
	struct admission_key key;

	network.s6_addr[IN6_IS_ADDR_V4MAPPED(client) ? 15 : 6] = 0;
	if (!IN6_IS_ADDR_V4MAPPED(client))
		network.s6_addr[7] = 0;
	key = admission_client(&network);
	if (IN6_IS_ADDR_V4MAPPED(client))
		key.high = 1;
	else
		key.low = 1;
	return key;
}

uint64_t admission_mix(struct admission_key key, uint64_t secret)
{
	uint64_t mixed = (key.high ^ secret) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 29 ^ key.low) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 32 ^ secret) * UINT64_C(0x94d049bb133111eb);
	return mixed >> 20;
}

static size_t home_of(const struct admission *admission, struct admission_key key)
{
	return (size_t)admission_mix(key, admission->key) & (admission->size - 1);
}

/* The client's row, or the free one where it would stand. */
static size_t find(const struct admission *admission, struct admission_key key)
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

	while (size < most * 4)
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

static void close_gap(struct admission *admission, size_t gap)
{
	size_t mask = admission->size - 1;

	for (size_t place = (gap + 1) & mask; admission->rows[place].count; place = (place + 1) & mask) {
		struct admission_key key = { admission->rows[place].high, admission->rows[place].low };
		size_t home = home_of(admission, key);

		if (((place - home) & mask) < ((place - gap) & mask))
			continue;
		admission->rows[gap] = admission->rows[place];
		admission->rows[place].count = 0;
		gap = place;
	}
}

static bool has_share(const struct admission *admission, struct admission_key key, uint64_t share)
{
	return admission->rows[find(admission, key)].count < share;
}

static void count_in(struct admission *admission, struct admission_key key)
{
	struct admission_row *row = &admission->rows[find(admission, key)];

	row->high = key.high;
	row->low = key.low;
	row->count++;
}

static void count_out(struct admission *admission, struct admission_key key)
{
	size_t place = find(admission, key);

	if (admission->rows[place].count && --admission->rows[place].count == 0)
		close_gap(admission, place);
}

enum result admission_enter(struct admission *admission, const struct in6_addr *client, uint64_t per_client,
                            uint64_t per_network)
{
	if (!has_share(admission, admission_client(client), per_client))
		return LATER;
	if (per_network && has_network(client) && !has_share(admission, admission_network(client), per_network))
		return LATER;
	count_in(admission, admission_client(client));
	if (has_network(client))
		count_in(admission, admission_network(client));
	return OK;
}

void admission_leave(struct admission *admission, const struct in6_addr *client)
{
	count_out(admission, admission_client(client));
	if (has_network(client))
		count_out(admission, admission_network(client));
}
