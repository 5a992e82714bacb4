/* SPDX-License-Identifier: Apache-2.0 */
/* The table is built once from the settings; a domain is found by going through it, and else belongs to the DNS. */
#include "relay/routes.h"

#include "mail/policy/policy.h"
#include "relay/relay.h"

#include <stdlib.h>
#include <string.h>

static enum result join_key(struct arena *memory, const struct list *list, struct slice *ret_key)
{
	size_t length = 0, used = 0;
	char *key;

	for (size_t i = 0; i < list->count; i++)
		length += list->items[i].len + 1;
	key = arena_take(memory, length + 1);
	if (key == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++) {
		memcpy(key + used, list->items[i].at, list->items[i].len);
		used += list->items[i].len;
		key[used++] = ' ';
	}
	*ret_key = (struct slice){ key, used ? used - 1 : 0 };
	return OK;
}

static enum result read_targets(struct arena *memory, const struct list *list, struct route *route)
{
	struct target *targets = arena_array(memory, struct target, list->count + 1);

	if (targets == NULL)
		return LATER;
	*route = (struct route){ .kind = ROUTE_TARGETS, .targets = targets, .count = list->count };
	for (size_t i = 0; i < list->count; i++) {
		TRY(target_parse(list->items[i], &targets[i]));
		if (targets[i].kind != TARGET_MAILDIR || route->kind == ROUTE_MAILDIR)
			continue;
		route->kind = ROUTE_MAILDIR;
		targets[0] = targets[i];
	}
	return join_key(memory, list, &route->key);
}

/* What was filled from the settings may end before the routes do: everything is kept here. */
static enum result keep_list(struct arena *memory, const struct list *list, struct list *ret_kept)
{
	struct slice *items = arena_array(memory, struct slice, list->count + 1);

	if (items == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++)
		TRY(arena_keep(memory, list->items[i], &items[i]));
	*ret_kept = (struct list){ items, list->count };
	return OK;
}

static enum result load_domain(struct routes *routes, struct settings *settings, struct slice title)
{
	struct domain_route *row = &routes->list[routes->count];
	struct domain_settings domain;
	struct list kept;

	TRY(settings_fill(settings, &domain_settings_section, title, &domain));
	TRY(arena_keep(&routes->memory, title, &row->domain));
	TRY(keep_list(&routes->memory, &domain.deliver, &kept));
	TRY(read_targets(&routes->memory, &kept, &row->route));
	routes->count++;
	return OK;
}

static enum result load_address(struct routes *routes, struct settings *settings, struct slice title)
{
	struct address_route *row = &routes->addresses[routes->address_count];
	struct route_settings route;
	struct list kept;

	TRY(settings_fill(settings, &route_settings_section, title, &route));
	TRY(arena_keep(&routes->memory, title, &row->pattern));
	TRY(keep_list(&routes->memory, &route.deliver, &kept));
	TRY(read_targets(&routes->memory, &kept, &row->route));
	row->route.pattern = row->pattern;
	routes->address_count++;
	return OK;
}

static enum result load_addresses(struct routes *routes, struct settings *settings)
{
	size_t count = settings_title_count(settings, "route");

	routes->addresses = arena_array(&routes->memory, struct address_route, count + 1);
	if (routes->addresses == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		TRY(load_address(routes, settings, settings_title(settings, "route", i)));
	return OK;
}

static enum result load_archive(struct routes *routes, struct slice path)
{
	static const struct slice scheme = LIT("maildir:");
	char *text = arena_take(&routes->memory, scheme.len + path.len);
	struct slice whole = { text, scheme.len + path.len };
	struct list list = { &whole, 1 }, kept;

	if (text == NULL)
		return LATER;
	memcpy(text, scheme.at, scheme.len);
	memcpy(text + scheme.len, path.at, path.len);
	TRY(keep_list(&routes->memory, &list, &kept));
	TRY(read_targets(&routes->memory, &kept, &routes->archives[routes->archive_count]));
	routes->archives[routes->archive_count++].domain = SLICE("archive");
	return OK;
}

static enum result load_archives(struct routes *routes, struct settings *settings)
{
	struct list paths;

	TRY(policy_archives(settings, &routes->memory, &paths));
	routes->archives = arena_array(&routes->memory, struct route, paths.count + 1);
	if (routes->archives == NULL)
		return LATER;
	for (size_t i = 0; i < paths.count; i++)
		TRY(load_archive(routes, paths.items[i]));
	return OK;
}

static enum result load_all(struct routes *routes, struct settings *settings, struct slice relayhost)
{
	size_t count = settings_title_count(settings, "domain");
	struct list smart = { &relayhost, relayhost.len > 0 }, kept;

	routes->list = arena_array(&routes->memory, struct domain_route, count + 1);
	if (routes->list == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		TRY(load_domain(routes, settings, settings_title(settings, "domain", i)));
	TRY(load_addresses(routes, settings));
	TRY(load_archives(routes, settings));
	TRY(keep_list(&routes->memory, &smart, &kept));
	return read_targets(&routes->memory, &kept, &routes->smart);
}

enum result routes_load(struct routes *routes, struct settings *settings, struct slice relayhost)
{
	enum result result;

	*routes = (struct routes){ 0 };
	arena_init(&routes->memory, 64 << 20);
	result = load_all(routes, settings, relayhost);
	if (result != OK)
		routes_finish(routes);
	return result;
}

void routes_finish(struct routes *routes)
{
	arena_finish(&routes->memory);
	*routes = (struct routes){ 0 };
}

/* [192.0.2.1], [IPv6:2001:db8::1] */
static struct route literal_route(struct slice domain)
{
	struct slice inside = { domain.at + 1, domain.len - 2 };
	struct route route = { .kind = ROUTE_MX, .key = domain, .domain = domain, .is_literal = true };

	if (slice_begins_nocase(inside, SLICE("IPv6:")))
		inside = slice_drop(inside, 5);
	if (network_address(inside, &route.literal) != OK)
		return (struct route){ .kind = ROUTE_NOWHERE, .reply = "550 5.1.2 no address literal that is known here" };
	if (address_leads_nowhere(&route.literal))
		return (struct route){ .kind = ROUTE_NOWHERE, .reply = "550 5.4.6 this address literal leads back here" };
	return route;
}

static const struct domain_route *find_row(const struct routes *routes, struct slice domain)
{
	if (domain.len == 0 && routes->count > 0)
		return &routes->list[0];
	for (size_t i = 0; i < routes->count; i++)
		if (slice_same_nocase(routes->list[i].domain, domain))
			return &routes->list[i];
	return NULL;
}

struct route routes_find(const struct routes *routes, struct slice domain)
{
	const struct domain_route *row = find_row(routes, domain);
	struct route route = { .kind = ROUTE_MX, .key = domain, .domain = domain };

	if (row && row->route.count > 0) {
		route = row->route;
		route.domain = row->domain;
		return route;
	}
	if (domain.len == 0)
		return (struct route){ .kind = ROUTE_NOWHERE, .reply = "451 4.3.5 no domain is configured for postmaster" };
	if (domain.len > 2 && domain.at[0] == '[' && domain.at[domain.len - 1] == ']')
		return literal_route(domain);
	if (routes->smart.count > 0 && row == NULL) {
		route = routes->smart;
		route.domain = domain;
	}
	return route;
}

struct route routes_for(const struct routes *routes, struct slice address, struct slice domain)
{
	for (size_t i = 0; i < routes->address_count && domain.len > 0; i++)
		if (routes->addresses[i].route.count > 0 && route_matches(routes->addresses[i].pattern, address))
			return routes_again(routes, routes->addresses[i].pattern, domain);
	return routes_find(routes, domain);
}

struct route routes_again(const struct routes *routes, struct slice pattern, struct slice domain)
{
	for (size_t i = 0; i < routes->address_count; i++) {
		struct route route = routes->addresses[i].route;

		route.domain = domain;
		if (slice_same(routes->addresses[i].pattern, pattern))
			return route;
	}
	return (struct route){ .kind = ROUTE_NOWHERE, .reply = "451 4.3.5 the route is no more" };
}

struct route routes_target(const struct routes *routes, struct slice target)
{
	for (size_t i = 0; i < routes->archive_count; i++)
		if (slice_same(routes->archives[i].key, target))
			return routes->archives[i];
	return (struct route){ .kind = ROUTE_NOWHERE, .reply = "451 4.3.5 this archive is not known here" };
}

struct slice routes_first_domain(const struct routes *routes)
{
	return routes->count > 0 ? routes->list[0].domain : (struct slice){ 0 };
}

/* --- MX ------------------------------------------------------------------------------------- */

static int by_preference(const void *a, const void *b)
{
	const struct mx *one = a, *other = b;

	return (one->preference > other->preference) - (one->preference < other->preference);
}

static uint64_t stir(uint64_t seed)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^ seed << 17;
}

static void shuffle(struct mx *list, size_t count, uint64_t seed)
{
	seed |= 1;
	for (size_t i = count; i > 1; i--) {
		seed = stir(seed);
		size_t other = (size_t)(seed % i);
		struct mx kept = list[i - 1];

		list[i - 1] = list[other];
		list[other] = kept;
	}
}

static bool is_localhost(struct slice host)
{
	return slice_same_nocase(host, SLICE("localhost")) || slice_ends_nocase(host, SLICE(".localhost"));
}

/* A stable sort after a shuffle would be simplest; qsort promises none, so equals are shuffled afterwards. */
static void sort(struct mx *list, size_t count, uint64_t seed)
{
	size_t start = 0;

	qsort(list, count, sizeof(*list), by_preference);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && list[i].preference == list[start].preference)
			continue;
		shuffle(list + start, i - start, seed + i);
		start = i;
	}
}

/* Keeps what is better than `from`; a preference is 16 bits in the DNS. */
static void drop(struct mx *list, size_t *count, uint32_t from, bool localhosts)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (list[i].preference < from && !(localhosts && is_localhost(list[i].host)))
			list[kept++] = list[i];
	*count = kept;
}

enum mx_meaning mx_arrange(struct mx *list, size_t *count, struct slice hostname, uint64_t seed)
{
	uint32_t ours = UINT32_MAX;

	if (*count == 1 && list[0].host.len == 0)
		return MX_NULL;
	for (size_t i = 0; i < *count; i++)
		if (slice_same_nocase(list[i].host, hostname) && list[i].preference < ours)
			ours = list[i].preference;
	drop(list, count, ours, false);
	if (*count == 0)
		return MX_OURSELVES;
	drop(list, count, UINT32_MAX, true);
	if (*count == 0)
		return MX_LOCALHOST;
	sort(list, *count, seed);
	return MX_USE;
}

bool address_leads_nowhere(const struct in6_addr *address)
{
	const uint8_t *byte = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return byte[12] == 0 || byte[12] == 127 || byte[12] >= 224;
	return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_MULTICAST(address);
}
