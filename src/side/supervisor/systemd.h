/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd.h — what a service manager wants to hear, where there is one.
 *
 * Knows:   READY, RELOADING, STOPPING, MAINPID and WATCHDOG of sd_notify(3); the journal.
 * Ignores: everything else. Built without libsystemd, all of it is nothing (systemd_none.c).
 * Owns:    nothing.
 * Fails:   never: nobody may be listening.
 */
#ifndef SUPERVISOR_SYSTEMD_H
#define SUPERVISOR_SYSTEMD_H

#include "supervisor/log_lines.h"

void systemd_ready(const char *status);
void systemd_reloading(void);
void systemd_stopping(void);
void systemd_alive(void);
uint64_t systemd_watchdog(void);                 /* ms within which systemd_alive() is wanted; 0: it is not */
bool systemd_journal(const struct log_entry *entry);

#endif
