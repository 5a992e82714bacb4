/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folders.h — spool, state and run: made if they are missing, and one supervisor to a `run`.
 *
 * Knows:   who owns which, and their modes.
 * Ignores: what is in the spool: the queue alone looks there.
 * Owns:    the run folder's descriptor and the lock in it, which ends with the process, however it ends.
 * Fails:   REFUSED with a sentence for people.
 */
#ifndef SUPERVISOR_FOLDERS_H
#define SUPERVISOR_FOLDERS_H

#include "base/buffer.h"
#include "wire/gateway.h"

struct folders { int run, lock; };

must_use enum result folders_open(struct folders *folders, const struct gateway_settings *gateway, bool root,
                                  struct buffer *complaint);
void folders_close(struct folders *folders);     /* safe on one that was never opened, if zeroed to -1 */

#endif
