/* SPDX-License-Identifier: Apache-2.0 */
/* Who knocks is told apart by the kernel's word alone: an address, or a user of this machine. */
#include "front/listeners.h"

#include "base/fd.h"
#include "front/allowance.h"
#include "front/crowd.h"
#include "front/identity.h"
#include "wire/gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { ACCEPTS_A_TURN = 64, ACCEPT_PAUSE_MS = 1000 };

static struct in6_addr address_of(const struct sockaddr_storage *from)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (from->ss_family == AF_INET6)
		address = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
	else
		memcpy(&address.s6_addr[12], &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	return address;
}

static void refuse(struct client_origin *origin, enum session_end why)
{
	origin->refused = true;
	origin->why = why;
}

static void admit_counted(struct front *front, struct client_origin *origin)
{
	if (allowance_connect(&front->shared, origin->door, &origin->address) == OK)
		origin->counted = true;
	else
		refuse(origin, END_PER_CLIENT);
}

/* Who connected to `submit` is known by the kernel's word. A user is one client; its address here is a group's,
 * from which nobody can connect. */
static void admit_local(struct front *front, struct client_origin *origin)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	if (getsockopt(origin->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
		refuse(origin, END_BUSY);
		return;
	}
	origin->client = SESSION_LOCAL | SESSION_TRUSTED;
	origin->uid = peer.uid;
	origin->address = (struct in6_addr){ .s6_addr = { [0] = 0xff } };
	memcpy(&origin->address.s6_addr[4], &peer.uid, sizeof(peer.uid));
	if (peer.uid != 0)
		admit_counted(front, origin);
}

/* Before anybody is let in, so that a place is free by now. */
static bool is_full(struct front *front, struct door *door)
{
	struct shared *shared = &front->shared;
	uint64_t most = front_lesser(shared->limits.connections.n, front->most);

	crowd_thin(shared, door, front->doors, front->door_count, most);
	return shared->connections >= most || door->now >= door->connections;
}

static void admit(struct listener *listener, int fd, const struct sockaddr_storage *from)
{
	struct front *front = listener->front;
	struct shared *shared = &front->shared;
	struct client_origin origin = { .fd = fd, .door = listener->door };

	if (from->ss_family == AF_UNIX) {
		admit_local(front, &origin);
	} else {
		origin.address = address_of(from);
		origin.client = identity_bits(listener->door, &origin.address);
		origin.proxied = networks_have(&listener->door->proxy_from, &origin.address);
		if (!(origin.client & SESSION_TRUSTED) && !origin.proxied)
			admit_counted(front, &origin);
	}
	/* Whoever is turned away needs no place: nobody gives way for it. */
	if (origin.refused == 0 && is_full(front, listener->door))
		refuse(&origin, END_BUSY);
	counter_add(&shared->process->counters,
	            origin.refused ? FRONT_COUNT_connections_refused : FRONT_COUNT_connections, 1);
	(void)!client_open(shared, &origin);
}

void listeners_watch(void *self)
{
	struct front *front = self;

	for (size_t i = 0; i < front->listener_count; i++)
		if (watch_for(&front->listeners[i].watch, LOOP_READ) != OK)
			process_break(front->shared.process, "listen");
}

void listeners_pause(struct front *front, uint64_t ms)
{
	for (size_t i = 0; i < front->listener_count; i++)
		(void)!watch_for(&front->listeners[i].watch, 0);
	if (timer_start(&front->listen_timer, ms) != OK)
		process_break(front->shared.process, "listen");
}

/* No descriptors left, or nobody there any more: the others stay served, and we look again soon. */
static void stop_listening_a_while(struct front *front)
{
	listeners_pause(front, ACCEPT_PAUSE_MS);
	log_say(&front->shared.process->log, LOG_LEVEL_WARNING, SLICE(""), "accept-failed", "reason",
	        errno == EMFILE ? SLICE("too many open files, trying later") : SLICE("trying later"));
}

static bool is_passing(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == EHOSTUNREACH ||
	       error == ENETUNREACH || error == EPERM;
}

static void knock(void *owner, unsigned what)
{
	struct listener *listener = owner;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		int fd = accept4(listener->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(listener, fd, &from);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (!is_passing(errno)) {
			stop_listening_a_while(listener->front);
			return;
		}
	}
}

/* Room for the largest message of any door is kept back for the one who came first. */
static void keep_back(struct front *front)
{
	struct flight *flight = &front->shared.flight;
	uint64_t most = front->shared.rules.message_limit;

	for (size_t i = 0; i < front->door_count; i++)
		if (front->doors[i].rules.message_limit > most)
			most = front->doors[i].rules.message_limit;
	flight->reserve = front_lesser(most + CLIENT_INPUT, flight->limit);
	flight->share = flight->limit / 100 * front->shared.limits.bytes_in_flight_share.n;
}

enum result listeners_fill(struct front *front)
{
	const struct shared *shared = &front->shared;

	for (size_t i = 0; i < front->door_count; i++)
		TRY(door_fill(&front->doors[i], &shared->process->settings, &shared->rules, &shared->limits));
	keep_back(front);
	return OK;
}

/* The door of that name. Several addresses may lead to one; a new one is filled by what the settings say now. */
static enum result find_door(struct front *front, struct slice name, struct door **ret_door)
{
	struct door *door = &front->doors[front->door_count];

	for (size_t i = 0; i < front->door_count; i++)
		if (slice_same(slice_of(front->doors[i].name), name)) {
			*ret_door = &front->doors[i];
			return OK;
		}
	if (front->door_count == COUNT_OF(front->doors) || name.len >= sizeof(door->name))
		return REFUSED;
	*door = (struct door){ .rules.room = front->shared.rules.room };
	memcpy(door->name, name.at, name.len);
	TRY(door_fill(door, &front->shared.process->settings, &front->shared.rules, &front->shared.limits));
	front->door_count++;
	keep_back(front);
	*ret_door = door;
	return OK;
}

enum result listeners_add(struct front *front, struct slice name, int fd)
{
	struct listener *listener = &front->listeners[front->listener_count];
	struct door *door;

	if (front->shared.stopping || front->listener_count == COUNT_OF(front->listeners))
		return REFUSED;
	TRY(find_door(front, name, &door));
	*listener = (struct listener){ .front = front, .door = door, .fd = fd };
	watch_init(&listener->watch, &front->shared.process->loop, fd, knock, listener);
	front->listener_count++;
	if (front->shared.rules.room == ROOM_GONE)
		return timer_start(&front->listen_timer, LISTENERS_PATIENCE_MS);
	return watch_for(&listener->watch, LOOP_READ);
}

void listeners_close(struct front *front)
{
	timer_stop(&front->listen_timer);
	for (size_t i = 0; i < front->listener_count; i++) {
		watch_end(&front->listeners[i].watch);
		fd_close(&front->listeners[i].fd);
	}
	front->listener_count = 0;
}
