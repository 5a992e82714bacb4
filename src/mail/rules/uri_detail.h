/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_detail.h — rules that ask several things of one address: `uri_detail NAME type =~ /^a$/ text !~ /x/`
 *                (inside mail/rules only).
 *
 * Knows:   raw, type, cleaned, text, domain, host; that all must be true of the same address.
 * Ignores: how addresses are found.
 * Owns:    nothing: what was read stands in the arena.
 * Fails:   LATER: the arena is full. A definition that asks for nothing, or for something else, is a complaint, and its
 *          rule never hits.
 */
#ifndef RULES_URI_DETAIL_H
#define RULES_URI_DETAIL_H

#include "mail/rules/uris.h"

enum uri_key { URI_RAW, URI_TYPE, URI_CLEANED, URI_TEXT, URI_DOMAIN, URI_HOST, URI_KEYS };

struct uri_question { bool asked, negated; uint32_t pattern; };
struct uri_detail { uint32_t rule; bool there; struct uri_question questions[URI_KEYS]; };
struct uri_details { struct uri_detail *list; size_t count; };   /* in the order of their rules */

must_use enum result uri_details_build(struct ruleset *set, struct patterns *patterns, struct arena *arena,
                                       struct uri_details *ret_details);
/* NULL: that rule is none, or was no good. */
const struct uri_detail *uri_detail_find(const struct uri_details *details, uint32_t rule);
/* 1, 0, or PATTERN_LIMIT. */
int uri_detail_holds(const struct uri_detail *detail, struct patterns *patterns, const struct uris *uris);

#endif
