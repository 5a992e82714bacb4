/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorities.h — the authorities that the certificates of `verified` targets must come from, read before the jail.
 *
 * Knows:   which files the sections `target` name; each is read once.
 * Ignores: connections; reloads: in the jail there is no file.
 * Owns:    what was read, until the process ends.
 * Fails:   a file that cannot be read is told to the log, and is not found later: its target's mail waits.
 */
#ifndef WIRE_AUTHORITIES_H
#define WIRE_AUTHORITIES_H

#include "base/log.h"
#include "base/tls.h"
#include "wire/target.h"

enum { AUTHORITIES_MOST = 16 };

struct authorities {
	struct { struct slice path; struct tls_trust *trust; } list[AUTHORITIES_MOST];
	size_t count;
};

/* Paths are kept in `memory`. */
must_use enum result authorities_read(struct authorities *authorities, struct tls_library *library,
                                      struct settings *settings, struct arena *memory, struct log *log);
/* NULL: they were not read. */
const struct tls_trust *authorities_find(const struct authorities *authorities, const struct target_settings *target);

#endif
