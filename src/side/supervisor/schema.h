/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h — every section that postern.conf may have, and what must hold between them.
 *
 * Knows:   the sections of all rooms, through their doors.
 * Ignores: what the values are used for.
 * Owns:    constants.
 * Fails:   REFUSED with one line a mistake, for people.
 */
#ifndef SUPERVISOR_SCHEMA_H
#define SUPERVISOR_SCHEMA_H

#include "base/settings.h"

extern const struct settings_section *const schema[];        /* ends with NULL */

/* The file, all values one by one, then what must hold between them. */
must_use enum result schema_read(struct settings *settings, const char *file, struct buffer *complaints);
must_use enum result schema_describe(struct buffer *to);

#endif
