/* SPDX-License-Identifier: Apache-2.0 */
/* A hop's address is known by name and bytes, since the list of them is made anew whenever the DNS is asked. */
#include "relay/destination_hops.h"

#include "relay/connection.h"

enum { PAUSE_LEAST = 2000, PAUSE_MOST = 60000, PLAIN_MS = 10000 };

/* --- hops -------------------------------------------------------------------------------------- */

static struct hop *same_hop(struct destination *destination, const struct hop *hop)
{
	for (size_t i = 0; i < destination->hops.count; i++) {
		struct hop *known = &destination->hops.list[i];

		if (strcmp(known->name, hop->name) == 0 && memcmp(&known->address, &hop->address, sizeof(hop->address)) == 0)
			return known;
	}
	return NULL;
}

static bool is_alive(const struct hop *hop, uint64_t now)
{
	return hop->dead_until <= now;
}

/* A target is down when the last of its addresses is. */
static void tell_backend(struct destination *destination, const struct hop *down, uint64_t now)
{
	for (size_t i = 0; i < destination->hops.count; i++)
		if (destination->hops.list[i].backend == down->backend && is_alive(&destination->hops.list[i], now))
			return;
	if (down->backend)
		backend_failed(down->backend, now, slice_of(destination->reason));
}

void destination_hop_down(struct destination *destination, const struct hop *hop, struct slice reason)
{
	struct hop *known = same_hop(destination, hop);
	uint64_t now = loop_ticks(destination->office->loop);

	(void)snprintf(destination->reason, sizeof(destination->reason), "%.*s", SHOW(reason));
	counter_add(destination->office->counters, RELAY_COUNT_refused_connects, 1);
	if (known == NULL || !is_alive(known, now))
		return;                        /* several connections may fail at once: one lesson */
	known->only_helo = false;
	known->pause = known->pause == 0 ? PAUSE_LEAST : known->pause * 2 < PAUSE_MOST ? known->pause * 2 : PAUSE_MOST;
	known->dead_until = now + known->pause;
	window_trouble(&destination->window);
	tell_backend(destination, known, now);
}

void destination_hop_up(struct destination *destination, const struct hop *hop)
{
	struct hop *known = same_hop(destination, hop);

	if (known)
		known->dead_until = known->pause = 0;
	if (hop->backend)
		backend_answered(hop->backend, loop_ticks(destination->office->loop));
}

void destination_hop_drops_tls(struct destination *destination, const struct hop *hop)
{
	struct hop *known = same_hop(destination, hop);
	uint64_t now = loop_ticks(destination->office->loop);

	if (known)
		known->plain_until = now + PLAIN_MS;
	/* No mail opens a connection to a target that is down, and the permission would end before the next look. */
	if (known && known->backend)
		backend_look_at_once(known->backend, now);
}

bool destination_hop_goes_plain(struct destination *destination, const struct hop *hop)
{
	struct hop *known = same_hop(destination, hop);
	bool plain = known && known->plain_until > loop_ticks(destination->office->loop);

	if (known)
		known->plain_until = 0;
	return plain;
}

void destination_hop_drops_ehlo(struct destination *destination, const struct hop *hop)
{
	struct hop *known = same_hop(destination, hop);

	if (known)
		known->only_helo = true;
}

/* --- which hop is next ---------------------------------------------------------------------------- */

enum backend_state destination_hop_state(const struct hop *hop, uint64_t now)
{
	if (!is_alive(hop, now))
		return BACKEND_DOWN;
	if (hop->backend == NULL)
		return BACKEND_OPEN;
	return backend_takes_letter(hop->backend, now) ? backend_state(hop->backend, now) : BACKEND_FULL;
}

static unsigned load_of(const struct hop *hop)
{
	return hop->backend ? hop->backend->carrying + hop->backend->connections : 0;
}

static bool is_better(const struct hop *hop, const struct hop *best)
{
	if (best == NULL || hop->preference != best->preference)
		return best == NULL || hop->preference < best->preference;
	return load_of(hop) < load_of(best);
}

/* Of those that are up one of the best preference, with the fewest letters and connections; equals take turns. A worse
 * preference is for when the better ones are down, not for when they have enough to do. */
struct hop *destination_choose_hop(struct destination *destination, bool *ret_all_down)
{
	uint64_t now = loop_ticks(destination->office->loop);
	size_t count = destination->hops.count;
	struct hop *best = NULL, *full = NULL;

	for (size_t i = 0; i < count; i++) {
		struct hop *hop = &destination->hops.list[(i + destination->turn) % count];
		enum backend_state state = destination_hop_state(hop, now);

		if (state == BACKEND_OPEN && is_better(hop, best))
			best = hop;
		else if (state == BACKEND_FULL && is_better(hop, full))
			full = hop;
	}
	destination->turn++;
	*ret_all_down = best == NULL && full == NULL;
	return best && full && full->preference < best->preference ? NULL : best;
}

static bool takes_letter(const struct connection *connection, uint64_t now)
{
	const struct backend *backend = connection_hop(connection)->backend;

	return backend == NULL || backend_takes_letter(backend, now);
}

/* Of the connections at rest that of the target with the fewest letters; NULL: none may take one now. */
struct connection *destination_choose_idle(struct destination *destination)
{
	uint64_t now = loop_ticks(destination->office->loop);
	struct connection *best = NULL;

	for (struct connection *idle = destination->idle; idle; idle = connection_next_idle(idle))
		if (takes_letter(idle, now) && (best == NULL || is_better(connection_hop(idle), connection_hop(best))))
			best = idle;
	return best;
}

/* A connection that carries nothing, to whoever is down and due to be looked at. */
void destination_look_at_hops(struct destination *destination, uint64_t now)
{
	for (size_t i = 0; i < destination->hops.count && !destination->office->stopping; i++) {
		struct hop *hop = &destination->hops.list[i];

		if (hop->backend && backend_look(hop->backend, now)) {
			hop->dead_until = 0;
			(void)!connection_open(destination, hop);
		}
	}
}

/* What is down was perhaps found so by another destination. */
const char *destination_reason(const struct destination *destination)
{
	if (destination->reason[0] != '\0')
		return destination->reason;
	for (size_t i = 0; i < destination->hops.count; i++)
		if (destination->hops.list[i].backend && destination->hops.list[i].backend->is_down)
			return destination->hops.list[i].backend->reason;
	return "451 4.4.1 nobody answers there";
}
