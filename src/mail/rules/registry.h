/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h — where the names of hosts end: top-level domains, and those below which anybody may have a name
 *              (inside mail/rules only).
 *
 * Knows:   `util_rb_tld`, `util_rb_2tld`, `util_rb_3tld`, `clear_util_rb`, and the ways of .us.
 * Ignores: the DNS. Names are ASCII here: base/idn.h makes them so.
 * Owns:    nothing: the lists stand in the arena.
 * Fails:   LATER: the arena is full. A name that cannot be one is a complaint in the set.
 */
#ifndef RULES_REGISTRY_H
#define RULES_REGISTRY_H

#include "mail/rules/ruleset.h"

enum { REGISTRY_LABEL_MOST = 63, REGISTRY_NAME_MOST = 253 };     /* bytes */

struct registry;

must_use enum result registry_build(struct ruleset *set, struct arena *arena, const struct registry **ret_registry);

/* Is it one of the top-level domains? In any case of letters. */
bool registry_is_top(const struct registry *registry, struct slice label);
/* Does the name have two labels at least, and end with a top-level domain? */
bool registry_is_known(const struct registry *registry, struct slice name);
/* Could it be a host's name: labels of 1 to 63 letters, digits and hyphens, two of them at least? Dots at the end are none of it. */
bool registry_is_host(struct slice name);
/* Of a host, what somebody registered: "www.example.co.uk" gives "example.co.uk". `host`: in lower case. */
struct slice registry_domain(const struct registry *registry, struct slice host);

#endif
