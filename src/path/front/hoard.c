/* SPDX-License-Identifier: Apache-2.0 */
/* A pace is measured over stretches as long as the crowd's patience: bytes that came in a hurry, long ago, do not count.
 * All that end others happens in the timer's turn, when nobody is in the middle of a message. */
#include "front/hoard.h"

#include "front/crowd.h"
#include "front/deadline.h"

enum { ASK_AGAIN_MS = 1000, COMES_AGAIN_MS = 120000, AT_ONCE = 16 };

static uint64_t now_of(const struct shared *shared)
{
	return loop_ticks(&shared->process->loop);
}

static uint64_t stretch_of(const struct shared *shared)
{
	return shared->limits.crowd_patience.n * 1000;
}

/* One that is long enough ends, and the next begins. */
static void turn_stretch(struct client *client)
{
	uint64_t now = now_of(client->shared);
	struct pace *pace = &client->pace;

	if (pace->since == 0)
		pace->since = now;
	if (now - pace->since >= stretch_of(client->shared))
		*pace = (struct pace){ .since = now, .span = now - pace->since, .came = pace->bytes };
}

void hoard_brought(struct client *client, size_t bytes)
{
	turn_stretch(client);
	client->pace.bytes += bytes;
}

/* At the pace of the last whole stretch it would take minutes until it had sent again what it holds. */
static bool is_slow(struct client *client)
{
	const struct pace *pace = &client->pace;

	turn_stretch(client);
	return pace->span && (pace->came == 0 || client->hold.bytes * pace->span / pace->came >= COMES_AGAIN_MS);
}

/* The heaviest first. */
static size_t insert(struct client *heaviest[AT_ONCE], size_t count, struct client *client)
{
	size_t place = count;

	while (place > 0 && heaviest[place - 1]->hold.bytes < client->hold.bytes)
		place--;
	if (place == AT_ONCE)
		return count;
	count += count < AT_ONCE;
	for (size_t i = count - 1; i > place; i--)
		heaviest[i] = heaviest[i - 1];
	heaviest[place] = client;
	return count;
}

/* As many as make room for one more message of the largest size. */
static void thin(struct shared *shared)
{
	struct client *heaviest[AT_ONCE];
	uint64_t freed = 0;
	size_t count = 0;

	for (struct client *client = shared->first; client; client = client->next)
		if (crowd_may_go(client) && flight_is_wanted(&shared->flight, &client->hold) &&
		    (deadline_starved(client) || is_slow(client)))
			count = insert(heaviest, count, client);
	for (size_t i = 0; i < count && freed < shared->flight.reserve; i++) {
		freed += heaviest[i]->hold.bytes;
		counter_add(&shared->process->counters, FRONT_COUNT_gave_way, 1);
		client_dismiss(heaviest[i], heaviest[i]->starved ? END_STARVED : END_CROWDED);
	}
}

static void start(struct shared *shared, uint64_t ms)
{
	shared->waking = timer_start(&shared->wake, ms) == OK;
}

void hoard_wait(struct shared *shared)
{
	if (shared->short_since == 0)
		shared->short_since = now_of(shared);
	if (!shared->waking)
		start(shared, ASK_AGAIN_MS);
}

void hoard_given(struct shared *shared)
{
	start(shared, 0);
}

/* Asked first, so that it is known who waits still. A shortage that is over within a moment costs nobody anything;
 * while a longer one goes on, what some give back does not save others. */
void hoard_wake(struct shared *shared)
{
	shared->waking = false;
	flight_turn(&shared->flight);
	for (struct client *next, *client = shared->first; client; client = next) {
		next = client->next;
		client_ask_again(client);
	}
	if (!flight_look(&shared->flight))
		shared->short_since = 0;
	else if (now_of(shared) - shared->short_since >= ASK_AGAIN_MS)
		thin(shared);
}
