/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zones.h — the domains of the settings, with the tables that each names.
 *
 * Knows:   for each domain: what is asked, in which order, and what divides user and detail.
 * Ignores: how a table is asked.
 * Owns:    its memory. Settings that are read again make new zones; the old ones stay until the last
 *          question about them has ended.
 * Fails:   LATER without memory. A table that there is none of by its name is one that cannot be asked.
 */
#ifndef ACCESS_ZONES_H
#define ACCESS_ZONES_H

#include "access/tables.h"

enum use_kind { USE_CANONICAL, USE_VIRTUAL, USE_ALIASES, USE_RECIPIENTS, USE_CALLOUT };

struct use { enum use_kind kind; struct table *table; };

struct zone {
	struct slice name, separators;
	struct use *uses;                      /* canonical, virtual, aliases */
	size_t use_count;
	struct use *checks;                    /* recipients: tables and call-outs */
	size_t check_count;
	const struct slice *targets;           /* for call-outs */
	size_t target_count;
};

/* What a section `route` says of some of a domain's addresses: there a call-out asks. */
struct way { struct slice pattern; const struct slice *targets; size_t count; };

struct zones {
	struct arena memory;
	struct zone *list;
	size_t count;
	struct way *ways;
	size_t way_count;
	unsigned long users;                   /* those who set it in force, and questions */
};

must_use enum result zones_create(struct zones **ret_zones, struct settings *settings, const struct tables *tables);
void zones_leave(struct zones *zones);         /* one user less: the last takes them away. NULL is nothing */
const struct zone *zones_find(const struct zones *zones, struct slice domain);   /* NULL: not ours, or nothing to ask */
/* Where mail for this address of the zone goes: targets for a call-out. */
const struct slice *zones_targets(const struct zones *zones, const struct zone *zone, struct slice address, size_t *ret_count);

#endif
