/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The role: settings become rules, listeners become clients, the queue's wire becomes deposits. All
 * that is allocated by size is allocated before the jail; a reload only changes numbers and lists.
 */
#include "front/front.h"

#include "base/clock.h"
#include "base/fd.h"
#include "front/client.h"
#include "front/front.jail.h"
#include "front/inside.h"
#include "wire/gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, QUEUE_PATIENCE_MS = 5000, ACCEPT_PAUSE_MS = 1000, DESCRIPTORS_OF_OURS = 128,
       LEAVE_MS = 1000 };

/* ---- settings ---- */

static enum result read_networks(const struct list *list, struct network **ret_networks)
{
	struct network *networks = pool_resize(NULL, (list->count + 1) * sizeof(*networks));

	if (networks == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++) {
		if (network_parse(list->items[i], &networks[i]) == OK)
			continue;
		(void)!pool_resize(networks, 0);
		return REFUSED;
	}
	*ret_networks = networks;
	return OK;
}

static enum result read_domains(const struct settings *settings, size_t count, struct slice **ret_domains)
{
	struct slice *domains = pool_resize(NULL, (count + 1) * sizeof(*domains));

	if (domains == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		domains[i] = settings_title(settings, "domain", i);
	*ret_domains = domains;
	return OK;
}

/* Both lists or none. */
static enum result take_lists(struct front *front, const struct settings *settings, const struct list *trusted)
{
	size_t count = settings_title_count(settings, "domain");
	struct network *networks;
	struct slice *domains;

	TRY(read_networks(trusted, &networks));
	if (read_domains(settings, count, &domains) != OK) {
		(void)!pool_resize(networks, 0);
		return LATER;
	}
	(void)!pool_resize(front->trusted, 0);
	(void)!pool_resize(front->domains, 0);
	front->trusted = networks;
	front->trusted_count = trusted->count;
	front->domains = domains;
	front->shared.rules.domains = domains;
	front->shared.rules.domain_count = count;
	return OK;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void take_numbers(struct front *front, const struct front_settings *limits,
                         const struct gateway_settings *gateway)
{
	struct shared *shared = &front->shared;
	struct session_rules *rules = &shared->rules;

	shared->limits = *limits;
	rules->hostname = gateway->hostname.is.len ? gateway->hostname.is : slice_of(front->system_name);
	rules->greeting = limits->greeting.is;
	rules->postmaster = gateway->postmaster.is;
	rules->message_limit = lesser(limits->message_limit.n, limits->bytes_in_flight.n);
	rules->recipients = limits->recipient_limit.n;
	rules->null_sender_recipients = limits->null_sender_recipients.n;
	rules->errors = limits->error_limit.n;
	rules->hops = limits->hop_limit.n;
	shared->flight.limit = limits->bytes_in_flight.n;
	shared->flight.reserve = lesser(rules->message_limit + CLIENT_INPUT, limits->bytes_in_flight.n);
}

static enum result take_settings(struct front *front)
{
	struct settings *settings = &front->shared.process->settings;
	struct gateway_settings gateway;
	struct front_settings limits;

	TRY(settings_fill(settings, &front_settings_section, SLICE(""), &limits));
	TRY(settings_fill(settings, &gateway_settings_section, SLICE(""), &gateway));
	TRY(take_lists(front, settings, &gateway.trusted));
	take_numbers(front, &limits, &gateway);
	return OK;
}

/* ---- listeners ---- */

static bool is_trusted(const struct front *front, const struct in6_addr *address)
{
	for (size_t i = 0; i < front->trusted_count; i++)
		if (network_has(&front->trusted[i], address))
			return true;
	return false;
}

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
	uint64_t share = front->shared.limits.connections_per_client.n;

	if (admission_enter(&front->shared.admission, &origin->address, share) == OK)
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

static void admit(struct listener *listener, int fd, const struct sockaddr_storage *from)
{
	struct front *front = listener->front;
	struct shared *shared = &front->shared;
	struct client_origin origin = { .fd = fd, .listener = listener->name };

	if (from->ss_family == AF_UNIX) {
		admit_local(front, &origin);
	} else {
		origin.address = address_of(from);
		if (is_trusted(front, &origin.address))
			origin.client = SESSION_TRUSTED;
		else
			admit_counted(front, &origin);
	}
	if (shared->connections >= lesser(shared->limits.connections.n, front->most))
		refuse(&origin, END_BUSY);
	counter_add(&shared->process->counters,
	            origin.refused ? FRONT_COUNT_connections_refused : FRONT_COUNT_connections, 1);
	(void)!client_open(shared, &origin);
}

static void listen_again(void *self)
{
	struct front *front = self;

	for (size_t i = 0; i < front->listener_count; i++)
		if (watch_for(&front->listeners[i].watch, LOOP_READ) != OK)
			process_break(front->shared.process, "listen");
}

static void pause_listening(struct front *front, uint64_t ms)
{
	for (size_t i = 0; i < front->listener_count; i++)
		(void)!watch_for(&front->listeners[i].watch, 0);
	if (timer_start(&front->listen_timer, ms) != OK)
		process_break(front->shared.process, "listen");
}

/* No descriptors left, or nobody there any more: the others stay served, and we look again soon. */
static void stop_listening_a_while(struct front *front)
{
	pause_listening(front, ACCEPT_PAUSE_MS);
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

static enum result add_listener(struct front *front, struct slice name, int fd)
{
	struct listener *listener = &front->listeners[front->listener_count];

	if (front->shared.stopping || front->listener_count == COUNT_OF(front->listeners) ||
	    name.len >= sizeof(listener->name))
		return REFUSED;
	*listener = (struct listener){ .front = front, .fd = fd };
	memcpy(listener->name, name.at, name.len);
	watch_init(&listener->watch, &front->shared.process->loop, fd, knock, listener);
	front->listener_count++;
	if (front->shared.rules.room == ROOM_GONE)
		return timer_start(&front->listen_timer, QUEUE_PATIENCE_MS);
	return watch_for(&listener->watch, LOOP_READ);
}

static void close_listeners(struct front *front)
{
	timer_stop(&front->listen_timer);
	for (size_t i = 0; i < front->listener_count; i++) {
		watch_end(&front->listeners[i].watch);
		fd_close(&front->listeners[i].fd);
	}
	front->listener_count = 0;
}

/* ---- the role's calls ---- */

/* Without a queue nobody can be served: newcomers wait in the kernel's line, but not for long. */
static void room_changed(void *self, enum room room)
{
	struct front *front = self;
	enum room before = front->shared.rules.room;

	front->shared.rules.room = room;
	if (room == ROOM_GONE) {
		pause_listening(front, QUEUE_PATIENCE_MS);
	} else if (before == ROOM_GONE) {
		timer_stop(&front->listen_timer);
		listen_again(front);
	}
}

static void wake_clients(void *self)
{
	struct front *front = self;

	for (struct client *next, *client = front->shared.first; client; client = next) {
		next = client->next;
		client_ask_again(client);
	}
}

static void leave(void *self)
{
	struct front *front = self;

	process_leave(front->shared.process);
}

/* A connection may need a socket and a memfd. */
static size_t connections_that_fit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max > front_jail.open_files)
		files.rlim_max = front_jail.open_files;
	if (files.rlim_max < DESCRIPTORS_OF_OURS + 16)
		return 8;
	return lesser((files.rlim_max - DESCRIPTORS_OF_OURS) / 2, FRONT_CONNECTIONS_MOST);
}

static void learn_our_name(struct front *front)
{
	struct utsname names;

	if (uname(&names) != 0 || address_domain(slice_of(names.nodename), false) != OK)
		memcpy(front->system_name, "localhost", sizeof("localhost"));
	else
		memcpy(front->system_name, names.nodename, sizeof(names.nodename));
}

static enum result prepare(void *self, struct process *process)
{
	struct front *front = self;
	struct shared *shared = &front->shared;
	uint64_t key;

	shared->process = process;
	shared->deposits.front = front;
	shared->deposits.process = process;
	shared->deposits.answered = client_answered;
	shared->deposits.room_changed = room_changed;
	front->most = connections_that_fit();
	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return BROKEN;
	learn_our_name(front);
	TRY(admission_init(&shared->admission, front->most, key));
	TRY(deposits_init(&shared->deposits, front->most));
	/* Those who are told that all places are taken need a place for a moment. */
	pool_init(&shared->clients, sizeof(struct client), front->most + ACCEPTS_A_TURN);
	timer_init(&shared->wake, &process->loop, wake_clients, front);
	timer_init(&front->listen_timer, &process->loop, listen_again, front);
	timer_init(&front->leave_timer, &process->loop, leave, front);
	return take_settings(front);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct front *front = self;
	enum result result = REFUSED;

	(void)instance;
	switch (what) {
	case GIVEN_WIRE:
		if (slice_same(name, SLICE("queue")))
			return deposits_open(&front->shared.deposits, &front->shared.process->loop, fd);
		break;
	case GIVEN_LISTENER:
		result = add_listener(front, name, fd);
		break;
	case GIVEN_CONTROL:
		break;
	}
	if (result != OK)
		fd_close(&fd);
	return result;
}

static enum result reload(void *self)
{
	struct front *front = self;

	TRY(take_settings(front));
	return timer_start(&front->shared.wake, 0);     /* there may be more room in flight */
}

/* Who waits for a verdict gets it. With the supervisor gone the queue is going too: not for long. */
static void stop(void *self)
{
	struct front *front = self;
	struct shared *shared = &front->shared;

	shared->stopping = true;
	close_listeners(front);
	for (struct client *next, *client = shared->first; client; client = next) {
		next = client->next;
		client_stop(client);
	}
	if (shared->connections == 0 ||
	    (!channel_is_open(&shared->process->control) && timer_start(&front->leave_timer, LEAVE_MS) != OK))
		process_leave(shared->process);
}

const struct process_role front_role = {
	.name = "front",
	.jail = &front_jail,
	.prepare = prepare,
	.given = given,
	.reload = reload,
	.stop = stop,
};
