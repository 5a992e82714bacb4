/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every event ends in pump(): use up the input as far as the stage permits, send what there is to
 * send, watch for what is needed next. pump() may end the client, so it is the last call everywhere.
 */
#include "front/client.h"

#include "base/fd.h"
#include "front/crowd.h"
#include "front/deadline.h"
#include "front/identity.h"
#include "front/input.h"
#include "front/message.h"
#include "front/presence.h"
#include "front/record.h"
#include "front/secure.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the socket ---- */

/* false: the socket takes no more now. */
static bool send_some(struct client *client, struct buffer *outgoing)
{
	struct slice rest = buffer_slice(outgoing);
	ssize_t sent = send(client->fd, rest.at, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno == EINTR)
		return true;
	if (sent < 0 && errno != EAGAIN) {
		session_gone(&client->session);
		buffer_clear(&client->out);
		buffer_clear(outgoing);
	}
	if (sent <= 0)
		return false;
	buffer_eat(outgoing, (size_t)sent);
	return true;
}

static void flush(struct client *client)
{
	struct buffer *outgoing = secure_outgoing(client);
	bool goes = true;

	do {
		secure_put(client);
		if (client->session.stage == STAGE_GOODBYE && buffer_length(&client->out) == 0)
			secure_goodbye(client);
		while (goes && buffer_length(outgoing))
			goes = send_some(client, outgoing);
	} while (goes && buffer_length(&client->out) && !secure_is_shaking(client));
	buffer_relax(outgoing);
	buffer_relax(&client->in);
	buffer_relax(&client->out);
}

/* Somebody else's answer comes next: nothing is taken from the client, but its end is noticed. */
static bool waits(const struct client *client)
{
	return client->session.stage == STAGE_VERDICT || client->session.stage == STAGE_ASKING;
}

static unsigned wanted(const struct client *client)
{
	unsigned what = secure_unsent(client) ? LOOP_WRITE : 0;

	if (client->state == CLIENT_LINGERING || client->state == CLIENT_PROXIED)
		return LOOP_READ;
	if (client->state == CLIENT_SECURING)
		return what | (secure_wants(client) ? LOOP_READ : 0);
	if (client->state == CLIENT_TALKING && client->session.stage < STAGE_VERDICT && !client->starved &&
	    buffer_room(&client->in) && buffer_length(&client->out) + SESSION_REPLY <= CLIENT_OUTPUT)
		what |= LOOP_READ;
	if (waits(client) && !client->spoke)
		what |= LOOP_READ;
	return what;
}

/* Unread bytes at a close would take our last line away from the client: wait a moment for its end. */
static bool lingers(struct client *client)
{
	if (client->state == CLIENT_LINGERING)
		return true;
	if (!input_waits(client) || shutdown(client->fd, SHUT_WR) != 0)
		return false;
	client->state = CLIENT_LINGERING;
	deadline_arm(client);
	return true;
}

/* TLS has ended orderly, and what came before cannot be used: nothing will be added to it. */
static bool is_left_alone(const struct client *client)
{
	struct slice rest = buffer_slice(&client->in);

	return client->tls.phase == TLS_CLOSED && client->session.stage < STAGE_VERDICT && !client->starved &&
	       (rest.len == 0 || (client->session.stage < STAGE_BODY && !slice_has(rest, '\n')));
}

static void pump(struct client *client)
{
	do {
		while (input_may_be_taken(client) && input_take(client))
			;
		flush(client);
	} while ((input_may_be_taken(client) &&
	          (client->session.stage == STAGE_CHUNK ||
	           (client->session.stage != STAGE_BODY && slice_has(buffer_slice(&client->in), '\n')))) ||
	         secure_take(client));
	if (is_left_alone(client) ||
	    (client->session.stage == STAGE_GOODBYE && secure_unsent(client) == 0 && !lingers(client))) {
		client_end(client);
		return;
	}
	if (watch_for(&client->watch, wanted(client)) != OK)
		client_end(client);
}

/* ---- time ---- */

static void greet(struct client *client)
{
	char byte;

	client->state = CLIENT_TALKING;
	crowd_moved(client);
	if (recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		deadline_expel(client, END_TALKED_EARLY);
	else if (session_greet(&client->session) != OK)
		session_gone(&client->session);
	deadline_arm(client);
}

static void time_is_up(struct client *client)
{
	bool over = loop_ticks(&client->shared->process->loop) >= client->ends;

	switch (client->session.stage) {
	case STAGE_BODY:
	case STAGE_CHUNK:
		if (!over && deadline_kept(client))
			deadline_arm(client);
		else
			deadline_expel(client, over ? END_TIME : END_SLOW);
		return;
	case STAGE_VERDICT:
		deposits_cancel(&client->shared->deposits, client->exchange);
		client_answered(client, LATER, SLICE("451 4.3.0 no verdict in time, try later"));
		return;
	case STAGE_ASKING:
		asking_forget(&client->shared->asking, client->question);
		if (over)
			break;
		input_recipient(client, LATER, NULL, 0, false);
		return;
	case STAGE_HELLO:
	case STAGE_SENDER:
	case STAGE_RECIPIENTS:
	case STAGE_CHUNKS:
	case STAGE_GOODBYE:
		break;
	}
	deadline_expel(client, END_TIME);
}

static void timer_due(void *owner)
{
	struct client *client = owner;

	if (client->state == CLIENT_LINGERING || client->state == CLIENT_PROXIED ||
	    client->session.stage == STAGE_GOODBYE) {
		client_end(client);
		return;
	}
	if (client->session.stage == STAGE_VERDICT) {
		time_is_up(client);
		return;
	}
	if (client->state == CLIENT_SECURING) {
		record_insecure(client, "took too long");
		client_end(client);
		return;
	}
	if (client->state == CLIENT_PAUSING)
		greet(client);
	else
		time_is_up(client);
	pump(client);
}

/* ---- what came ---- */

void client_answered(void *owner, enum result verdict, struct slice reply)
{
	input_settle(owner, verdict, reply);
	pump(owner);
}

struct session *client_session(void *owner)
{
	struct client *client = owner;

	return &client->session;
}

void client_recipient_answered(void *owner, enum result end, const struct slice *addresses, size_t count, bool hidden)
{
	input_recipient(owner, end, addresses, count, hidden);
	pump(owner);
}

void client_signed(struct tls *tls)
{
	struct client *client = (struct client *)(void *)((char *)tls - offsetof(struct client, tls));

	secure_go_on(client);
	pump(client);
}

/* false: there is nobody any more. */
static bool receive(struct client *client, struct buffer *to)
{
	char *room;
	ssize_t got;

	if (buffer_room(to) == 0)
		return true;
	if (buffer_reserve(to, buffer_room(to), &room) != OK)
		return false;
	got = recv(client->fd, room, buffer_room(to), MSG_DONTWAIT);
	if (got > 0)
		buffer_grew(to, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* false: the client is no more. */
static bool fill(struct client *client)
{
	if (!secure_is_on(client) || client->state == CLIENT_LINGERING)
		return receive(client, &client->in);
	if (!receive(client, &client->tls.in))
		return false;
	if (secure_is_shaking(client))
		secure_go_on(client);
	(void)secure_take(client);
	return client->tls.phase != TLS_CLOSED || buffer_length(&client->in);
}

/* While the verdict is awaited nothing is taken, but an end is noticed. */
static void look_whether_there(struct client *client)
{
	if (presence_ended(client)) {
		if (client->session.stage == STAGE_VERDICT)
			record_abandoned(client);
		client_end(client);
		return;
	}
	pump(client);
}

/* A door of implicit TLS says nothing in the clear. */
static void turn_away(struct client *client, enum session_end why)
{
	client->state = CLIENT_TALKING;
	deadline_expel(client, why);
	if (client->door->rules.tls == SESSION_TLS_IMPLICIT)
		buffer_clear(&client->out);
}

/* The first words, now or after a pause; or the handshake before them. */
static void first_words(struct client *client)
{
	client->state = CLIENT_PAUSING;
	if (client->door->rules.tls == SESSION_TLS_IMPLICIT)
		secure_begin_unasked(client);
	else if (client->shared->limits.greet_pause.n == 0 || client->session.client & SESSION_LOCAL)
		greet(client);
	else
		deadline_arm(client);
}

/* A balancer that says nothing, or nothing that can be read, is not answered. */
static void hear_balancer(struct client *client)
{
	enum result end = identity_header(client);

	if (end == AGAIN)
		return;
	if (end == REFUSED) {
		record_visit(client, "proxy-refused");
		client_end(client);
		return;
	}
	if (end == OK)
		first_words(client);
	else
		turn_away(client, END_PER_CLIENT);
	record_visit(client, "proxied");
	pump(client);
}

static void ready(void *owner, unsigned what)
{
	struct client *client = owner;

	if (client->state == CLIENT_PROXIED) {
		hear_balancer(client);
		return;
	}
	if (waits(client) && what & LOOP_READ) {
		look_whether_there(client);
		return;
	}
	if (client->state == CLIENT_LINGERING)
		buffer_clear(&client->in);
	if (what & LOOP_READ && !fill(client)) {
		client_end(client);
		return;
	}
	pump(client);
}

/* Its socket is not watched while it waits: what it holds is not to wait for its turn when it has gone. */
void client_ask_again(struct client *client)
{
	uint64_t starved;

	if (!client->starved)
		return;
	if (presence_lost(client)) {
		client_end(client);
		return;
	}
	client->starved = false;
	starved = loop_ticks(&client->shared->process->loop) - client->starved_at;
	client->waited += starved;
	client->began += starved;
	client->pace.since += client->pace.since ? starved : 0;
	pump(client);
}

void client_dismiss(struct client *client, enum session_end why)
{
	if (client->session.stage == STAGE_VERDICT || client->session.stage == STAGE_GOODBYE)
		return;
	if (client->state == CLIENT_SECURING || client->state == CLIENT_PROXIED) {
		client_end(client);                     /* nothing can be said yet */
		return;
	}
	client->state = CLIENT_TALKING;
	asking_forget(&client->shared->asking, client->question);
	client->question = 0;
	buffer_clear(&client->in);              /* half a line is no reason to linger */
	deadline_expel(client, why);
	pump(client);
}

/* ---- from hello to goodbye ---- */

static void link_in(struct client *client)
{
	struct shared *shared = client->shared;

	client->next = shared->first;
	if (shared->first)
		shared->first->previous = client;
	shared->first = client;
	shared->connections++;
	client->door->now++;
	crowd_enter(client);
	counter_set(&shared->process->counters, FRONT_COUNT_connections_now, shared->connections);
}

static void link_out(struct client *client)
{
	struct shared *shared = client->shared;

	if (client->previous)
		client->previous->next = client->next;
	else
		shared->first = client->next;
	if (client->next)
		client->next->previous = client->previous;
	shared->connections--;
	client->door->now--;
	crowd_leave(client);
	counter_set(&shared->process->counters, FRONT_COUNT_connections_now, shared->connections);
}

static void welcome(struct client *client, const struct client_origin *origin)
{
	if (origin->refused) {
		turn_away(client, origin->why);
	} else if (origin->proxied) {
		client->state = CLIENT_PROXIED;
		deadline_arm(client);
	} else {
		first_words(client);
	}
	record_visit(client, "connected");
	pump(client);
}

enum result client_open(struct shared *shared, const struct client_origin *origin)
{
	struct client *client = pool_take(&shared->clients);
	int fd = origin->fd;

	if (client == NULL) {
		fd_close(&fd);
		if (origin->counted)
			admission_leave(&shared->admission, &origin->address);
		return LATER;
	}
	*client = (struct client){ .shared = shared, .fd = fd, .memfd = -1, .door = origin->door,
	                           .address = origin->address, .uid = origin->uid, .counted = origin->counted };
	buffer_init(&client->in, CLIENT_INPUT);
	buffer_init(&client->out, CLIENT_OUTPUT +
	                              (client->door->rules.lmtp ? SESSION_LMTP_RECIPIENTS + 2 : 2) * SESSION_REPLY);
	session_init(&client->session, &client->door->rules, &client->out, origin->client);
	identity_write(client);
	watch_init(&client->watch, &shared->process->loop, fd, ready, client);
	timer_init(&client->timer, &shared->process->loop, timer_due, client);
	client->ends = loop_ticks(&shared->process->loop) + shared->limits.session_deadline.n * 1000;
	link_in(client);
	welcome(client, origin);
	return OK;
}

void client_end(struct client *client)
{
	struct shared *shared = client->shared;

	record_untold(client);
	record_visit(client, "disconnected");
	if (client->exchange)
		deposits_cancel(&shared->deposits, client->exchange);
	asking_forget(&shared->asking, client->question);
	watch_end(&client->watch);
	timer_end(&client->timer);
	message_drop(client);
	tls_finish(&client->tls);
	fd_close(&client->fd);
	session_finish(&client->session);
	buffer_finish(&client->in);
	buffer_finish(&client->out);
	if (client->counted)
		admission_leave(&shared->admission, &client->address);
	link_out(client);
	pool_give(&shared->clients, client);
	if (shared->stopping && shared->connections == 0)
		process_leave(shared->process);
}
