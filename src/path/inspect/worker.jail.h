/* SPDX-License-Identifier: Apache-2.0 */
/* worker.jail.h — what a worker may still do: read one message, and answer. At most 16 calls. */
#ifndef INSPECT_WORKER_JAIL_H
#define INSPECT_WORKER_JAIL_H

#include "base/jail.h"

extern const struct jail worker_jail;

#endif
