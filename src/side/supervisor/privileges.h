/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges.h — what of root's power the supervisor keeps, for itself and for those it starts.
 *
 * Knows:   the capabilities that are needed: each with its reason, in privileges.c.
 * Ignores: the jails of the processes: they drop the rest themselves.
 * Owns:    nothing.
 * Fails:   BROKEN if what is not needed could not be dropped.
 */
#ifndef SUPERVISOR_PRIVILEGES_H
#define SUPERVISOR_PRIVILEGES_H

#include "base/result.h"

must_use enum result privileges_drop(void);      /* nothing to do when not root */

#endif
