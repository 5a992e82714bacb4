/* SPDX-License-Identifier: Apache-2.0 */
/* A letter and the text that it sets are a row. */
#include "cli/pretend.h"

#include "base/clock.h"
#include "mail/smtp/smtp.h"

#include <sys/random.h>

struct pretend pretend_standard(void)
{
	return (struct pretend){ .from = "", .to = "postmaster@localhost", .client = "127.0.0.1", .helo = "localhost" };
}

bool pretend_option(struct pretend *pretend, int letter, const char *value)
{
	const struct { char letter; const char **to; } texts[] = {
		{ 'f', &pretend->from }, { 't', &pretend->to }, { 'i', &pretend->client }, { 'h', &pretend->helo },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (letter == texts[i].letter) {
			*texts[i].to = value;
			return true;
		}
	return false;
}

enum result pretend_envelope(const struct pretend *pretend, struct buffer *to)
{
	struct envelope_recipient recipient = { .address = slice_of(pretend->to) };
	char id[MESSAGE_ID_SIZE];
	uint64_t chance = 0;
	struct envelope envelope = {
		.received = clock_wall(), .listener = SLICE("scan"), .protocol = SLICE("ESMTP"),
		.client_address = slice_of(pretend->client), .helo = slice_of(pretend->helo), .sender = slice_of(pretend->from),
		.recipients = &recipient, .recipient_count = 1,
	};

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return LATER;
	message_id_make(clock_wall_ms(), chance, id);
	envelope.id = (struct slice){ id, sizeof(id) };
	return envelope_pack(&envelope, to);
}
