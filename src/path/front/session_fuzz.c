/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, cut into lines: one reply each, no message without sender and recipient, none to strangers elsewhere. */
#include "front/session.h"

#include <stdlib.h>

static const struct slice domains[] = { LIT("d"), LIT("asked.d") };
static const struct slice found[] = { LIT("a@d"), LIT("b@d"), LIT("a@asked.d") };
static const struct session_rules rules = {
	.hostname = LIT("h"), .greeting = LIT("g"), .postmaster = LIT("p"), .domains = domains, .domain_count = 2,
	.asked = &domains[1], .asked_count = 1,
	.message_limit = 1000, .recipients = 100, .null_sender_recipients = 1, .errors = 1000, .room = ROOM_FREE,
};

static void must_be_ours(struct session *session)
{
	struct envelope envelope;

	if (session_envelope(session, &envelope) != OK)
		return;
	if (envelope.recipient_count == 0 || (envelope.sender.len == 0 && envelope.recipient_count > COUNT_OF(found)))
		abort();
	for (uint32_t i = 0; i < envelope.recipient_count; i++)
		if (!slice_ends_nocase(envelope.recipients[i].address, SLICE("@d")) &&
		    !slice_same(envelope.recipients[i].address, found[2]))
			abort();
}

/* A line is so many bytes of a chunk. */
static enum result swallow(struct session *session, struct slice line)
{
	session->chunk.left -= line.len < session->chunk.left ? line.len : session->chunk.left;
	if (session->chunk.left && line.len)
		return AGAIN;
	session->chunk.left = 0;
	return session_chunk(session, line.len % 5);
}

static void obey(struct session *session, struct slice line)
{
	enum result end = OK;

	if (session->stage == STAGE_BODY)
		end = session_body(session, line.len % 5);
	else if (session->stage == STAGE_CHUNK)
		end = swallow(session, line);
	else if (session->stage == STAGE_ASKING)
		end = session_asked(session, line.len % 3, found, line.len % COUNT_OF(found) + 1);
	else if (session->stage == STAGE_VERDICT)
		end = session_verdict(session, line.len % 5, line);
	else
		end = session_line(session, line);
	if (end == BROKEN)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct session session;
	struct buffer replies;

	buffer_init(&replies, SESSION_REPLY);
	session_init(&session, &rules, &replies, 0);
	while (rest.len && session.stage != STAGE_GOODBYE) {
		enum stage before = session.stage;

		buffer_clear(&replies);
		obey(&session, slice_cut(&rest, '\n'));
		if ((session.stage == STAGE_BODY || session.chunked) && before != session.stage)
			must_be_ours(&session);
		if (buffer_length(&replies) == 0 && session.stage < STAGE_CHUNK && !session.claimed)
			abort();
	}
	session_finish(&session);
	buffer_finish(&replies);
	return 0;
}
