/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed.h — bytes in memory, lent as a descriptor, that nobody can change any more (memfd_create(2), F_ADD_SEALS).
 *
 * Knows:   the seals. Without them who lends could change what was looked at, or cut it short under a mapping.
 * Ignores: what the bytes are. Who reads them says from where (pread(2)): the descriptor stands at their end.
 * Owns:    nothing: descriptors are the caller's.
 * Fails:   LATER with errno: no memory, no descriptor. REFUSED: whoever lent it can still change it.
 */
#ifndef BASE_SEALED_H
#define BASE_SEALED_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* All at once. `name` is seen in /proc alone. */
must_use enum result sealed_of(const char *name, struct slice bytes, int *ret_fd);

/* Or in pieces. */
must_use int sealed_begin(const char *name);             /* -1 with errno */
must_use enum result sealed_write(int fd, struct slice bytes);
must_use enum result sealed_end(int fd);

bool sealed_is(int fd);                                  /* -1 is not */
must_use enum result sealed_size(int fd, uint64_t *ret_size);

#endif
