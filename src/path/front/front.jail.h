/* SPDX-License-Identifier: Apache-2.0 */
/* front.jail.h — what the front may do: talk on sockets it was given, and remember. */
#ifndef FRONT_FRONT_JAIL_H
#define FRONT_FRONT_JAIL_H

#include "base/jail.h"

extern const struct jail front_jail;

#endif
