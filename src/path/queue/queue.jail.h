/* SPDX-License-Identifier: Apache-2.0 */
/* queue.jail.h — what the queue may still do: the spool, and nothing else. No network, no programs. */
#ifndef QUEUE_QUEUE_JAIL_H
#define QUEUE_QUEUE_JAIL_H

#include "base/jail.h"

extern const struct jail queue_jail;

#endif
