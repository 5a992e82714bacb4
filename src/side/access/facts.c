/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table with lists, and one line through all facts in the order of their age. */
#include "access/facts.h"

#include "wire/front-access.h"

#include <string.h>
#include <sys/random.h>

enum { PLACES = 4096 };

struct fact {
	struct fact *next, *younger;
	uint64_t until;                        /* ticks */
	bool there;
	uint16_t length;
	char address[ACCESS_ADDRESS];
};

static struct fact **place_of(struct facts *facts, struct slice address)
{
	uint64_t hash = facts->key;

	for (size_t i = 0; i < address.len; i++)
		hash = (hash ^ (unsigned char)address.at[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
	return &facts->places[(hash >> 20) % PLACES];
}

static struct slice fact_address(const struct fact *fact)
{
	return (struct slice){ fact->address, fact->length };
}

static void forget_oldest(struct facts *facts)
{
	struct fact *fact = facts->oldest, **at = place_of(facts, fact_address(fact));

	while (*at != fact)
		at = &(*at)->next;
	*at = fact->next;
	facts->oldest = fact->younger;
	if (facts->oldest == NULL)
		facts->newest = NULL;
	pool_give(&facts->pool, fact);
}

static struct fact *find_fact(struct facts *facts, struct slice address)
{
	struct fact *fact = *place_of(facts, address);

	while (fact && !slice_same(fact_address(fact), address))
		fact = fact->next;
	return fact;
}

void facts_remember(struct facts *facts, struct slice address, bool there, uint64_t until, size_t most)
{
	struct fact *fact = find_fact(facts, address), **place;

	if (address.len > ACCESS_ADDRESS)
		return;
	while (fact == NULL && facts->oldest && facts->pool.used >= most)
		forget_oldest(facts);
	if (fact == NULL) {
		fact = pool_take(&facts->pool);
		if (fact == NULL)
			return;
		memcpy(fact->address, address.at, address.len);
		fact->length = (uint16_t)address.len;
		place = place_of(facts, address);
		fact->next = *place;
		*place = fact;
		if (facts->newest)
			facts->newest->younger = fact;
		else
			facts->oldest = fact;
		facts->newest = fact;
	}
	fact->there = there;
	fact->until = until;
}

enum result facts_find(struct facts *facts, struct slice address, uint64_t now)
{
	const struct fact *fact = find_fact(facts, address);

	if (fact == NULL || fact->until <= now)
		return AGAIN;
	return fact->there ? OK : REFUSED;
}

enum result facts_init(struct facts *facts)
{
	*facts = (struct facts){ 0 };
	if (getrandom(&facts->key, sizeof(facts->key), 0) != sizeof(facts->key))
		return BROKEN;
	facts->places = pool_resize(NULL, PLACES * sizeof(struct fact *));
	if (facts->places == NULL)
		return LATER;
	memset(facts->places, 0, PLACES * sizeof(struct fact *));
	pool_init(&facts->pool, sizeof(struct fact), FACTS_MOST);
	return OK;
}

void facts_finish(struct facts *facts)
{
	pool_finish(&facts->pool);
	facts->places = pool_resize(facts->places, 0);
	facts->oldest = facts->newest = NULL;
}
