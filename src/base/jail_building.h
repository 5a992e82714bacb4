/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail_building.h — what the parts of jail.c share while a jail is being built, and nobody else needs.
 *
 * Knows:   the plan, and the report that grows.
 * Ignores: the order of the parts, which is jail.c's affair.
 * Owns:    nothing.
 * Fails:   BROKEN, with what and why in the report.
 */
#ifndef BASE_JAIL_BUILDING_H
#define BASE_JAIL_BUILDING_H

#include "base/jail.h"

struct building {
	const struct jail_plan *plan;
	const struct jail *jail;
	char *report;
	size_t used;
};

void jail_report(struct building *building, const char *format, ...) __attribute__((format(printf, 2, 3)));
must_use enum result jail_failed(struct building *building, const char *what);      /* BROKEN, with errno's words */
bool jail_changes_user(const struct building *building);

must_use enum result jail_own_paths(struct building *building);      /* jail_paths.c: Landlock */
must_use enum result jail_own_calls(struct building *building);      /* jail_calls.c: seccomp */
void jail_closed(void);                                              /* after the last part */

#endif
