/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the build that counts covered lines, and in no other (meson.build): the linker puts this before jail_enter(),
 * because a process writes its counts when it ends, into a folder that no jail would let it reach.
 */
#include "base/jail.h"

#include <stdio.h>

enum result __wrap_jail_enter(const struct jail_plan *plan, char report[JAIL_REPORT_SIZE]);

enum result __wrap_jail_enter(const struct jail_plan *plan, char report[JAIL_REPORT_SIZE])
{
	(void)plan;
	(void)snprintf(report, JAIL_REPORT_SIZE, "NO JAIL: this build counts covered lines");
	return OK;
}
