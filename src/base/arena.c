/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks of doubling size, up to a limit, on a list: taking is a pointer bump, finishing is one walk. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* What is taken is clean, so a chunk that is much larger than what is taken from it costs time for nothing. */
enum { FIRST_CHUNK = 4096, GROWN_CHUNK = 32768 };

struct chunk {
	struct chunk *older;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit };
}

static struct chunk *add_chunk(struct arena *arena, size_t need)
{
	size_t size = arena->newest ? arena->newest->size * 2 : FIRST_CHUNK;
	struct chunk *chunk;

	if (size > GROWN_CHUNK)
		size = GROWN_CHUNK;
	if (size < need)
		size = need;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	chunk->older = arena->newest;
	arena->newest = chunk;
	return chunk;
}

#ifdef POSTERN_TORTURE
static unsigned long takes, failing;

void arena_fail_at(unsigned long nth)
{
	takes = 0;
	failing = nth;
}

unsigned long arena_takes(void)
{
	return takes;
}

static bool must_fail(void)
{
	return ++takes == failing;
}
#else
static bool must_fail(void)
{
	return false;
}
#endif

void *arena_take(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->newest;
	void *piece;

	if (size > arena->limit - arena->used || must_fail())
		return NULL;
	arena->used += size;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (chunk == NULL || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	if (chunk == NULL)
		return NULL;
	piece = chunk->bytes + chunk->used;
	chunk->used += size;
	return piece;
}

void *arena_take_many(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_take(arena, total);
}

enum result arena_text(struct arena *arena, struct slice borrowed, const char **ret_text)
{
	char *copy;

	if (slice_has(borrowed, '\0'))
		return REFUSED;
	copy = arena_take(arena, borrowed.len + 1);
	if (copy == NULL)
		return LATER;
	if (borrowed.len)
		memcpy(copy, borrowed.at, borrowed.len);
	*ret_text = copy;
	return OK;
}

enum result arena_keep(struct arena *arena, struct slice borrowed, struct slice *ret_kept)
{
	char *copy = arena_take(arena, borrowed.len);

	if (copy == NULL)
		return LATER;
	if (borrowed.len)
		memcpy(copy, borrowed.at, borrowed.len);
	*ret_kept = (struct slice){ copy, borrowed.len };
	return OK;
}

void arena_reset(struct arena *arena)
{
	size_t limit = arena->limit;

	arena_finish(arena);
	arena_init(arena, limit);
}

void arena_finish(struct arena *arena)
{
	while (arena->newest) {
		struct chunk *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
	arena->used = 0;
}
