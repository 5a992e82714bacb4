/* SPDX-License-Identifier: Apache-2.0 */
/* Built without libsystemd: nobody to tell. */
#include "supervisor/systemd.h"

void systemd_ready(const char *status)
{
	(void)status;
}

void systemd_reloading(void)
{
}

void systemd_stopping(void)
{
}

void systemd_alive(void)
{
}

uint64_t systemd_watchdog(void)
{
	return 0;
}

bool systemd_journal(const struct log_entry *entry)
{
	(void)entry;
	return false;
}
