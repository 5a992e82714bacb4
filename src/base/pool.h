/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h — objects of one size with a limit and a free list, for what lives between
 *          a process and a session: queue entries, pooled connections, cache rows.
 *
 * Knows:   the size of one object and how many there may be.
 * Ignores: what an object is. It comes zeroed each time.
 * Owns:    the memory of every object, given out or free, until pool_finish().
 * Fails:   pool_take() returns NULL at the limit; the caller answers LATER.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/result.h"

#include <stddef.h>

struct pool {
	struct pool_block *blocks;
	struct pool_free *free;
	size_t size, used, limit;      /* bytes of one object; objects out; objects at most */
};

void pool_init(struct pool *pool, size_t size, size_t limit);
void pool_finish(struct pool *pool);                   /* safe on a zeroed pool; ends every object */

must_use void *pool_take(struct pool *pool);           /* zeroed, or NULL */
void pool_give(struct pool *pool, void *object);       /* NULL is nothing */

/* One stretch that grows: for buffer.h and tables that double. NULL when there is no room;
 * the old stretch then stands. A size of 0 gives it back and returns NULL. */
must_use void *pool_resize(void *stretch, size_t size);

#endif
