/* SPDX-License-Identifier: Apache-2.0 */
/* A server that says anything at all: nobody is settled twice, and nobody is left open at the end. */
#include "relay/client.h"

enum { PEOPLE = 3 };

static void note(void *owner, size_t which, enum relay_outcome outcome, struct slice reply)
{
	unsigned *settled = owner;

	(void)outcome;
	if (which >= PEOPLE || reply.len > RELAY_REPLY || settled[which]++)
		abort();
}

static void once_more(struct client *client, struct client_letter *letter, unsigned *settled)
{
	if (client->stage == AT_CONTENT && client_wants_chunks(client) && client->chunks_due < 3)
		client_chunk_sent(client);
	else if (client->stage == AT_CONTENT)
		client_content_sent(client);
	if (client->stage != AT_REST)
		return;
	for (unsigned i = 0; i < PEOPLE && client->letters > 0; i++)
		if (settled[i] != 1)
			abort();
	memset(settled, 0, PEOPLE * sizeof(*settled));
	client_begin(client, letter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, how = slice_take(&rest, 1);
	struct client_recipient people[PEOPLE] = { { .address = SLICE("a@b"), .original = SLICE("rfc822;a@b") },
	                                           { .address = SLICE("c@d"), .notify = NOTIFY_NEVER },
	                                           { .address = SLICE("e@f") } };
	struct client_letter letter = { .sender = SLICE("s@t"), .size = 100, .recipients = people, .count = PEOPLE,
	                                .envelope_id = SLICE("x+y"), .origin = { .address = SLICE("2001:db8::1") } };
	unsigned settled[PEOPLE] = { 0 };
	struct client client;

	if (how.len == 0)
		return 0;
	client_init(&client, how.at[0] & 1, SLICE("us"), note, settled);
	client.tells = (enum client_tells)((unsigned char)how.at[0] >> 1 & 3) % 3;
	client.only_helo = how.at[0] & 8;
	while (rest.len > 0 && client.stage != AT_END) {
		struct slice line = slice_cut(&rest, '|');

		client_bytes(&client, line);
		once_more(&client, &letter, settled);
		buffer_clear(&client.out);
	}
	client_gone(&client, SLICE("451 4.4.2 gone"));
	for (unsigned i = 0; i < PEOPLE && client.letters > 0 && !client.handed_back; i++)
		if (settled[i] != 1)
			abort();
	client_finish(&client);
	return 0;
}
