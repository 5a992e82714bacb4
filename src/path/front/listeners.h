/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listeners.h — where clients come in: who they are, whether there is a place for them.
 *
 * Knows:   listening sockets, trusted networks, local users, the shares and the number of connections.
 * Ignores: what clients say.
 * Owns:    the listening sockets, until listeners_close().
 * Fails:   without descriptors nobody is let in for a moment; those who are in stay served.
 */
#ifndef FRONT_LISTENERS_H
#define FRONT_LISTENERS_H

#include "front/inside.h"

enum { LISTENERS_PATIENCE_MS = 5000 };                   /* how long newcomers wait for a queue */

/* Takes fd if OK. */
must_use enum result listeners_add(struct front *front, struct slice name, int fd);
must_use enum result listeners_fill(struct front *front);     /* every door, from new settings */
void listeners_close(struct front *front);
void listeners_pause(struct front *front, uint64_t ms);
void listeners_watch(void *front);                       /* again; a timer's call too */

#endif
