/* SPDX-License-Identifier: Apache-2.0 */
/* One timer, whose meaning is the stage's. A body's rate is an account: bytes are paid in, time is paid for. */
#include "front/deadline.h"

#include "front/message.h"
#include "front/record.h"

enum { RATE_STEP = 30, GOODBYE_MS = 1000, HANDSHAKE = 60 };

static uint64_t patience(const struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;
	uint64_t command = limits->command_deadline.n;

	if (client->state == CLIENT_PAUSING)
		return limits->greet_pause.n * 1000;
	if (client->state == CLIENT_LINGERING || client->session.stage == STAGE_GOODBYE)
		return GOODBYE_MS;
	if (client->state == CLIENT_SECURING && command > HANDSHAKE)
		return (uint64_t)HANDSHAKE * 1000;
	if (client->session.stage == STAGE_ASKING)
		return limits->recipient_deadline.n * 1000;
	if ((client->session.stage == STAGE_BODY || client->session.stage == STAGE_CHUNK) && command > RATE_STEP)
		return (uint64_t)RATE_STEP * 1000;
	return command * 1000;
}

void deadline_arm(struct client *client)
{
	uint64_t now = loop_ticks(&client->shared->process->loop), ms = patience(client);

	if (client->session.stage != STAGE_GOODBYE && now + ms > client->ends)
		ms = client->ends > now ? client->ends - now : 0;
	if (timer_start(&client->timer, ms) != OK)
		session_gone(&client->session);
}

/* The last line of a client that must go, whatever it still wants to say. */
void deadline_expel(struct client *client, enum session_end why)
{
	size_t replies = buffer_length(&client->out);

	if (session_end(&client->session, why) == BROKEN)
		session_gone(&client->session);
	if (why != END_STOP)
		record_refused(client, SLICE(""), replies);
	message_drop(client);
	deadline_arm(client);
}

static uint64_t credit_most(const struct front_settings *limits)
{
	return limits->data_rate.n * limits->command_deadline.n;
}

void deadline_line(struct client *client)
{
	client->began = loop_ticks(&client->shared->process->loop);
	client->brought = 0;
	client->credit = credit_most(&client->shared->limits);
}

/* A pause as long as a command's deadline is forgiven, again and again; bytes that came in a hurry buy no longer
 * one. */
bool deadline_kept(struct client *client)
{
	const struct front_settings *limits = &client->shared->limits;
	uint64_t now = loop_ticks(&client->shared->process->loop), most = credit_most(limits), due, paid;

	if (client->starved)
		return true;
	due = limits->data_rate.n * (now - client->began) / 1000;
	paid = client->credit + client->brought;
	if (paid < due)
		return false;
	client->credit = paid - due < most ? paid - due : most;
	client->brought = 0;
	client->began = now;
	return true;
}

bool deadline_starved(const struct client *client)
{
	return client->starved && client->waited >= client->shared->limits.command_deadline.n * 1000;
}
