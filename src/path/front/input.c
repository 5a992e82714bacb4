/* SPDX-License-Identifier: Apache-2.0 */
/* Each stage takes what it understands off the front of the input: a line, a stretch of the body, or nothing. */
#include "front/input.h"

#include "base/pack.h"
#include "front/allowance.h"
#include "front/crowd.h"
#include "front/deadline.h"
#include "front/hoard.h"
#include "front/identity.h"
#include "front/message.h"
#include "front/record.h"
#include "front/secure.h"
#include "wire/front-queue.h"

#include <sys/socket.h>

bool input_waits(const struct client *client)
{
	char byte;

	return buffer_length(&client->in) || tls_waits(&client->tls) ||
	       recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* ---- bodies ---- */

/* Kept, but not for all: whom the queue names, by their places. */
static enum result note_refused(struct session *session, struct slice said)
{
	struct unpack from = unpack_from(said);
	uint32_t count = unpack_u32(&from);

	for (uint32_t i = 0; i < count && !from.bad; i++) {
		uint32_t place = unpack_u32(&from);
		struct slice reply = unpack_slice(&from, FRONT_QUEUE_REPLY);

		if (!from.bad)
			TRY(session_refused(session, place, reply));
	}
	return unpack_end(&from);
}

void input_settle(struct client *client, enum result verdict, struct slice reply)
{
	struct slice id = { client->id, MESSAGE_ID_SIZE };

	/* Some would be told of no refusal: better twice for the others than lost for them. */
	if (verdict == OK && reply.len && note_refused(&client->session, reply) != OK) {
		verdict = LATER;
		reply = SLICE("451 4.3.0 try later");
	}

	client->exchange = 0;
	crowd_ended_message(client);
	record_verdict(client, verdict, verdict == OK ? SLICE("") : reply);
	if (session_verdict(&client->session, verdict, verdict == OK ? id : reply) == BROKEN)
		session_gone(&client->session);
	message_drop(client);
	if (client->shared->stopping)
		deadline_expel(client, END_STOP);
	deadline_arm(client);
}

static void record_lost(struct client *client, enum session_body how)
{
	static const struct slice reasons[] = {
		[BODY_FINE] = LIT(""), [BODY_FAULTY] = LIT("bare CR, bare LF or NUL"), [BODY_TOO_LARGE] = LIT("too large"),
		[BODY_TOO_LARGE_FOR_ONE] = LIT("too large for a recipient"),
		[BODY_LOOPS] = LIT("too many hops"), [BODY_NO_ROOM] = LIT("too little room"),
	};

	record_verdict(client, how == BODY_NO_ROOM ? LATER : REFUSED, reasons[how]);
}

static void hand_over(struct client *client)
{
	client->spoke = false;
	if (message_deposit(client) != OK)
		input_settle(client, LATER, SLICE("451 4.3.0 the queue is away, try later"));
}

/* The final dot has come. */
static void end_body(struct client *client)
{
	enum session_body how = message_end(client);

	if (how != BODY_FINE)
		record_lost(client, how);
	if (session_body(&client->session, how) == BROKEN)
		session_gone(&client->session);
	if (how != BODY_FINE)
		message_drop(client);
	else
		hand_over(client);
	deadline_arm(client);
}

/* A refused chunk belongs to no message. */
static enum session_body how_is_chunk(struct client *client)
{
	if (client->session.chunk.refused)
		return BODY_FINE;
	return client->session.chunk.last ? message_end(client) : message_so_far(client);
}

/* In CHUNK: answered, if all its bytes have come. */
static void end_chunk(struct client *client)
{
	size_t replies = buffer_length(&client->out);
	bool refused = client->session.chunk.refused;
	enum session_body how;
	enum result end;

	if (client->session.chunk.left)
		return;
	how = how_is_chunk(client);
	if (how != BODY_FINE)
		record_lost(client, how);
	end = session_chunk(&client->session, how);
	if (end == BROKEN)
		session_gone(&client->session);
	if (refused)
		record_refused(client, SLICE("BDAT"), replies);
	if (refused || how != BODY_FINE)
		message_drop(client);
	else if (end == AGAIN)
		hand_over(client);
	deadline_arm(client);
}

static bool has_room(struct client *client, size_t more)
{
	if (message_room(client, more) == OK)
		return true;
	client->starved = true;
	client->starved_at = loop_ticks(&client->shared->process->loop);
	return false;
}

/* false: nothing can be taken now. */
static bool take_body(struct client *client)
{
	struct slice all = buffer_slice(&client->in), rest = all;
	enum result end = AGAIN;

	if (!has_room(client, all.len))
		return false;
	while (end == AGAIN && rest.len) {
		struct slice piece;

		end = body_next(&client->body, &rest, &piece);
		message_add(client, piece);
	}
	client->brought += all.len - rest.len;
	crowd_brought(client, all.len - rest.len);
	hoard_brought(client, all.len - rest.len);
	buffer_eat(&client->in, all.len - rest.len);
	if (end == OK)
		end_body(client);
	return true;
}

static bool take_chunk(struct client *client)
{
	struct slice rest = buffer_slice(&client->in);
	struct slice piece = slice_take(&rest, rest.len < client->session.chunk.left ? rest.len
	                                                                             : (size_t)client->session.chunk.left);

	if (client->session.chunk.refused == NULL) {
		if (!has_room(client, piece.len))
			return false;
		message_add(client, piece);
	}
	client->brought += piece.len;
	crowd_brought(client, piece.len);
	hoard_brought(client, piece.len);
	client->session.chunk.left -= piece.len;
	buffer_eat(&client->in, piece.len);
	end_chunk(client);
	return true;
}

/* ---- lines ---- */

/* After DATA the client waits for 354; and behind a chunk of unknown length nobody knows what is a command. */
static bool must_be_silent(const struct session *session)
{
	return session->stage == STAGE_BODY || session->chunk.unmeasured || session->untidy;
}

void input_recipient(struct client *client, enum result end, const struct slice *addresses, size_t count, bool hidden)
{
	const struct envelope_recipient *question = session_question(&client->session);
	const struct allowance before = { STAGE_RECIPIENTS, client->session.noted };
	size_t replies = buffer_length(&client->out);
	struct slice address;

	client->question = 0;
	crowd_moved(client);
	if (question == NULL)
		return;                        /* it is on its way out */
	address = question->address;
	end = session_asked(&client->session, end, addresses, count);
	allowance_after(client, before);
	if (end == BROKEN)
		session_gone(&client->session);
	if (end == REFUSED || end == LATER)
		record_recipient(client, address, hidden, replies);
	deadline_line(client);
	deadline_arm(client);
}

/* Nothing more is taken until it is answered. */
static void ask_for_recipient(struct client *client)
{
	client->spoke = false;
	if (asking_send(&client->shared->asking, client, &client->question) != OK)
		input_recipient(client, LATER, NULL, 0, false);
}

/* XCLIENT: as if that client had connected. */
static void become_claimed(struct client *client)
{
	const unsigned speakers = client->session.client & (SESSION_XCLIENT | SESSION_XFORWARD);
	const struct claim *claim = &client->session.client_is;
	enum result end = claim->addressed ? identity_take(client, &claim->address) : OK;

	if (claim->nobody)
		identity_lose(client);
	client->session.client |= speakers;
	client->session.claimed = false;
	if (end != OK)
		deadline_expel(client, END_PER_CLIENT);
	else if (session_greet(&client->session) != OK)
		session_gone(&client->session);
}

static void obey_line(struct client *client, struct slice line, size_t eaten)
{
	const struct allowance allowed = allowance_before(client);
	const enum stage before = allowed.stage;
	size_t replies = buffer_length(&client->out);
	enum result end;

	if (before == STAGE_SENDER)
		message_begin(client);
	if (line.len == 0 || line.at[line.len - 1] != '\r')
		end = session_bad_line(&client->session, line, LINE_WITHOUT_CR);
	else
		end = session_line(&client->session, (struct slice){ line.at, line.len - 1 });
	if (client->session.begins_tls && allowance_handshake(client) != OK) {
		buffer_cut(&client->out, replies);
		end = session_no_tls(&client->session);
	}
	allowance_after(client, allowed);
	if (end == BROKEN)
		session_gone(&client->session);
	if (end == REFUSED || end == LATER)
		record_refused(client, line, replies);
	else
		crowd_obeyed(client);
	if (before == STAGE_CHUNKS && !client->session.chunked)
		message_drop(client);
	buffer_eat(&client->in, eaten);
	if (client->session.claimed)
		become_claimed(client);
	/* Between chunks the body's account goes on: a chunk of one byte buys no new patience. */
	if (before != STAGE_CHUNKS)
		deadline_line(client);
	else if (!deadline_kept(client))
		deadline_expel(client, END_SLOW);
	if (client->session.stage == STAGE_ASKING)
		ask_for_recipient(client);
	/* What comes behind these, before our answer to them, is another's text: smuggled in, or never meant for us. */
	if ((client->session.begins_tls || must_be_silent(&client->session)) && input_waits(client)) {
		buffer_cut(&client->out, replies);
		deadline_expel(client, END_TALKED_EARLY);
	} else if (client->session.begins_tls) {
		secure_begin(client);
	}
	deadline_arm(client);
	if (client->session.stage == STAGE_CHUNK)
		end_chunk(client);
}

static void line_too_long(struct client *client, struct slice line)
{
	if (!client->skipping && session_bad_line(&client->session, line, LINE_TOO_LONG) == BROKEN)
		session_gone(&client->session);
	message_drop(client);
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
		line_too_long(client, rest);
		buffer_eat(&client->in, rest.len);
		return false;
	}
	line = slice_cut(&rest, '\n');
	if (client->skipping || line.len + 1 > limit) {
		line_too_long(client, line);
		client->skipping = false;
		buffer_eat(&client->in, line.len + 1);
		deadline_arm(client);
	} else {
		obey_line(client, line, line.len + 1);
	}
	return true;
}

/* ---- both ---- */

bool input_take(struct client *client)
{
	switch (client->session.stage) {
	case STAGE_BODY:
		return take_body(client);
	case STAGE_CHUNK:
		return take_chunk(client);
	case STAGE_HELLO:
	case STAGE_SENDER:
	case STAGE_RECIPIENTS:
	case STAGE_CHUNKS:
		return take_line(client);
	case STAGE_VERDICT:
	case STAGE_ASKING:
	case STAGE_GOODBYE:
		break;
	}
	return false;
}

bool input_may_be_taken(const struct client *client)
{
	return client->state == CLIENT_TALKING && !client->starved && client->session.stage < STAGE_VERDICT &&
	       buffer_length(&client->in) && buffer_length(&client->out) + SESSION_REPLY <= CLIENT_OUTPUT;
}
