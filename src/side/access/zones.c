/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tables become pointers once, here; everything lies in one arena. */
#include "access/zones.h"

#include "base/pool.h"
#include "wire/gateway.h"

enum { ZONES_MEMORY = 64 << 20 };

static void keep_uses(const struct tables *tables, const struct list *names, struct use *uses, size_t *count,
                      enum use_kind kind)
{
	for (size_t i = 0; i < names->count; i++) {
		bool callout = kind == USE_RECIPIENTS && slice_same(names->items[i], SLICE("callout"));

		uses[(*count)++] = (struct use){ callout ? USE_CALLOUT : kind,
			                         callout ? NULL : tables_named(tables, names->items[i]) };
	}
}

static enum result keep_targets(struct zones *zones, const struct list *deliver, const struct slice **ret_targets)
{
	struct slice *targets = arena_array(&zones->memory, struct slice, deliver->count + 1);

	if (targets == NULL)
		return LATER;
	for (size_t i = 0; i < deliver->count; i++)
		TRY(arena_keep(&zones->memory, deliver->items[i], &targets[i]));
	*ret_targets = targets;
	return OK;
}

static enum result keep_zone(struct zones *zones, struct zone *zone, const struct tables *tables, struct slice title,
                             const struct domain_settings *domain)
{
	size_t most = domain->canonical.count + domain->virtual.count + domain->aliases.count;

	zone->uses = arena_array(&zones->memory, struct use, most + 1);
	zone->checks = arena_array(&zones->memory, struct use, domain->recipients.count + 1);
	if (zone->uses == NULL || zone->checks == NULL)
		return LATER;
	keep_uses(tables, &domain->canonical, zone->uses, &zone->use_count, USE_CANONICAL);
	keep_uses(tables, &domain->virtual, zone->uses, &zone->use_count, USE_VIRTUAL);
	keep_uses(tables, &domain->aliases, zone->uses, &zone->use_count, USE_ALIASES);
	keep_uses(tables, &domain->recipients, zone->checks, &zone->check_count, USE_RECIPIENTS);
	TRY(arena_keep(&zones->memory, title, &zone->name));
	TRY(arena_keep(&zones->memory, domain->subaddress.is, &zone->separators));
	zone->target_count = domain->deliver.count;
	return keep_targets(zones, &domain->deliver, &zone->targets);
}

static enum result keep_ways(struct zones *zones, struct settings *settings)
{
	size_t count = settings_title_count(settings, "route");

	zones->ways = arena_array(&zones->memory, struct way, count + 1);
	if (zones->ways == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++) {
		struct way *way = &zones->ways[i];
		struct route_settings route;

		TRY(settings_fill(settings, &route_settings_section, settings_title(settings, "route", i), &route));
		TRY(arena_keep(&zones->memory, settings_title(settings, "route", i), &way->pattern));
		TRY(keep_targets(zones, &route.deliver, &way->targets));
		way->count = route.deliver.count;
		zones->way_count++;
	}
	return OK;
}

static enum result fill(struct zones *zones, struct settings *settings, const struct tables *tables)
{
	size_t count = settings_title_count(settings, "domain");

	zones->list = arena_array(&zones->memory, struct zone, count + 1);
	if (zones->list == NULL)
		return LATER;
	TRY(keep_ways(zones, settings));
	for (size_t i = 0; i < count; i++) {
		struct slice title = settings_title(settings, "domain", i);
		struct domain_settings domain;

		TRY(settings_fill(settings, &domain_settings_section, title, &domain));
		if (domain_asks(&domain))
			TRY(keep_zone(zones, &zones->list[zones->count++], tables, title, &domain));
	}
	return OK;
}

enum result zones_create(struct zones **ret_zones, struct settings *settings, const struct tables *tables)
{
	struct zones *zones = pool_resize(NULL, sizeof(*zones));
	enum result end;

	if (zones == NULL)
		return LATER;
	*zones = (struct zones){ .users = 1 };
	arena_init(&zones->memory, ZONES_MEMORY);
	end = fill(zones, settings, tables);
	if (end == OK)
		*ret_zones = zones;
	else
		zones_leave(zones);
	return end;
}

void zones_leave(struct zones *zones)
{
	if (zones == NULL || --zones->users > 0)
		return;
	arena_finish(&zones->memory);
	(void)!pool_resize(zones, 0);
}

const struct zone *zones_find(const struct zones *zones, struct slice domain)
{
	for (size_t i = 0; i < zones->count; i++)
		if (slice_same_nocase(zones->list[i].name, domain))
			return &zones->list[i];
	return NULL;
}

/* The first that matches and says where to, as in the relay. */
const struct slice *zones_targets(const struct zones *zones, const struct zone *zone, struct slice address, size_t *ret_count)
{
	for (size_t i = 0; i < zones->way_count; i++) {
		const struct way *way = &zones->ways[i];

		if (way->count == 0 || !route_matches(way->pattern, address))
			continue;
		*ret_count = way->count;
		return way->targets;
	}
	*ret_count = zone->target_count;
	return zone->targets;
}
