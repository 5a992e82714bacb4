/* SPDX-License-Identifier: Apache-2.0 */
/*
 * received_parts.h — what stands in a Received field whatever its form, and how fields are told (inside mail/rules only).
 *
 * Knows:   words for the sender of the envelope, marks of authentication, and which characters a field may hold.
 * Ignores: the forms (received_rows.h).
 * Owns:    nothing: what is made stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_RECEIVED_PARTS_H
#define RULES_RECEIVED_PARTS_H

#include "base/arena.h"
#include "mail/rules/received_rows.h"

bool received_find_sender(struct slice line, struct slice *ret_sender);
/* How the sender was authenticated; stays as it is where nothing says so. */
must_use enum result received_find_auth(struct shape_line *line, struct arena *arena, struct slice *ret_auth);

/* Without brackets, "IPv6:" and a zone; IPv4 that is written as IPv6 is IPv4. */
struct slice received_ip(struct slice ip);
/* "unknown" is none. */
struct slice received_name(struct slice name);
struct slice received_sender(struct slice sender);
/* Blanks and brackets would be taken for the ends of a field: they become "!". */
must_use enum result received_clean(struct slice text, struct arena *arena, struct slice *ret_text);
bool received_is_private(struct slice ip);

#endif
