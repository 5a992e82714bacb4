/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warnings.h — what is wrong at the moment, as the processes and the supervisor itself told.
 *
 * Knows:   a warning has a process, a name and a text, and stands until it is taken back.
 * Ignores: what is done about it.
 * Owns:    a fixed number of them; the names and texts are cut to what fits and to printable ASCII.
 * Fails:   never: when there are too many, the last place says so, until all others are gone.
 */
#ifndef SUPERVISOR_WARNINGS_H
#define SUPERVISOR_WARNINGS_H

#include "base/slice.h"

enum { WARNINGS_MOST = 64, WARNING_NAME = 64, WARNING_TEXT = 256 };

struct warning {
	const char *process;
	uint32_t instance;
	int64_t since;                   /* wall, seconds */
	char name[WARNING_NAME], text[WARNING_TEXT];
};

struct warnings { struct warning list[WARNINGS_MOST]; size_t count; };

/* An empty text takes it back. */
void warnings_set(struct warnings *warnings, const char *process, uint32_t instance, struct slice name,
                  struct slice text, int64_t now);
/* The process is gone, and all it said: its successor will say it again if it still holds. */
void warnings_forget(struct warnings *warnings, const char *process, uint32_t instance);

#endif
