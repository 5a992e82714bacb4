/* SPDX-License-Identifier: Apache-2.0 */
/* One notice each; a journal entry carries the same names that the JSON lines have. */
#include "supervisor/systemd.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

void systemd_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nMAINPID=%ld\nSTATUS=%s", (long)getpid(), status);
}

void systemd_reloading(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void systemd_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void systemd_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

uint64_t systemd_watchdog(void)
{
	uint64_t microseconds = 0;

	return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds / 1000 : 0;
}

bool systemd_journal(const struct log_entry *entry)
{
	return sd_journal_send("MESSAGE=%.*s", SHOW(entry->whole), "PRIORITY=%d", log_level_priority(entry->level),
	                       "SYSLOG_IDENTIFIER=postern", "POSTERN_ID=%.*s", SHOW(entry->id), "POSTERN_ROOM=%.*s",
	                       SHOW(entry->room), "POSTERN_EVENT=%.*s", SHOW(entry->event), NULL) == 0;
}
