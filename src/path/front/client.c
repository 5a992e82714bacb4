/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every event ends in pump(): use up the input as far as the stage permits, send what there is to
 * send, watch for what is needed next. pump() may end the client, so it is the last call everywhere.
 */
#include "front/client.h"

#include "base/fd.h"
#include "front/message.h"
#include "front/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RATE_STEP = 30, GOODBYE_MS = 1000 };

static void pump(struct client *client);

/* ---- deadlines: one timer, whose meaning is the stage's ---- */

static uint64_t patience(const struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;
	uint64_t command = limits->command_deadline.n;

	if (client->state == CLIENT_PAUSING)
		return limits->greet_pause.n * 1000;
	if (client->state == CLIENT_LINGERING || client->session.stage == STAGE_GOODBYE)
		return GOODBYE_MS;
	if (client->session.stage == STAGE_BODY && command > RATE_STEP)
		return RATE_STEP * 1000;
	return command * 1000;
}

static void arm(struct client *client)
{
	uint64_t now = loop_ticks(&client->shared->process->loop), ms = patience(client);

	if (client->session.stage != STAGE_GOODBYE && now + ms > client->ends)
		ms = client->ends > now ? client->ends - now : 0;
	if (timer_start(&client->timer, ms) != OK)
		session_gone(&client->session);
}

/* The last line of a client that must go, whatever it still wants to say. */
static void expel(struct client *client, enum session_end why)
{
	size_t replies = buffer_length(&client->out);

	if (session_end(&client->session, why) == BROKEN)
		session_gone(&client->session);
	if (why != END_STOP)
		record_refused(client, SLICE(""), replies);
	message_drop(client);
	arm(client);
}

/* A pause is forgiven as long as a command's deadline; beyond that the whole body keeps the least rate. */
static bool is_fast_enough(const struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;
	uint64_t seconds = (loop_ticks(&client->shared->process->loop) - client->began) / 1000;

	if (client->starved || seconds <= limits->command_deadline.n)
		return true;
	return client->brought >= limits->data_rate.n * (seconds - limits->command_deadline.n);
}

static void greet(struct client *client)
{
	char byte;

	client->state = CLIENT_TALKING;
	if (recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		expel(client, END_TALKED_EARLY);
	else if (session_greet(&client->session) != OK)
		session_gone(&client->session);
	arm(client);
}

static void time_is_up(struct client *client)
{
	bool over = loop_ticks(&client->shared->process->loop) >= client->ends;

	switch (client->session.stage) {
	case STAGE_BODY:
		if (!over && is_fast_enough(client))
			arm(client);
		else
			expel(client, over ? END_TIME : END_SLOW);
		return;
	case STAGE_VERDICT:
		deposits_cancel(&client->shared->deposits, client->exchange);
		client_answered(client, LATER, SLICE("451 4.3.0 no verdict in time, try later"));
		return;
	case STAGE_HELLO:
	case STAGE_SENDER:
	case STAGE_RECIPIENTS:
	case STAGE_GOODBYE:
		break;
	}
	expel(client, END_TIME);
}

static void timer_due(void *owner)
{
	struct client *client = owner;

	if (client->state == CLIENT_LINGERING || client->session.stage == STAGE_GOODBYE) {
		client_end(client);
		return;
	}
	if (client->session.stage == STAGE_VERDICT) {
		time_is_up(client);
		return;
	}
	if (client->state == CLIENT_PAUSING)
		greet(client);
	else
		time_is_up(client);
	pump(client);
}

/* ---- lines ---- */

static bool talks_early(const struct client *client)
{
	char byte;

	return buffer_length(&client->in) || recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void obey_line(struct client *client, struct slice line, size_t eaten)
{
	enum stage before = client->session.stage;
	size_t replies = buffer_length(&client->out);
	enum result end;

	if (before == STAGE_SENDER)
		message_begin(client);
	if (line.len == 0 || line.at[line.len - 1] != '\r')
		end = session_bad_line(&client->session, LINE_WITHOUT_CR);
	else
		end = session_line(&client->session, (struct slice){ line.at, line.len - 1 });
	if (end == BROKEN)
		session_gone(&client->session);
	if (end == REFUSED || end == LATER)
		record_refused(client, line, replies);
	buffer_eat(&client->in, eaten);
	client->began = loop_ticks(&client->shared->process->loop);
	if (client->session.stage == STAGE_BODY && talks_early(client)) {
		buffer_cut(&client->out, replies);
		expel(client, END_TALKED_EARLY);
	}
	arm(client);
}

static void line_too_long(struct client *client)
{
	if (!client->skipping && session_bad_line(&client->session, LINE_TOO_LONG) == BROKEN)
		session_gone(&client->session);
	client->skipping = true;
}

/* One command line off the input; false: it is not whole yet. */
static bool take_line(struct client *client)
{
	struct slice line, rest = buffer_slice(&client->in);
	size_t limit = client->shared->limits.line_limit.n;

	if (!slice_has(rest, '\n')) {
		if (rest.len < limit)
			return false;
		line_too_long(client);
		buffer_eat(&client->in, rest.len);
		return false;
	}
	line = slice_cut(&rest, '\n');
	if (client->skipping || line.len + 1 > limit) {
		line_too_long(client);
		client->skipping = false;
		buffer_eat(&client->in, line.len + 1);
		arm(client);
	} else {
		obey_line(client, line, line.len + 1);
	}
	return true;
}

/* ---- bodies ---- */

static void settle(struct client *client, enum result verdict, struct slice reply)
{
	struct slice id = { client->id, MESSAGE_ID_SIZE };

	client->exchange = 0;
	record_verdict(client, verdict, verdict == OK ? SLICE("") : reply);
	if (session_verdict(&client->session, verdict, verdict == OK ? id : reply) == BROKEN)
		session_gone(&client->session);
	message_drop(client);
	if (client->shared->stopping)
		expel(client, END_STOP);
	arm(client);
}

void client_answered(void *owner, enum result verdict, struct slice reply)
{
	settle(owner, verdict, reply);
	pump(owner);
}

/* The final dot has come. */
static void end_body(struct client *client)
{
	static const struct slice reasons[] = {
		[BODY_FINE] = LIT(""), [BODY_FAULTY] = LIT("bare CR, bare LF or NUL"), [BODY_TOO_LARGE] = LIT("too large"),
		[BODY_LOOPS] = LIT("too many hops"), [BODY_NO_ROOM] = LIT("too little room"),
	};
	enum session_body how = message_end(client);

	if (how != BODY_FINE)
		record_verdict(client, how == BODY_NO_ROOM ? LATER : REFUSED, reasons[how]);
	if (session_body(&client->session, how) == BROKEN)
		session_gone(&client->session);
	if (how != BODY_FINE)
		message_drop(client);
	else if (message_deposit(client) != OK)
		settle(client, LATER, SLICE("451 4.3.0 the queue is away, try later"));
	arm(client);
}

/* false: nothing can be taken now. */
static bool take_body(struct client *client)
{
	struct slice all = buffer_slice(&client->in), rest = all;
	enum result end = AGAIN;

	client->starved = message_room(client, all.len) != OK;
	if (client->starved) {
		client->starved_at = loop_ticks(&client->shared->process->loop);
		return false;
	}
	while (end == AGAIN && rest.len) {
		struct slice piece;

		end = body_next(&client->body, &rest, &piece);
		message_add(client, piece);
	}
	client->brought += all.len - rest.len;
	buffer_eat(&client->in, all.len - rest.len);
	if (end == OK)
		end_body(client);
	return true;
}

/* ---- the socket ---- */

static bool take_some(struct client *client)
{
	switch (client->session.stage) {
	case STAGE_BODY:
		return take_body(client);
	case STAGE_HELLO:
	case STAGE_SENDER:
	case STAGE_RECIPIENTS:
		return take_line(client);
	case STAGE_VERDICT:
	case STAGE_GOODBYE:
		break;
	}
	return false;
}

static bool may_take(const struct client *client)
{
	return client->state == CLIENT_TALKING && client->session.stage < STAGE_VERDICT && buffer_length(&client->in) &&
	       buffer_length(&client->out) + SESSION_REPLY <= CLIENT_OUTPUT;
}

static void flush(struct client *client)
{
	while (buffer_length(&client->out)) {
		struct slice rest = buffer_slice(&client->out);
		ssize_t sent = send(client->fd, rest.at, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN) {
			session_gone(&client->session);
			buffer_clear(&client->out);
		}
		if (sent <= 0)
			break;
		buffer_eat(&client->out, (size_t)sent);
	}
	buffer_relax(&client->in);
	buffer_relax(&client->out);
}

static unsigned wanted(const struct client *client)
{
	unsigned what = buffer_length(&client->out) ? LOOP_WRITE : 0;

	if (client->state == CLIENT_LINGERING)
		return LOOP_READ;
	if (client->state == CLIENT_TALKING && client->session.stage < STAGE_VERDICT && !client->starved &&
	    buffer_room(&client->in) && buffer_length(&client->out) + SESSION_REPLY <= CLIENT_OUTPUT)
		what |= LOOP_READ;
	return what;
}

/* Unread bytes at a close would take our last line away from the client: wait a moment for its end. */
static bool lingers(struct client *client)
{
	if (client->state == CLIENT_LINGERING)
		return true;
	if (!talks_early(client) || shutdown(client->fd, SHUT_WR) != 0)
		return false;
	client->state = CLIENT_LINGERING;
	arm(client);
	return true;
}

static void pump(struct client *client)
{
	do {
		while (may_take(client) && take_some(client))
			;
		flush(client);
	} while (may_take(client) && !client->starved && client->session.stage != STAGE_BODY &&
	         slice_has(buffer_slice(&client->in), '\n'));
	if (client->session.stage == STAGE_GOODBYE && buffer_length(&client->out) == 0 && !lingers(client)) {
		client_end(client);
		return;
	}
	if (watch_for(&client->watch, wanted(client)) != OK)
		client_end(client);
}

/* false: the client is no more. */
static bool fill(struct client *client)
{
	char *room;
	ssize_t got;

	if (buffer_reserve(&client->in, buffer_room(&client->in), &room) != OK)
		return false;
	got = recv(client->fd, room, buffer_room(&client->in), MSG_DONTWAIT);
	if (got > 0)
		buffer_grew(&client->in, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void ready(void *owner, unsigned what)
{
	struct client *client = owner;

	if (client->state == CLIENT_LINGERING)
		buffer_clear(&client->in);
	if (what & LOOP_READ && !fill(client)) {
		client_end(client);
		return;
	}
	pump(client);
}

void client_ask_again(struct client *client)
{
	if (!client->starved)
		return;
	client->starved = false;
	client->began += loop_ticks(&client->shared->process->loop) - client->starved_at;
	pump(client);
}

void client_stop(struct client *client)
{
	if (client->session.stage == STAGE_VERDICT || client->session.stage == STAGE_GOODBYE)
		return;
	client->state = CLIENT_TALKING;
	expel(client, END_STOP);
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
	counter_set(&shared->process->counters, FRONT_COUNT_connections_now, shared->connections);
}

static void write_address(struct client *client)
{
	const struct in6_addr *address = &client->address;
	bool four = IN6_IS_ADDR_V4MAPPED(address);
	const char *text = inet_ntop(four ? AF_INET : AF_INET6, four ? &address->s6_addr[12] : &address->s6_addr[0],
	                             client->address_text, sizeof(client->address_text));

	if (text == NULL || client->session.client & SESSION_LOCAL)
		client->address_text[0] = '\0';
}

static void welcome(struct client *client, const struct client_origin *origin)
{
	if (origin->refused) {
		client->state = CLIENT_TALKING;
		expel(client, origin->why);
	} else if (client->shared->limits.greet_pause.n == 0 || origin->client & SESSION_LOCAL) {
		greet(client);
	} else {
		arm(client);
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
	*client = (struct client){ .shared = shared, .fd = fd, .memfd = -1, .listener = origin->listener,
	                           .address = origin->address, .uid = origin->uid, .counted = origin->counted };
	buffer_init(&client->in, CLIENT_INPUT);
	buffer_init(&client->out, CLIENT_OUTPUT + 2 * SESSION_REPLY);
	session_init(&client->session, &shared->rules, &client->out, origin->client);
	write_address(client);
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

	record_visit(client, "disconnected");
	if (client->exchange)
		deposits_cancel(&shared->deposits, client->exchange);
	watch_end(&client->watch);
	timer_end(&client->timer);
	message_drop(client);
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
