/* SPDX-License-Identifier: Apache-2.0 */
/* One question at a time: MX first where the route wants it, then host by host; what is known needs no question. */
#include "relay/hops.h"

#include <arpa/inet.h>

enum { TTL_LEAST = 30, TTL_MOST = 3600 };

static void finish(struct hops *hops, enum relay_outcome outcome, const char *why, struct slice what)
{
	hops->looking = false;
	hops->outcome = outcome;
	(void)snprintf(hops->reply, sizeof(hops->reply), "%s: %.*s", why, SHOW(what));
	hops->found(hops->owner);
}

static struct hop *add_hop(struct hops *hops, const struct host *host)
{
	struct hop *hop = &hops->list[hops->count];

	if (hops->count == HOPS_MOST)
		return NULL;
	*hop = (struct hop){ .lmtp = host->lmtp, .port = host->port, .preference = host->preference,
	                     .backend = host->backend };
	(void)snprintf(hop->name, sizeof(hop->name), "%s://%s:%u", host->lmtp ? "lmtp" : "smtp", host->name, host->port);
	hops->count++;
	return hop;
}

static void add_address(struct hops *hops, const struct host *host, const struct in6_addr *address)
{
	struct hop *hop;

	if (!hops->ours && address_leads_nowhere(address)) {
		hops->led_nowhere = true;
		return;
	}
	if (!hops->ipv6 && !IN6_IS_ADDR_V4MAPPED(address))
		return;
	hop = add_hop(hops, host);
	if (hop)
		hop->address = *address;
}

static void add_four_bytes(struct hops *hops, const struct host *host, const char *bytes)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(address.s6_addr + 12, bytes, 4);
	add_address(hops, host, &address);
}

/* --- host by host ---------------------------------------------------------------------------- */

static void ask_hosts(struct hops *hops);

static void note_addresses(struct hops *hops, const struct dns_reply *reply)
{
	const struct host *host = &hops->hosts[hops->host_at];
	struct in6_addr address;

	for (uint32_t i = 0; i < reply->count; i++) {
		if (hops->asking == DNS_A && reply->records[i].len == 4)
			add_four_bytes(hops, host, reply->records[i].at);
		if (hops->asking != DNS_AAAA || reply->records[i].len != 16)
			continue;
		memcpy(&address, reply->records[i].at, 16);
		if (!IN6_IS_ADDR_V4MAPPED(&address))
			add_address(hops, host, &address);
	}
}

static void note_time(struct hops *hops, const struct dns_reply *reply)
{
	if (reply->end == DNS_FAILED)
		hops->dns_failed = true;
	else if (reply->ttl < hops->ttl)
		hops->ttl = reply->ttl < TTL_LEAST ? TTL_LEAST : reply->ttl;
}

static void address_came(void *own, const struct dns_reply *reply)
{
	struct hops *hops = own;
	size_t known = hops->count;

	note_time(hops, reply);
	note_addresses(hops, reply);
	for (size_t i = known; i < hops->count; i++)
		hops->list[i].is_signed = hops->way_is_signed && reply->secure;
	if (hops->asking == DNS_A && hops->ipv6) {
		hops->asking = DNS_AAAA;
	} else {
		hops->asking = DNS_A;
		hops->host_at++;
	}
	ask_hosts(hops);
}

/* Addresses and "localhost" are known. */
static bool is_known(struct hops *hops, const struct host *host)
{
	static const char loopback[] = { 127, 0, 0, 1 };
	struct in6_addr address;

	if (slice_same_nocase(slice_of(host->name), SLICE("localhost"))) {
		add_four_bytes(hops, host, loopback);
		return true;
	}
	if (network_address(slice_of(host->name), &address) != OK)
		return false;
	add_address(hops, host, &address);
	return true;
}

static void conclude(struct hops *hops)
{
	struct slice domain = hops->domain;

	if (hops->count > 0)
		finish(hops, RELAY_DELIVERED, "250 hops", domain);
	else if (hops->dns_failed)
		finish(hops, RELAY_DEFERRED, "451 4.4.3 the DNS did not answer about the hosts of", domain);
	else if (hops->ours)
		finish(hops, RELAY_DEFERRED, "451 4.4.4 no address for the host of", domain);
	else if (hops->led_nowhere)
		finish(hops, RELAY_FAILED, "550 5.4.6 the mail hosts lead back here for", domain);
	else
		finish(hops, RELAY_FAILED, "550 5.4.4 no address for the mail hosts of", domain);
}

static void ask_hosts(struct hops *hops)
{
	while (hops->host_at < hops->host_count && hops->count < HOPS_MOST) {
		struct host *host = &hops->hosts[hops->host_at];

		if (!is_known(hops, host)) {
			hops->question.answered = address_came;
			resolve_ask(hops->resolve, hops->asking, slice_of(host->name), &hops->question);
			return;
		}
		hops->host_at++;
	}
	conclude(hops);
}

/* `like` has all but the name. */
static void add_host(struct hops *hops, struct slice name, const struct host *like)
{
	struct host *host = &hops->hosts[hops->host_count];

	if (hops->host_count == HOSTS_MOST || name.len > DNS_NAME || slice_has(name, '\0'))
		return;
	*host = *like;
	if (name.len)
		memcpy(host->name, name.at, name.len);
	host->name[name.len] = '\0';
	hops->host_count++;
}

/* --- MX -------------------------------------------------------------------------------------- */

static size_t read_list(const struct dns_reply *reply, struct mx list[DNS_RECORDS])
{
	size_t count = 0;

	for (uint32_t i = 0; i < reply->count; i++)
		if (resolve_read_mx(reply->records[i], &list[count].preference, &list[count].host) == OK)
			count++;
	return count;
}

static void use_mx(struct hops *hops, struct mx *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].host.len > 0)
			add_host(hops, list[i].host, &(struct host){ .port = 25, .preference = list[i].preference });
	ask_hosts(hops);
}

static void mx_found(struct hops *hops, const struct dns_reply *reply)
{
	struct mx list[DNS_RECORDS];
	size_t count = read_list(reply, list);

	if (count == 0) {
		finish(hops, RELAY_DEFERRED, "451 4.4.3 the DNS answered nonsense about", hops->domain);
		return;
	}
	switch (mx_arrange(list, &count, hops->hostname, hops->seed)) {
	case MX_USE:
		use_mx(hops, list, count);
		return;
	case MX_NULL:
		finish(hops, RELAY_FAILED, "556 5.1.10 a domain that takes no mail", hops->domain);
		return;
	case MX_OURSELVES:
		finish(hops, RELAY_FAILED, "550 5.4.6 we are the mail host of a domain that is not ours", hops->domain);
		return;
	case MX_LOCALHOST:
		finish(hops, RELAY_FAILED, "550 5.4.6 the mail hosts lead back here for", hops->domain);
		return;
	}
}

static void mx_came(void *own, const struct dns_reply *reply)
{
	struct hops *hops = own;

	note_time(hops, reply);
	hops->way_is_signed = reply->secure;
	switch (reply->end) {
	case DNS_FOUND:
		mx_found(hops, reply);
		return;
	case DNS_NO_RECORDS:                   /* RFC 5321 5.1: the domain's own address */
		add_host(hops, hops->domain, &(struct host){ .port = 25 });
		ask_hosts(hops);
		return;
	case DNS_NO_NAME:
		finish(hops, RELAY_FAILED, "550 5.1.2 no such domain", hops->domain);
		return;
	case DNS_FAILED:
		finish(hops, RELAY_DEFERRED, "451 4.4.3 the DNS did not answer about", hops->domain);
		return;
	}
}

/* --- routes ---------------------------------------------------------------------------------- */

static void add_socket(struct hops *hops, const struct target *target, const struct host *host)
{
	struct hop *hop = target->path.len < sizeof(hop->path) ? add_hop(hops, host) : NULL;

	if (hop == NULL)
		return;
	hop->is_socket = true;
	memcpy(hop->path, target->path.at, target->path.len);
	(void)snprintf(hop->name, sizeof(hop->name), "%s://%.*s", hop->lmtp ? "lmtp" : "smtp", SHOW(target->path));
}

static void use_targets(struct hops *hops, const struct route *route, uint64_t seed)
{
	hops->ours = true;
	for (size_t i = 0; i < route->count; i++) {
		const struct target *target = &route->targets[(i + seed) % route->count];
		const struct host host = { .port = target->port, .lmtp = target->kind == TARGET_LMTP,
			                   .backend = hops->backend_for(hops->owner, target->text) };

		if (target->host.len > 0)
			add_host(hops, target->host, &host);
		else if (target->path.len > 0)
			add_socket(hops, target, &host);
	}
	ask_hosts(hops);
}

static void use_literal(struct hops *hops, const struct route *route)
{
	struct slice inside = { route->domain.at + 1, route->domain.len - 2 };

	add_host(hops, slice_begins_nocase(inside, SLICE("IPv6:")) ? slice_drop(inside, 5) : inside,
	         &(struct host){ .port = 25 });
	ask_hosts(hops);
}

void hops_find(struct hops *hops, const struct route *route, struct slice hostname, bool ipv6, uint64_t seed)
{
	hops_forget(hops);
	hops->looking = true;
	hops->domain = route->domain;
	hops->hostname = hostname;
	hops->seed = seed;
	hops->ipv6 = ipv6;
	hops->ours = hops->dns_failed = hops->led_nowhere = false;
	hops->way_is_signed = true;
	hops->host_count = hops->host_at = hops->count = 0;
	hops->asking = DNS_A;
	hops->ttl = TTL_MOST;
	if (route->kind == ROUTE_TARGETS) {
		use_targets(hops, route, seed);
	} else if (route->is_literal) {
		use_literal(hops, route);
	} else {
		hops->question.answered = mx_came;
		resolve_ask(hops->resolve, DNS_MX, route->domain, &hops->question);
	}
}

void hops_forget(struct hops *hops)
{
	resolve_forget(hops->resolve, &hops->question);
	hops->looking = false;
}

void hops_init(struct hops *hops, struct resolve *resolve, struct backend *(*backend_for)(void *, struct slice),
               void (*found)(void *), void *owner)
{
	*hops = (struct hops){ .resolve = resolve, .backend_for = backend_for, .found = found, .owner = owner };
	hops->question.owner = hops;
}
