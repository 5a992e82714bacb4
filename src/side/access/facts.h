/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h — what is remembered of recipients: there, or not, until when.
 *
 * Knows:   addresses, as they were asked for; the order in which they were learned: the oldest goes first.
 * Ignores: who found out, and clocks: time is given, in ticks.
 * Owns:    the memory of all facts, until facts_finish().
 * Fails:   never: what there is no room for is not remembered.
 */
#ifndef ACCESS_FACTS_H
#define ACCESS_FACTS_H

#include "base/pool.h"
#include "base/slice.h"

enum { FACTS_MOST = 1000000 };

struct facts {
	struct pool pool;
	struct fact **places;                  /* by hash */
	struct fact *oldest, *newest;
	uint64_t key;                          /* of the hash: nobody outside knows who stands with whom */
};

must_use enum result facts_init(struct facts *facts);
void facts_finish(struct facts *facts);
/* At most ACCESS_ADDRESS bytes. `most`: facts kept at most, this one counted. */
void facts_remember(struct facts *facts, struct slice address, bool there, uint64_t until, size_t most);
/* OK: it is there; REFUSED: it is not; AGAIN: nothing is known. */
must_use enum result facts_find(struct facts *facts, struct slice address, uint64_t now);

#endif
