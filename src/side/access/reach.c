/* SPDX-License-Identifier: Apache-2.0 */
/* Name, addresses, TLSA records where they are promised; then a probe of one address after the other. */
#include "access/reach.h"

#include <string.h>
#include <sys/un.h>

static unsigned tls_of(const struct reach *reach)
{
	return reach->target->host.len ? reach->settings->tls.is : TARGET_TLS_NONE;
}

/* ---- one address ---- */

static void probe_ended(struct probe *probe, enum probe_end end);

static struct slice domain_of(struct slice address)
{
	while (slice_has(address, '@'))
		(void)slice_cut(&address, '@');
	return address;
}

/* The settings may be others before the handshake. What can be nobody's name is nobody's. */
static struct slice copied(struct slice name, struct idn *room)
{
	return idn_read(name, room) == OK ? (struct slice){ room->text, room->length } : SLICE("");
}

/* The peer that TLS must show; what it points to stays until the end. */
static void set_up_tls(struct reach *reach)
{
	struct probe *probe = &reach->probe;
	unsigned tls = tls_of(reach);

	probe->talk.needs_tls = tls >= TARGET_TLS_REQUIRED;
	probe->talk.wants_tls = tls != TARGET_TLS_NONE && !reach->plain;
	probe->peer = (struct tls_peer){ .name = reach->target->host, .also = idn_ascii(domain_of(reach->recipient), &reach->domain),
		                         .tlsa = reach->dane.records, .tlsa_count = reach->dane.count };
	if (tls != TARGET_TLS_DANE && reach->settings->tls_name.is.len)
		probe->peer.name = copied(reach->settings->tls_name.is, &reach->shown);
	if (tls == TARGET_TLS_VERIFIED)
		probe->peer.trust = authorities_find(&reach->shared->authorities, reach->settings);
	if (tls != TARGET_TLS_VERIFIED || probe->peer.trust)
		probe->tls_client = reach->shared->tls;
}

static enum result begin_probe(struct reach *reach, const struct sockaddr *to, socklen_t size)
{
	struct probe *probe = &reach->probe;

	*probe = (struct probe){ .talk = { .lmtp = reach->target->kind == TARGET_LMTP, .recipient = reach->recipient,
		                           .hostname = { reach->shared->hostname, reach->shared->hostname_length } } };
	probe->proxied = reach->settings->client.is == TARGET_CLIENT_PROXY;
	set_up_tls(reach);
	return probe_begin(probe, reach->shared->loop, to, size, probe_ended);
}

static enum result probe_address(struct reach *reach, const struct in6_addr *address)
{
	uint16_t port = htons(reach->target->port);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = *address };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port };

	if (!IN6_IS_ADDR_V4MAPPED(address))
		return begin_probe(reach, (const struct sockaddr *)&six, sizeof(six));
	memcpy(&four.sin_addr, address->s6_addr + 12, 4);
	return begin_probe(reach, (const struct sockaddr *)&four, sizeof(four));
}

static enum result probe_path(struct reach *reach)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (reach->target->path.len >= sizeof(to.sun_path))
		return LATER;
	memcpy(to.sun_path, reach->target->path.at, reach->target->path.len);
	return begin_probe(reach, (const struct sockaddr *)&to, sizeof(to));
}

/* ---- one after the other ---- */

static enum result try_next_address(struct reach *reach)
{
	while (reach->at < reach->found.count) {
		reach->plain = false;
		if (probe_address(reach, &reach->found.addresses[reach->at++]) == OK)
			return OK;
	}
	return LATER;
}

static void finish(struct reach *reach, enum probe_end end)
{
	reach_drop(reach);
	reach->ended(reach, end);
}

static bool again_without_tls(struct reach *reach)
{
	reach->plain = true;
	return probe_address(reach, &reach->found.addresses[reach->at - 1]) == OK;
}

bool reach_forgoes_tls(struct reach *reach)
{
	const struct probe *probe = &reach->probe;

	if (probe->ended == NULL || probe->talk.stage != PROBE_SHAKING || probe->talk.needs_tls)
		return false;
	probe_drop(&reach->probe);
	return again_without_tls(reach);
}

static void probe_ended(struct probe *probe, enum probe_end end)
{
	struct reach *reach = (struct reach *)((char *)probe - offsetof(struct reach, probe));

	switch (end) {
	case PROBE_THERE:
	case PROBE_NOT_THERE:
	case PROBE_UNSURE:
		finish(reach, end);
		return;
	case PROBE_BAD_TLS:
		if (again_without_tls(reach))
			return;
		break;
	case PROBE_DEAD:
		break;
	}
	if (try_next_address(reach) != OK)
		finish(reach, PROBE_DEAD);
}

/* ---- names ---- */

static void go(struct reach *reach)
{
	if (try_next_address(reach) != OK)
		finish(reach, PROBE_DEAD);
}

/* A target of ours was promised to have records: without one that can be used nobody is believed there. */
static void records_came(void *own_reach, const struct dns_reply *reply)
{
	struct reach *reach = own_reach;

	if (dane_read(&reach->dane, reply) != OK || reach->dane.count == 0)
		finish(reach, PROBE_UNSURE);
	else
		go(reach);
}

static enum result ask_for_records(struct reach *reach)
{
	char text[DNS_NAME + 1];
	struct slice name;

	TRY(dane_name(reach->target->host, reach->target->port, text, &name));
	reach->records = (struct question){ .answered = records_came, .owner = reach };
	resolve_ask(&reach->shared->resolve, DNS_TLSA, name, &reach->records);
	return OK;
}

static void name_found(struct name_question *question, const struct names_found *found)
{
	struct reach *reach = (struct reach *)((char *)question - offsetof(struct reach, name));

	reach->found = *found;
	if (found->count == 0 || tls_of(reach) != TARGET_TLS_DANE)
		go(reach);
	else if (!found->secure || ask_for_records(reach) != OK)
		finish(reach, PROBE_UNSURE);
}

enum result reach_begin(struct reach *reach)
{
	const struct target *target = reach->target;

	reach->found.count = reach->at = 0;
	if (target->host.len == 0)
		return probe_path(reach);
	if (network_address(target->host, &reach->found.addresses[0]) == OK) {
		if (tls_of(reach) == TARGET_TLS_DANE)
			return REFUSED;
		reach->found.count = 1;
		return try_next_address(reach);
	}
	reach->name = (struct name_question){ .resolve = &reach->shared->resolve, .name = target->host, .answered = name_found };
	names_ask(&reach->name);
	return OK;
}

void reach_drop(struct reach *reach)
{
	probe_drop(&reach->probe);
	names_forget(&reach->name);
	if (reach->shared)
		resolve_forget(&reach->shared->resolve, &reach->records);
	dane_finish(&reach->dane);
}

void reaches_name(struct reaches *shared, struct slice hostname)
{
	if (hostname.len > sizeof(shared->hostname))
		hostname.len = sizeof(shared->hostname);
	if (hostname.len)
		memcpy(shared->hostname, hostname.at, hostname.len);
	shared->hostname_length = hostname.len;
}
