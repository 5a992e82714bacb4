/* SPDX-License-Identifier: Apache-2.0 */
/* Its lists are read before they are replaced, so a door is filled whole or not at all. */
#include "front/door.h"

#include "base/pool.h"

bool networks_have(const struct networks *networks, const struct in6_addr *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (network_has(&networks->list[i], address))
			return true;
	return false;
}

static void give_back(struct networks *networks)
{
	(void)!pool_resize(networks->list, 0);
	*networks = (struct networks){ 0 };
}

static enum result read_networks(const struct list *list, struct networks *ret_networks)
{
	struct networks networks = { .list = pool_resize(NULL, (list->count + 1) * sizeof(struct network)) };

	if (networks.list == NULL)
		return LATER;
	for (; networks.count < list->count; networks.count++) {
		if (network_parse(list->items[networks.count], &networks.list[networks.count]) == OK)
			continue;
		give_back(&networks);
		return REFUSED;
	}
	*ret_networks = networks;
	return OK;
}

static enum result read_lists(const struct listen_settings *section, const struct list *trusted, struct door *lists)
{
	TRY(read_networks(trusted, &lists->trusted));
	TRY(read_networks(&section->proxy_from, &lists->proxy_from));
	TRY(read_networks(&section->xclient_from, &lists->xclient_from));
	return read_networks(&section->xforward_from, &lists->xforward_from);
}

static uint64_t said_or(uint64_t said, uint64_t otherwise)
{
	return said ? said : otherwise;
}

static void take_numbers(struct door *door, const struct listen_settings *section, const struct session_rules *rules,
                         const struct front_settings *limits)
{
	enum room room = door->rules.room;

	door->rules = *rules;
	door->rules.room = room;
	door->rules.message_limit = said_or(section->message_limit.n, rules->message_limit);
	if (door->rules.message_limit > limits->bytes_in_flight.n)
		door->rules.message_limit = limits->bytes_in_flight.n;
	door->rules.recipients = said_or(section->recipient_limit.n, rules->recipients);
	door->rules.lmtp = section->protocol.is == LISTEN_LMTP;
	if (door->rules.lmtp && door->rules.recipients > SESSION_LMTP_RECIPIENTS)
		door->rules.recipients = SESSION_LMTP_RECIPIENTS;
	door->rules.errors = said_or(section->error_limit.n, rules->errors);
	door->rules.tls = (enum session_tls)section->tls.is;
	door->connections = said_or(section->connections.n, limits->connections.n);
	door->per_client = said_or(section->connections_per_client.n, limits->connections_per_client.n);
}

enum result door_fill(struct door *door, struct settings *settings, const struct session_rules *rules,
                      const struct front_settings *limits)
{
	struct slice title = slice_of(door->name);
	struct listen_settings section;
	struct gateway_settings gateway;
	struct door lists = { 0 };
	bool own = settings_origin_of(settings, "listen", title, "trusted").line != 0;
	enum result end;

	TRY(settings_fill(settings, &listen_settings_section, title, &section));
	TRY(settings_fill(settings, &gateway_settings_section, SLICE(""), &gateway));
	end = read_lists(&section, own ? &section.trusted : &gateway.trusted, &lists);
	if (end != OK) {
		door_finish(&lists);
		return end;
	}
	door_finish(door);
	door->trusted = lists.trusted;
	door->proxy_from = lists.proxy_from;
	door->xclient_from = lists.xclient_from;
	door->xforward_from = lists.xforward_from;
	take_numbers(door, &section, rules, limits);
	return OK;
}

void door_finish(struct door *door)
{
	give_back(&door->trusted);
	give_back(&door->proxy_from);
	give_back(&door->xclient_from);
	give_back(&door->xforward_from);
}
