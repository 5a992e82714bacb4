/* SPDX-License-Identifier: Apache-2.0 */
/* The session counts for us: an envelope that was begun is a message, one more recipient noted is a recipient. */
#include "front/allowance.h"

static uint64_t now_of(const struct shared *shared)
{
	return loop_ticks(&shared->process->loop);
}

static bool is_local(const struct in6_addr *address)
{
	return address->s6_addr[0] == 0xff;
}

/* Of a client, and then of its network. */
static enum result take_rates(struct shared *shared, const struct in6_addr *address, enum rate what, uint64_t of_client,
                              uint64_t of_network)
{
	uint64_t now = now_of(shared);

	TRY(rates_take(&shared->rates, admission_client(address), what, of_client, now));
	if (is_local(address))
		return OK;
	return rates_take(&shared->rates, admission_network(address), what, of_network, now);
}

enum result allowance_connect(struct shared *shared, const struct door *door, const struct in6_addr *address)
{
	const struct front_settings *limits = &shared->limits;
	enum result end;

	TRY(admission_enter(&shared->admission, address, door->per_client, limits->connections_per_network.n));
	end = take_rates(shared, address, RATE_CONNECTIONS, limits->connections_per_minute.n,
	                 limits->network_connections_per_minute.n);
	if (end != OK)
		admission_leave(&shared->admission, address);
	return end;
}

enum result allowance_handshake(struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;

	if (client->session.client & SESSION_TRUSTED)
		return OK;
	return take_rates(client->shared, &client->address, RATE_HANDSHAKES, limits->handshakes_per_minute.n,
	                  limits->network_handshakes_per_minute.n);
}

static bool is_spent(struct client *client, enum rate what, uint64_t limit)
{
	struct shared *shared = client->shared;

	return rates_spent(&shared->rates, admission_client(&client->address), what, limit, now_of(shared));
}

struct allowance allowance_before(struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;
	struct session *session = &client->session;

	session->spent = 0;
	if (!(session->client & SESSION_TRUSTED)) {
		if (session->stage == STAGE_SENDER && is_spent(client, RATE_MESSAGES, limits->messages_per_minute.n))
			session->spent |= SESSION_SPENT_MESSAGES;
		if (session->stage == STAGE_RECIPIENTS && is_spent(client, RATE_RECIPIENTS, limits->recipients_per_minute.n))
			session->spent |= SESSION_SPENT_RECIPIENTS;
	}
	return (struct allowance){ session->stage, session->noted };
}

static void count(struct client *client, enum rate what, uint64_t limit)
{
	struct shared *shared = client->shared;

	(void)!rates_take(&shared->rates, admission_client(&client->address), what, limit, now_of(shared));
}

void allowance_after(struct client *client, struct allowance before)
{
	const struct front_settings *limits = &client->shared->limits;
	const struct session *session = &client->session;

	if (session->client & SESSION_TRUSTED)
		return;
	if (before.stage == STAGE_SENDER && session->stage == STAGE_RECIPIENTS)
		count(client, RATE_MESSAGES, limits->messages_per_minute.n);
	if (before.stage == STAGE_RECIPIENTS && session->noted > before.noted)
		count(client, RATE_RECIPIENTS, limits->recipients_per_minute.n);
}
