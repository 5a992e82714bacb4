/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_host.h — the name or the address of a machine within a header's value: `:host`, `:domain`, `:ip`, `:revip` (inside
 *               mail/rules only).
 *
 * Knows:   where SpamAssassin looks for one, and which of several it takes.
 * Ignores: top-level domains: the registry has them. Without one no name is found but behind an address's "@".
 * Owns:    nothing: what is made stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_VIEW_HOST_H
#define RULES_VIEW_HOST_H

#include "base/arena.h"
#include "mail/rules/registry.h"

/* `modifiers`: enum header_modifier; with HEADER_ADDR, `text` is an address. `ret_there`: there is one. */
must_use enum result view_host(struct slice text, unsigned modifiers, const struct registry *registry, struct arena *arena,
                               struct slice *ret_host, bool *ret_there);

#endif
