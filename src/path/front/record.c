/* SPDX-License-Identifier: Apache-2.0 */
/* Each line begins with the message's id where there is a message. */
#include "front/record.h"

enum { PUT_OFF_TOLD = 20 };                   /* lines of a session, until one of its messages is accepted */

static struct slice text_of(const struct client *client)
{
	return slice_of(client->address_text);
}

static struct log *log_of(struct client *client)
{
	return &client->shared->process->log;
}

static void count(struct client *client, enum front_count which, uint64_t how_many)
{
	counter_add(&client->shared->process->counters, which, how_many);
}

/* A mistake is counted by the session, until goodbye. "Later" may be said for ever: then some lines tell enough. */
static bool is_told(struct client *client, struct slice reply)
{
	return client->session.stage == STAGE_GOODBYE || !slice_begins(reply, SLICE("4")) || client->put_off++ < PUT_OFF_TOLD;
}

void record_untold(struct client *client)
{
	struct log_line entry;

	if (client->put_off <= PUT_OFF_TOLD)
		return;
	log_begin(&entry, log_of(client), LOG_LEVEL_INFO, SLICE(""), "refused-more");
	log_text(&entry, "client", text_of(client));
	log_count(&entry, "lines", (int64_t)(client->put_off - PUT_OFF_TOLD));
	log_end(&entry);
}

void record_refused(struct client *client, struct slice line, size_t before)
{
	struct slice reply = slice_drop(buffer_slice(&client->out), before);
	struct slice id = SLICE("");
	struct log_line entry;

	if (client->session.stage == STAGE_RECIPIENTS)
		id = (struct slice){ client->id, MESSAGE_ID_SIZE };
	count(client, FRONT_COUNT_commands_refused, 1);
	if (!is_told(client, reply))
		return;
	log_begin(&entry, log_of(client), LOG_LEVEL_INFO, id, "refused");
	log_text(&entry, "client", text_of(client));
	log_text(&entry, "command", line);
	log_text(&entry, "reply", slice_cut(&reply, '\r'));
	log_end(&entry);
}

void record_recipient(struct client *client, struct slice address, bool hidden, size_t before)
{
	struct slice reply = slice_drop(buffer_slice(&client->out), before);
	struct log_line entry;

	count(client, FRONT_COUNT_commands_refused, 1);
	if (!is_told(client, reply))
		return;
	log_begin(&entry, log_of(client), LOG_LEVEL_INFO, (struct slice){ client->id, MESSAGE_ID_SIZE }, "refused");
	log_text(&entry, "client", text_of(client));
	log_text(&entry, "recipient", address);
	if (hidden)
		log_text(&entry, "why", SLICE("for others"));
	log_text(&entry, "reply", slice_cut(&reply, '\r'));
	log_end(&entry);
}

static void log_message(struct client *client, enum log_level level, const char *event, struct slice reply)
{
	struct log_line entry;

	log_begin(&entry, log_of(client), level, (struct slice){ client->id, MESSAGE_ID_SIZE }, event);
	log_text(&entry, "from", client->session.sender);
	log_count(&entry, "recipients", client->session.recipients);
	if (client->session.recipients == 1)
		log_text(&entry, "to", session_first_recipient(&client->session));
	log_count(&entry, "size", (int64_t)client->size);
	log_text(&entry, "client", text_of(client));
	if (client->session.client & SESSION_LOCAL)
		log_count(&entry, "uid", client->uid);
	log_text(&entry, "helo", (struct slice){ client->session.helo, client->session.helo_length });
	if (client->session.tls_version)
		log_text(&entry, "tls", slice_of(client->session.tls_version));
	if (reply.len)
		log_text(&entry, "reply", reply);
	log_end(&entry);
}

static const struct verdict_row {
	const char *event;
	enum front_count counter;
	enum log_level level;
} verdicts[] = {
	[OK] = { "accepted", FRONT_COUNT_messages_accepted, LOG_LEVEL_INFO },
	[AGAIN] = { "deferred", FRONT_COUNT_messages_deferred, LOG_LEVEL_NOTICE },
	[REFUSED] = { "rejected", FRONT_COUNT_messages_refused, LOG_LEVEL_INFO },
	[LATER] = { "deferred", FRONT_COUNT_messages_deferred, LOG_LEVEL_NOTICE },
	[BROKEN] = { "deferred", FRONT_COUNT_messages_deferred, LOG_LEVEL_NOTICE },
};

void record_verdict(struct client *client, enum result verdict, struct slice reply)
{
	log_message(client, verdicts[verdict].level, verdicts[verdict].event, reply);
	count(client, verdicts[verdict].counter, 1);
	if (verdict != OK)
		return;
	record_untold(client);
	client->put_off = 0;
	count(client, FRONT_COUNT_recipients_accepted, client->session.recipients);
	count(client, FRONT_COUNT_bytes_accepted, client->size);
}

void record_secure(struct client *client)
{
	struct log_line entry;

	count(client, FRONT_COUNT_tls, 1);
	log_begin(&entry, log_of(client), LOG_LEVEL_DEBUG, SLICE(""), "tls");
	log_text(&entry, "client", text_of(client));
	log_text(&entry, "name", slice_of(tls_name_asked(&client->tls)));
	log_text(&entry, "version", slice_of(tls_version(&client->tls)));
	log_text(&entry, "cipher", slice_of(tls_cipher(&client->tls)));
	log_end(&entry);
}

void record_insecure(struct client *client, const char *why)
{
	struct log_line entry;

	count(client, FRONT_COUNT_tls_failed, 1);
	log_begin(&entry, log_of(client), LOG_LEVEL_INFO, SLICE(""), "tls-failed");
	log_text(&entry, "client", text_of(client));
	log_text(&entry, "reason", slice_of(why));
	log_end(&entry);
}

void record_abandoned(struct client *client)
{
	log_message(client, LOG_LEVEL_NOTICE, "abandoned", SLICE(""));
}

void record_visit(struct client *client, const char *event)
{
	log_say(log_of(client), LOG_LEVEL_DEBUG, SLICE(""), event, "client", text_of(client));
}
