/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor_house.h — a supervisor of its own for a test, in a folder of its own, with toys for processes.
 *
 * Knows:   how it is configured, started, asked and waited for.
 * Ignores: what is tested.
 * Owns:    the folder, until house_tear_down().
 * Fails:   false, or -1: nobody answered.
 */
#ifndef SUPERVISOR_HOUSE_H
#define SUPERVISOR_HOUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { STEP = 50000 /* us */, STEPS = 600, TEXT = 65536 };

struct house {
	char folder[64], config[96], toy[4096];
	uint16_t port, other;
	pid_t pid;
	int stranger;                            /* to the process of another user; -1: we are not root */
	int manager;                             /* where the service manager listens */
};

bool house_connects(uint16_t port);
/* `more`: lines behind those that every house has. */
void house_configure(const struct house *house, const char *more);
bool house_log_has(const struct house *house, const char *what);
bool house_build(struct house *house, const char *toy);
void house_tear_down(const struct house *house);
/* The exit status, or -1 when nobody answers; the output is in `text`. */
int house_ask(const struct house *house, const char *command, char text[TEXT]);
int house_pid_of(const struct house *house, const char *name);
/* Soon: within half a minute. */
bool house_is_soon(const struct house *house, int status);
bool house_soon_logs(const struct house *house, const char *what);
bool house_soon_has_other(const struct house *house, const char *name, int pid);
bool house_start(struct house *house);
int house_end_of(pid_t pid);

#endif
