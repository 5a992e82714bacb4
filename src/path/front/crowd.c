/* SPDX-License-Identifier: Apache-2.0 */
/* A list for each door, the newest move first: the slowest of all is at the end of one of them. */
#include "front/crowd.h"

#include "front/deadline.h"

/* A sixteenth of the places is kept free, so that an orderly goodbye has its time. For each newcomer two may go: then
 * those who stand still cannot fill the places as fast as they are emptied. */
enum { FREE_PART = 16, AT_ONCE = 2, LOOKED_AT = 64 };

static uint64_t now_of(const struct shared *shared)
{
	return loop_ticks(&shared->process->loop);
}

static void put_first(struct client *client)
{
	struct door *door = client->door;

	client->newer = NULL;
	client->older = door->newest;
	if (door->newest)
		door->newest->newer = client;
	else
		door->oldest = client;
	door->newest = client;
	client->moved = now_of(client->shared);
	client->fresh = 0;
}

void crowd_leave(struct client *client)
{
	struct door *door = client->door;

	if (client->newer)
		client->newer->older = client->older;
	else
		door->newest = client->older;
	if (client->older)
		client->older->newer = client->newer;
	else
		door->oldest = client->newer;
}

void crowd_enter(struct client *client)
{
	put_first(client);
}

void crowd_moved(struct client *client)
{
	crowd_leave(client);
	put_first(client);
}

void crowd_obeyed(struct client *client)
{
	uint64_t reached = (uint64_t)client->session.stage << 32 | client->session.noted;

	if (reached <= client->farthest)
		return;
	client->farthest = reached;
	crowd_moved(client);
}

void crowd_ended_message(struct client *client)
{
	client->farthest = 0;
	crowd_moved(client);
}

void crowd_brought(struct client *client, size_t bytes)
{
	uint64_t due = client->shared->limits.data_rate.n * (now_of(client->shared) - client->moved) / 1000;

	client->fresh += bytes;
	if (client->fresh && client->fresh >= due)
		crowd_moved(client);
}

/* Whoever waits for us stands still through no fault of its own; but not for ever, or it could fill the room and be
 * safe. */
bool crowd_may_go(const struct client *client)
{
	return client->session.stage < STAGE_VERDICT && client->state != CLIENT_PAUSING && client->state != CLIENT_LINGERING &&
	       (!client->starved || deadline_starved(client));
}

static struct client *slowest_of(const struct shared *shared, const struct door *door)
{
	uint64_t now = now_of(shared), patience = shared->limits.crowd_patience.n * 1000;
	struct client *client = door->oldest;

	for (int i = 0; i < LOOKED_AT && client && now - client->moved >= patience; i++) {
		if (crowd_may_go(client))
			return client;
		client = client->newer;
	}
	return NULL;
}

static struct client *slowest_of_all(const struct shared *shared, struct door *doors, size_t count)
{
	struct client *slowest = NULL;

	for (size_t i = 0; i < count; i++) {
		struct client *client = slowest_of(shared, &doors[i]);

		if (client && (slowest == NULL || client->moved < slowest->moved))
			slowest = client;
	}
	return slowest;
}

static bool is_tight(uint64_t now, uint64_t most)
{
	return now + most / FREE_PART >= most;
}

void crowd_thin(struct shared *shared, struct door *door, struct door *doors, size_t door_count, uint64_t most)
{
	for (int i = 0; i < AT_ONCE; i++) {
		struct client *client = NULL;

		if (is_tight(door->now, door->connections))
			client = slowest_of(shared, door);
		else if (is_tight(shared->connections, most))
			client = slowest_of_all(shared, doors, door_count);
		if (client == NULL)
			return;
		counter_add(&shared->process->counters, FRONT_COUNT_gave_way, 1);
		client_dismiss(client, END_CROWDED);
	}
}
