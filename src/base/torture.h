/* SPDX-License-Identifier: Apache-2.0 */
/*
 * torture.h — a call made again and again, each time with another of its allocations failing.
 *
 * Knows:   builds with -Dtorture=true, where arena.h can make the nth arena_take() fail. In other builds
 *          the call is made once, and must succeed.
 * Ignores: what the call does; memory that leaks is the sanitizer's affair.
 * Owns:    one arena for each round.
 * Fails:   by a CHECK of base/test.h, with the number of the allocation.
 */
#ifndef BASE_TORTURE_H
#define BASE_TORTURE_H

#include "base/arena.h"
#include "base/test.h"

enum { TORTURE_MEMORY = 4 << 20 };

struct torture {
	const char *about;
	enum result (*call)(struct arena *arena);
	enum result end;                       /* when an allocation fails: LATER, mostly; OK is never wrong */
};

static inline enum result torture_round(const struct torture *row)
{
	struct arena arena;
	enum result end;

	arena_init(&arena, TORTURE_MEMORY);
	end = row->call(&arena);
	arena_finish(&arena);
	return end;
}

#ifdef POSTERN_TORTURE
static inline void torture(const struct torture *row)
{
	unsigned long count;

	arena_fail_at(0);
	CHECK(torture_round(row) == OK, row->about);
	count = arena_takes();
	CHECK(count > 0, row->about);
	for (unsigned long n = 1; n <= count; n++) {
		enum result end;

		arena_fail_at(n);
		end = torture_round(row);
		CHECK(end == row->end || end == OK, row->about);
		CHECK(arena_takes() >= n, row->about);
	}
	arena_fail_at(0);
}
#else
static inline void torture(const struct torture *row)
{
	CHECK(torture_round(row) == OK, row->about);
}
#endif

#endif
