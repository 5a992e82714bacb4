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
#include "front/hoard.h"
#include "front/inside.h"
#include "front/listeners.h"
#include "wire/gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { PLACES_TO_REFUSE = 64, DESCRIPTORS_OF_OURS = 128, LEAVE_MS = 1000 };

/* ---- settings ---- */

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

/* Those about whose recipients access is asked. */
static enum result read_asked(struct settings *settings, const struct slice *domains, size_t count,
                              struct slice **ret_asked, size_t *ret_count)
{
	struct slice *asked = pool_resize(NULL, (count + 1) * sizeof(*asked));
	size_t kept = 0;

	for (size_t i = 0; asked && i < count; i++) {
		struct domain_settings domain;

		if (settings_fill(settings, &domain_settings_section, domains[i], &domain) != OK) {
			(void)!pool_resize(asked, 0);
			return LATER;
		}
		if (domain_asks(&domain))
			asked[kept++] = domains[i];
	}
	*ret_asked = asked;
	*ret_count = kept;
	return asked ? OK : LATER;
}

/* Both lists or none. */
static enum result read_limits(struct settings *settings, const struct slice *domains, size_t count, uint64_t **ret_limits)
{
	uint64_t *limits = pool_resize(NULL, (count + 1) * sizeof(*limits));

	if (limits == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++) {
		struct domain_settings domain;

		limits[i] = settings_fill(settings, &domain_settings_section, domains[i], &domain) == OK ? domain.message_limit.n : 1;
	}
	*ret_limits = limits;
	return OK;
}

static enum result take_domains(struct front *front, struct settings *settings)
{
	size_t count = settings_title_count(settings, "domain"), asked_count;
	struct slice *domains, *asked;
	uint64_t *limits;

	TRY(read_domains(settings, count, &domains));
	if (read_asked(settings, domains, count, &asked, &asked_count) != OK) {
		(void)!pool_resize(domains, 0);
		return LATER;
	}
	if (read_limits(settings, domains, count, &limits) != OK) {
		(void)!pool_resize(domains, 0);
		(void)!pool_resize(asked, 0);
		return LATER;
	}
	(void)!pool_resize(front->domain_limits, 0);
	front->domain_limits = limits;
	front->shared.rules.domain_limits = limits;
	(void)!pool_resize(front->domains, 0);
	(void)!pool_resize(front->asked, 0);
	front->domains = domains;
	front->asked = asked;
	front->shared.rules.asked = asked;
	front->shared.rules.asked_count = asked_count;
	front->shared.rules.domains = domains;
	front->shared.rules.domain_count = count;
	return OK;
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
	rules->message_limit = front_lesser(limits->message_limit.n, limits->bytes_in_flight.n);
	rules->recipients = limits->recipient_limit.n;
	rules->null_sender_recipients = limits->null_sender_recipients.n;
	rules->errors = limits->error_limit.n;
	rules->hops = limits->hop_limit.n;
	rules->tls_ready = &shared->certificates.ready;
	shared->flight.limit = limits->bytes_in_flight.n;
}

static enum result take_settings(struct front *front)
{
	struct settings *settings = &front->shared.process->settings;
	struct gateway_settings gateway;
	struct front_settings limits;

	TRY(settings_fill(settings, &front_settings_section, SLICE(""), &limits));
	TRY(settings_fill(settings, &gateway_settings_section, SLICE(""), &gateway));
	TRY(take_domains(front, settings));
	take_numbers(front, &limits, &gateway);
	/* The old lists are gone: without memory for a door there is no way back to the old settings. */
	return listeners_fill(front) == OK ? OK : BROKEN;
}

/* ---- the role's calls ---- */

/* Without a queue nobody can be served: newcomers wait in the kernel's line, but not for long. */
static void room_changed(void *self, enum room room)
{
	struct front *front = self;
	enum room before = front->shared.rules.room;

	front->shared.rules.room = room;
	for (size_t i = 0; i < front->door_count; i++)
		front->doors[i].rules.room = room;
	if (room == ROOM_GONE) {
		listeners_pause(front, LISTENERS_PATIENCE_MS);
	} else if (before == ROOM_GONE) {
		timer_stop(&front->listen_timer);
		listeners_watch(front);
	}
}

static void keys_held(void *self, const uint8_t (*names)[TLS_KEY_ID], size_t count)
{
	struct front *front = self;

	certificates_held(&front->shared.certificates, names, count);
}

static void wake_clients(void *self)
{
	struct front *front = self;

	hoard_wake(&front->shared);
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
	return front_lesser((files.rlim_max - DESCRIPTORS_OF_OURS) / 2, FRONT_CONNECTIONS_MOST);
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
	shared->asking.process = process;
	shared->asking.session_of = client_session;
	shared->asking.answered = client_recipient_answered;
	signatures_init(&shared->signatures, process);
	shared->signatures.answered = client_signed;
	shared->signatures.held = keys_held;
	shared->signatures.owner = front;
	front->most = connections_that_fit();
	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return BROKEN;
	learn_our_name(front);
	TRY(admission_init(&shared->admission, front->most, key));
	rates_init(&shared->rates, key);
	flight_init(&shared->flight, front->most + PLACES_TO_REFUSE, key);
	TRY(deposits_init(&shared->deposits, front->most));
	TRY(asking_init(&shared->asking, front->most));
	TRY(certificates_init(&shared->certificates, process));
	/* Those who are told that all places are taken need a place for a moment. */
	pool_init(&shared->clients, sizeof(struct client), front->most + PLACES_TO_REFUSE);
	timer_init(&shared->wake, &process->loop, wake_clients, front);
	timer_init(&front->listen_timer, &process->loop, listeners_watch, front);
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
		if (slice_same(name, SLICE("access")))
			return asking_open(&front->shared.asking, &front->shared.process->loop, fd);
		if (slice_same(name, SLICE("keys")))
			return signatures_open(&front->shared.signatures, fd);
		break;
	case GIVEN_LISTENER:
		result = listeners_add(front, name, fd);
		break;
	case GIVEN_FILE:
		certificates_take(&front->shared.certificates, name, fd);
		return OK;
	case GIVEN_CONTROL:
		break;
	}
	if (result != OK)
		fd_close(&fd);
	return result;
}

static enum result begin(void *self)
{
	struct front *front = self;

	certificates_turn(&front->shared.certificates);
	return OK;
}

static enum result reload(void *self)
{
	struct front *front = self;

	TRY(take_settings(front));
	certificates_turn(&front->shared.certificates);
	hoard_given(&front->shared);                    /* there may be more room in flight */
	return OK;
}

/* Who waits for a verdict gets it. With the supervisor gone the queue is going too: not for long. */
static void stop(void *self)
{
	struct front *front = self;
	struct shared *shared = &front->shared;

	shared->stopping = true;
	listeners_close(front);
	for (struct client *next, *client = shared->first; client; client = next) {
		next = client->next;
		client_dismiss(client, END_STOP);
	}
	if (shared->connections == 0 ||
	    (!channel_is_open(&shared->process->control) && timer_start(&front->leave_timer, LEAVE_MS) != OK))
		process_leave(shared->process);
}

const struct process_role front_role = {
	.name = "front",
	.jail = &front_jail,
	.prepare = prepare,
	.begin = begin,
	.given = given,
	.reload = reload,
	.stop = stop,
};
