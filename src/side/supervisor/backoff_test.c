/* SPDX-License-Identifier: Apache-2.0 */
/* A row is one life after the other; time is what the row says. */
#include "supervisor/backoff.h"

#include "base/slice.h"
#include "base/test.h"

static const struct row { const char *about; uint64_t lived; bool killed; uint64_t wait; bool loop; } rows[] = {
	{ "the first end is answered at once",       10, false, 50,   false },
	{ "the second takes twice as long",          10, false, 100,  false },
	{ "and again",                               10, false, 200,  false },
	{ "and again",                               10, false, 400,  false },
	{ "five crashes are a loop",                 10, false, 800,  true },
	{ "who is killed waits a tenth of a second at most", 10, true, 100, true },
	{ "which forgets no crash",                  10, false, 1600, true },
	{ "a good life forgets everything",          60000, false, 50, false },
	{ "kills double too",                        10, true, 100,   false },
	{ "and no further",                          10, true, 100,   false },
};

int main(void)
{
	struct backoff backoff = { 0 };
	uint64_t wait = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		wait = backoff_wait(&backoff, rows[i].lived, rows[i].killed);
		CHECK(wait == rows[i].wait, rows[i].about);
		CHECK(backoff_is_loop(&backoff) == rows[i].loop, rows[i].about);
	}
	for (int i = 0; i < 20; i++)
		wait = backoff_wait(&backoff, 1, false);
	CHECK(wait == BACKOFF_MOST, "half a minute is the longest wait");
	backoff_lived(&backoff, BACKOFF_GOOD_LIFE);
	CHECK(!backoff_is_loop(&backoff), "a process that runs well is in no loop");
	return TEST_END();
}
