/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h — who is at the other end of a control socket (wire/control.h).
 *
 * Knows:   peer credentials of UNIX sockets, and the group postern-admin.
 * Ignores: what is asked.
 * Owns:    nothing.
 * Fails:   REFUSED: the kernel does not say who it is.
 */
#ifndef WIRE_PEER_H
#define WIRE_PEER_H

#include "base/result.h"

#include <stdbool.h>

struct peer { unsigned uid; bool operates; };            /* operates: root, the user we run as, and the group */

/* The group's number, or -1: there is none. Before the jail: it reads /etc/group. */
unsigned peer_operators(void);
must_use enum result peer_of(int fd, unsigned operators, struct peer *ret_peer);

#endif
