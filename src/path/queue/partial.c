/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is written down first; only then are the two lists closed up. */
#include "queue/partial.h"

#include "base/pack.h"
#include "wire/front-queue.h"

#include <string.h>

bool partial_is_told(const struct envelope *envelope)
{
	return slice_same(envelope->protocol, SLICE("LMTP")) || slice_same(envelope->protocol, SLICE("LMTPS")) ||
	       slice_same(envelope->protocol, SLICE("UTF8LMTP")) || slice_same(envelope->protocol, SLICE("UTF8LMTPS"));
}

static bool is_refused(const struct judgement *judgement, uint32_t place)
{
	return judgement->fates[place].outcome == FATE_REJECT;
}

static enum result say(const struct judgement *judgement, struct buffer *to)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < judgement->fate_count; i++)
		count += is_refused(judgement, i);
	TRY(pack_u32(to, count));
	for (uint32_t i = 0; i < judgement->fate_count; i++) {
		struct slice reply = judgement->fates[i].reply;

		if (!is_refused(judgement, i))
			continue;
		TRY(pack_u32(to, i));
		TRY(pack_slice(to, slice_take(&reply, FRONT_QUEUE_REPLY)));
	}
	return OK;
}

/* A list of its own: the old one stands until nothing can fail any more. */
static enum result leave_out(struct arena *memory, const struct judgement *judgement, const struct envelope *envelope,
                             struct envelope *ret_rest)
{
	struct envelope_recipient *list = arena_array(memory, struct envelope_recipient, envelope->recipient_count);

	if (list == NULL)
		return LATER;
	*ret_rest = *envelope;
	ret_rest->recipients = list;
	ret_rest->recipient_count = 0;
	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		if (!is_refused(judgement, i))
			list[ret_rest->recipient_count++] = envelope->recipients[i];
	return OK;
}

static void close_up(struct judgement *judgement)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (!is_refused(judgement, i))
			judgement->fates[kept++] = judgement->fates[i];
	judgement->fate_count = kept;
}

static enum result keep(struct arena *memory, enum result filled, const struct buffer *from, struct slice *ret_kept)
{
	TRY(filled);
	return arena_keep(memory, buffer_slice(from), ret_kept);
}

enum result partial_refuse(struct arena *memory, struct envelope *envelope, struct judgement *judgement,
                           struct slice *ret_packed, struct slice *ret_said)
{
	struct buffer packed, said;
	struct envelope rest;
	enum result end;

	TRY(leave_out(memory, judgement, envelope, &rest));
	buffer_init(&packed, FRONT_QUEUE_LONGEST);
	buffer_init(&said, FRONT_QUEUE_ANSWER);
	end = keep(memory, say(judgement, &said), &said, ret_said);
	if (end == OK)
		end = keep(memory, envelope_pack(&rest, &packed), &packed, ret_packed);
	buffer_finish(&packed);
	buffer_finish(&said);
	TRY(end);
	*envelope = rest;
	close_up(judgement);
	return OK;
}
