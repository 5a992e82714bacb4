/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of a few objects on one list, free objects on another, threaded through themselves. */
#include "base/pool.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16384, LARGE = 65536 };

struct pool_free { struct pool_free *next; };

struct pool_block {
	struct pool_block *older;
	alignas(max_align_t) char bytes[];
};

void pool_init(struct pool *pool, size_t size, size_t limit)
{
	if (size < sizeof(struct pool_free))
		size = sizeof(struct pool_free);
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	*pool = (struct pool){ .size = size, .limit = limit };
}

static void add_block(struct pool *pool)
{
	size_t count = BLOCK_BYTES / pool->size;
	struct pool_block *block;

	if (count == 0)
		count = 1;
	block = malloc(sizeof(*block) + count * pool->size);
	if (block == NULL)
		return;
	block->older = pool->blocks;
	pool->blocks = block;
	while (count-- > 0) {
		struct pool_free *one = (struct pool_free *)(void *)(block->bytes + count * pool->size);

		one->next = pool->free;
		pool->free = one;
	}
}

void *pool_take(struct pool *pool)
{
	struct pool_free *one;

	if (pool->used >= pool->limit)
		return NULL;
	if (pool->free == NULL)
		add_block(pool);
	one = pool->free;
	if (one == NULL)
		return NULL;
	pool->free = one->next;
	pool->used++;
	return memset(one, 0, pool->size);
}

void pool_give(struct pool *pool, void *object)
{
	struct pool_free *one = object;

	if (one == NULL)
		return;
	one->next = pool->free;
	pool->free = one;
	pool->used--;
}

void pool_finish(struct pool *pool)
{
	while (pool->blocks) {
		struct pool_block *older = pool->blocks->older;

		free(pool->blocks);
		pool->blocks = older;
	}
	*pool = (struct pool){ .size = pool->size, .limit = pool->limit };
}

static void *move(void *stretch, size_t size)
{
	size_t old = malloc_usable_size(stretch);
	void *moved = malloc(size);

	if (moved == NULL)
		return NULL;
	memcpy(moved, stretch, old < size ? old : size);
	free(stretch);
	return moved;
}

/* realloc() of a large stretch would call mremap(), for which a jailed process is killed. */
void *pool_resize(void *stretch, size_t size)
{
	if (size == 0) {
		free(stretch);
		return NULL;
	}
	if (stretch && malloc_usable_size(stretch) >= LARGE)
		return move(stretch, size);
	return realloc(stretch, size);
}
