/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_checks.h — what schema.c's checks look at, for those of them that have a file of their own (inside the room only).
 *
 * Knows:   the settings as they were read, each within its bounds.
 * Owns:    nothing.
 * Fails:   REFUSED with a line a mistake: file, line, what is wrong and what was meant.
 */
#ifndef SUPERVISOR_SCHEMA_CHECKS_H
#define SUPERVISOR_SCHEMA_CHECKS_H

#include "base/settings.h"

struct checking {
	struct settings *settings;
	struct buffer *complaints;
	const char *file;
};

must_use enum result schema_check_policy(struct checking *checking);         /* schema_policy.c */

#endif
