/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listeners.h — every socket on which the gateway is reached, bound here and lent to the processes.
 *
 * Knows:   the `listen` sections, and the UNIX sockets in the folder `run`.
 * Ignores: who connects.
 * Owns:    the sockets: a process may die and be started again without one connection being refused.
 * Fails:   REFUSED with a sentence. Whatever fails at a reload leaves what was there.
 *
 * There is no SO_REUSEPORT: a port is ours alone or not at all. When a supervisor was killed, its
 * front closes the old sockets as soon as it notices; binding is tried again for a few seconds.
 */
#ifndef SUPERVISOR_LISTENERS_H
#define SUPERVISOR_LISTENERS_H

#include "base/process.h"
#include "wire/gateway.h"

enum { LISTENERS_MOST = 64, LISTENER_NAME = 64 };

struct listener {
	char name[LISTENER_NAME];        /* of the section, or of the UNIX socket */
	enum given what;
	struct in6_addr address;
	uint16_t port;
	bool ipv6;
	int fd;
};

struct listeners {
	struct listener list[LISTENERS_MOST];
	size_t count;
};

/* Those in the folder `run`; then those of the settings. */
must_use enum result listeners_open_local(struct listeners *listeners, int run, struct buffer *complaint);
/* Binds what is new, for at most `patience` ms, closes what is gone. `ret_added`: the first of the new ones. */
must_use enum result listeners_follow(struct listeners *listeners, struct settings *settings, unsigned patience,
                                      struct buffer *complaint, size_t *ret_added, bool *ret_removed);
const struct listener *listeners_named(const struct listeners *listeners, const char *name);
void listeners_close(struct listeners *listeners);
void listeners_remove_local(int run);            /* the names in the folder `run`, at an orderly end */

#endif
