/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h — memory that is given out in pieces and taken back at once.
 *
 * Knows:   its limit, set when it is made. A stranger can fill an arena, not the machine.
 * Ignores: what the pieces are for. Nothing is given back singly: see pool.h for that.
 * Owns:    every byte it gave out, until arena_finish() or arena_reset().
 * Fails:   arena_take() returns NULL at the limit; the caller answers LATER.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/result.h"
#include "base/slice.h"

struct arena {
	struct chunk *newest;
	size_t used, limit;
};

void arena_init(struct arena *arena, size_t limit);
void arena_reset(struct arena *arena);     /* forget the pieces, stay ready */
void arena_finish(struct arena *arena);    /* safe on a zeroed or finished arena */

must_use void *arena_take(struct arena *arena, size_t size);    /* zeroed, or NULL */
must_use enum result arena_keep(struct arena *arena, struct slice borrowed, struct slice *ret_kept);

/* A copy with a NUL behind it, for calls that want a C string; REFUSED when a NUL is inside. */
must_use enum result arena_text(struct arena *arena, struct slice borrowed, const char **ret_text);

#define arena_new(arena, type) ((type *)arena_take((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_take_many((arena), (count), sizeof(type)))

must_use void *arena_take_many(struct arena *arena, size_t count, size_t size);   /* NULL on overflow too */

#ifdef POSTERN_TORTURE
/* Tests only: the nth arena_take() from now fails, once; 0 switches this off. */
void arena_fail_at(unsigned long nth);
unsigned long arena_takes(void);           /* how many there have been since arena_fail_at() */
#endif

#endif
