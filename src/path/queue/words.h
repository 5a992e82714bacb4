/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h — what next hops said, each wording kept once: a dead server says the same of 100,000 messages.
 *
 * Knows:   pairs of route and reply, counted; number 0 is "nothing was said".
 * Ignores: what they mean.
 * Owns:    the pairs, until the last user gives them back.
 * Fails:   never: without memory, or beyond WORDS_MOST, the answer is 0, and that wording is lost to show.
 */
#ifndef QUEUE_WORDS_H
#define QUEUE_WORDS_H

#include "base/pool.h"
#include "base/slice.h"

enum { WORDS_MOST = 65536, WORDS_BUCKETS = 4096 };

struct word;

/* Gives back what pool_resize() gave. */
static inline void stretch_end(void *stretch)
{
	void *none = pool_resize(stretch, 0);

	(void)none;
}

struct words {
	struct word **list;              /* by number */
	uint32_t count, free;            /* numbers given; a free one, or 0 */
	uint32_t buckets[WORDS_BUCKETS];
};

void words_finish(struct words *words);                   /* a zeroed struct words is ready */
uint32_t words_keep(struct words *words, struct slice route, struct slice reply);
void words_give(struct words *words, uint32_t number);
struct slice words_route(const struct words *words, uint32_t number);
struct slice words_reply(const struct words *words, uint32_t number);

#endif
