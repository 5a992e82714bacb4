/* SPDX-License-Identifier: Apache-2.0 */
/* Every event ends in one function, destination_pump(), which looks at the line and does the next thing for it. */
#include "relay/destinations.h"

#include "base/idn.h"

#include "relay/client.h"
#include "relay/connection.h"
#include "relay/departure.h"
#include "relay/destination_hops.h"

#include <sys/random.h>

enum { SWEEP_MS = 1000 };

/* --- the line --------------------------------------------------------------------------------- */

static struct letter *leave_line(struct destination *destination)
{
	struct letter *letter = destination->first;

	if (letter == NULL)
		return NULL;
	destination->first = letter->next;
	if (destination->first == NULL)
		destination->last = NULL;
	if (destination->newest == letter)
		destination->newest = NULL;
	letter->next = NULL;
	destination->waiting--;
	return letter;
}

static void join_line(struct destination *destination, struct letter *letter)
{
	if (destination->last)
		destination->last->next = letter;
	else
		destination->first = letter;
	destination->last = destination->newest = letter;
	destination->waiting++;
}

void destination_put_back(struct destination *destination, struct letter *letter)
{
	letter->carrier = NULL;
	letter->tls = SLICE("");
	letter->next = destination->first;
	destination->first = letter;
	if (destination->last == NULL)
		destination->last = letter;
	destination->waiting++;
}

static void settle_line(struct destination *destination, enum relay_outcome outcome, const char *reply)
{
	struct letter *letter;

	while ((letter = leave_line(destination)) != NULL)
		jobs_settle_letter(&destination->office->jobs, letter, outcome, slice_of(destination->domain), slice_of(reply));
}

/* --- finding hops ----------------------------------------------------------------------------------- */

static void hops_found(void *own)
{
	struct destination *destination = own;
	struct hops *hops = &destination->hops;

	if (hops->count == 0) {
		destination->known_until = 0;
		settle_line(destination, hops->outcome, hops->reply);
		return;
	}
	destination->known_until = loop_ticks(destination->office->loop) + (uint64_t)hops->ttl * 1000;
	destination_pump(destination);
}

/* The routes may be others than when the letter was sorted: the settings were read anew. */
static void find_hops(struct destination *destination)
{
	struct office *office = destination->office;
	struct slice pattern = slice_of(destination->pattern), domain = slice_of(destination->domain);
	struct route route = pattern.len > 0 ? routes_again(&office->routes, pattern, domain) :
	                                       routes_find(&office->routes, domain);

	if (route.kind == ROUTE_MAILDIR || route.kind == ROUTE_NOWHERE ||
	    !slice_same_nocase(route.key, slice_of(destination->key))) {
		settle_line(destination, RELAY_BUSY, "450 4.3.5 the route has changed");
		return;
	}
	route.domain = slice_of(destination->domain);
	office->random = office->random * 6364136223846793005u + 1442695040888963407u;
	hops_find(&destination->hops, &route, office->hostname, office->settings.ipv6.on, office->random >> 16);
}

/* --- the pump ---------------------------------------------------------------------------------- */

static bool may_open(const struct destination *destination)
{
	const struct office *office = destination->office;

	return destination->connecting < destination->waiting &&
	       destination->going < window_size(&destination->window, office->settings.connections.n);
}

/* Any hop will do for the letters in line; with all down and nobody on the way they can't go now. Where a target only
 * has all that it may get, they wait. */
static void open_more(struct destination *destination)
{
	while (may_open(destination)) {
		bool all_down;
		struct hop *hop = destination_choose_hop(destination, &all_down);

		if (hop == NULL) {
			if (all_down && destination->going == 0)
				settle_line(destination, RELAY_DEFERRED, destination_reason(destination));
			return;
		}
		if (connection_open(destination, hop) != OK)
			return;
	}
}

/* A connection that is bound to its letter takes it along (the PROXY protocol). */
struct letter *destination_next(struct destination *destination)
{
	return leave_line(destination);
}

static void pump_hops(struct destination *destination)
{
	struct connection *idle;

	while (destination->first && (idle = destination_choose_idle(destination)) != NULL)
		connection_carry(idle, leave_line(destination));
	if (destination->connecting >= destination->waiting || destination->hops.looking)
		return;
	if (destination->known_until > loop_ticks(destination->office->loop))
		open_more(destination);
	else
		find_hops(destination);
}

static void pump_folder(struct destination *destination)
{
	struct office *office = destination->office;

	while (destination->first && destination->going < office->settings.threads.n * 2) {
		if (office->departures.used == office->departures.limit)
			return;
		departure_begin(destination, leave_line(destination));
	}
}

void destination_pump(struct destination *destination)
{
	if (destination->first == NULL || destination->office->stopping || !jobs_may_begin(&destination->office->jobs))
		return;
	if (destination->root >= 0)
		pump_folder(destination);
	else
		pump_hops(destination);
}

/* --- finding and forgetting destinations --------------------------------------------------------- */

static unsigned row_of(struct slice key)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)byte_lower(key.at[i])) * 16777619u;
	return hash % DESTINATION_ROWS;
}

static int find_root(const struct office *office, struct slice path)
{
	for (size_t i = 0; i < office->root_count; i++)
		if (slice_same(office->roots[i].path, path))
			return office->roots[i].fd;
	return -1;
}

static struct backend *backend_for(void *own, struct slice text)
{
	struct destination *destination = own;

	return backends_find(&destination->office->backends, destination->office->all, text);
}

static struct destination *make(struct office *office, const struct route *route)
{
	struct destination *destination = NULL;
	struct destination **row = &office->rows[row_of(route->key)];

	if (route->key.len < sizeof(destination->key) && route->domain.len < sizeof(destination->domain) &&
	    route->pattern.len < sizeof(destination->pattern))
		destination = pool_take(&office->destinations);
	if (destination == NULL)
		return NULL;
	destination->office = office;
	memcpy(destination->key, route->key.at, route->key.len);
	memcpy(destination->domain, route->domain.at, route->domain.len);
	if (route->pattern.len > 0)
		memcpy(destination->pattern, route->pattern.at, route->pattern.len);
	destination->root = route->kind == ROUTE_MAILDIR ? find_root(office, route->targets[0].path) : -1;
	hops_init(&destination->hops, &office->resolve, backend_for, hops_found, destination);
	destination->next = *row;
	*row = destination;
	return destination;
}

static struct destination *find_destination(struct office *office, const struct route *route)
{
	struct destination *destination = office->rows[row_of(route->key)];

	while (destination && !slice_same_nocase(slice_of(destination->key), route->key))
		destination = destination->next;
	return destination ? destination : make(office, route);
}

static bool forgettable(const struct destination *destination, uint64_t now)
{
	if (destination->first || destination->going > 0 || destination->connections || destination->hops.looking ||
	    destination->known_until > now)
		return false;
	for (size_t i = 0; i < destination->hops.count; i++)
		if (destination_hop_state(&destination->hops.list[i], now) == BACKEND_DOWN)
			return false;
	return true;
}

static void sweep_row(struct office *office, struct destination **at, uint64_t now)
{
	while (*at) {
		struct destination *destination = *at;

		destination_look_at_hops(destination, now);
		destination_pump(destination);
		if (forgettable(destination, now)) {
			*at = destination->next;
			pool_give(&office->destinations, destination);
		} else {
			at = &destination->next;
		}
	}
}

static void sweep(void *own)
{
	struct office *office = own;

	jobs_say_again(&office->jobs);
	for (size_t i = 0; i < DESTINATION_ROWS; i++)
		sweep_row(office, &office->rows[i], loop_ticks(office->loop));
	(void)!timer_start(&office->sweep, SWEEP_MS);
}

/* --- sorting ------------------------------------------------------------------------------------ */

static struct slice domain_of(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	if (at == 0)
		return (struct slice){ 0 };
	return slice_drop(address, at);
}

/* The letter that this recipient joins; NULL with `why`. In a Maildir each has a letter of its own. */
static struct letter *letter_for(struct destination *destination, struct lent *lent, const char **why)
{
	struct letter *letter = destination->newest;
	size_t most = destination->root >= 0 ? 1 : CLIENT_RECIPIENTS;

	if (letter && letter->lent == lent && letter->count < most)
		return letter;
	*why = "450 4.3.2 too many messages wait for this destination";
	if (destination->waiting >= destination->office->settings.waiting.n)
		return NULL;
	letter = jobs_letter(lent);
	if (letter)
		join_line(destination, letter);
	return letter;
}

static void sort_one(struct office *office, struct lent *lent, struct addressee *addressee)
{
	struct idn room;
	struct slice domain = idn_ascii(domain_of(addressee->address), &room);
	struct route route = lent->target.len ? routes_target(&office->routes, lent->target) :
	                                        routes_for(&office->routes, addressee->address, domain);
	const char *why = "450 4.3.2 mail for too many destinations is waiting";
	struct destination *destination;
	struct letter *letter;

	if (route.kind == ROUTE_NOWHERE) {
		jobs_settle(&office->jobs, lent, addressee, route.reply[0] == '5' ? RELAY_FAILED : RELAY_DEFERRED, domain,
		            slice_of(route.reply));
		return;
	}
	destination = find_destination(office, &route);
	letter = destination ? letter_for(destination, lent, &why) : NULL;
	if (letter)
		jobs_add_to_letter(letter, addressee);
	else
		jobs_settle(&office->jobs, lent, addressee, RELAY_BUSY, domain, slice_of(why));
}

static void pump_row(struct destination *destination)
{
	for (; destination; destination = destination->next) {
		destination->newest = NULL;
		destination_pump(destination);
	}
}

/* Letters join their lines first, and nobody is served in between: a letter that leaves is whole. */
void destinations_take(void *own, struct lent *lent)
{
	struct office *office = own;

	jobs_hold(lent);
	for (uint32_t i = 0; i < lent->count; i++)
		sort_one(office, lent, &lent->addressees[i]);
	destinations_pump_all(office);
	jobs_release(&office->jobs, lent);
}

void destinations_pump_all(void *own)
{
	struct office *office = own;

	for (size_t i = 0; i < DESTINATION_ROWS; i++)
		pump_row(office->rows[i]);
}

void destinations_noted(void *own, struct letter *letter)
{
	(void)own;
	if (letter->carrier)
		connection_noted(letter->carrier);
}

/* --- beginning and end --------------------------------------------------------------------------- */

void destinations_init(struct office *office)
{
	backends_init(&office->backends);
	pool_init(&office->destinations, sizeof(struct destination), DESTINATIONS_MOST);
	connections_init(office);
	departures_init(office);
	timer_init(&office->sweep, office->loop, sweep, office);
	(void)!timer_start(&office->sweep, SWEEP_MS);
	if (getrandom(&office->random, sizeof(office->random), 0) < 0)
		office->random = loop_ticks(office->loop);
}

void destinations_stop(struct office *office)
{
	office->stopping = true;
	for (size_t i = 0; i < DESTINATION_ROWS; i++)
		for (struct destination *destination = office->rows[i]; destination; destination = destination->next)
			connections_stop(destination);
}

bool destinations_busy(const struct office *office)
{
	return office->connections.used > 0 || office->departures.used > 0;
}

void destinations_finish(struct office *office)
{
	timer_end(&office->sweep);
	for (size_t i = 0; i < DESTINATION_ROWS; i++)
		for (struct destination *destination = office->rows[i]; destination; destination = destination->next)
			connections_drop(destination);
	pool_finish(&office->connections);
	pool_finish(&office->departures);
	pool_finish(&office->destinations);
	backends_finish(&office->backends);
}
