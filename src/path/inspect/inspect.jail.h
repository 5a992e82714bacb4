/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.jail.h — what the dispatcher may still do: talk, and make workers. */
#ifndef INSPECT_INSPECT_JAIL_H
#define INSPECT_INSPECT_JAIL_H

#include "base/jail.h"

extern const struct jail inspect_jail;

#endif
