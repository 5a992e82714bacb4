/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freemail.h — mailboxes that anybody can have for nothing (inside mail/rules only).
 *
 * Knows:   `freemail_domains`, with "?" for any byte and "*" for bytes but dots; `freemail_welcomelist`; names of offices
 *          and marks of bounces that are never taken for a person's.
 * Ignores: in which header an address stands.
 * Owns:    nothing: the lists stand in the arena.
 * Fails:   LATER: the arena is full. What cannot be a domain, or an address, is a complaint in the set.
 */
#ifndef RULES_FREEMAIL_H
#define RULES_FREEMAIL_H

#include "mail/rules/ruleset.h"

struct freemail;

must_use enum result freemail_build(struct ruleset *set, struct arena *arena, const struct freemail **ret_freemail);
/* `address`: in any case of letters. */
bool freemail_is(const struct freemail *freemail, struct slice address);

#endif
