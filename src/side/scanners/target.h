/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h — where a scanner listens.
 *
 * Knows:   paths of UNIX sockets, and IP addresses with a port. No names: nothing is looked up.
 * Owns:    nothing.
 * Fails:   REFUSED for what is neither.
 */
#ifndef SCANNERS_TARGET_H
#define SCANNERS_TARGET_H

#include "base/slice.h"

#include <netinet/in.h>
#include <sys/un.h>

struct target {
	union { struct sockaddr any; struct sockaddr_un local; struct sockaddr_in four; struct sockaddr_in6 six; } at;
	socklen_t length;
};

must_use enum result target_from_path(struct slice path, struct target *ret_target);
must_use enum result target_from_address(struct slice address, struct target *ret_target);

#endif
