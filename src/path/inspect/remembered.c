/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper is asked by the names of the envelope's sender, of which a worker has no say. It answers at once: one that was
 * killed is back soon, and asked again; for one that stays away, or is silent, nobody waits long. */
#include "inspect/sources.h"

#include "base/pack.h"
#include "base/process.h"
#include "wire/inspect-keeper.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAMES = 2, TEXT = 128 };

/* What is asked, in the words of the evidence. */
struct asked {
	struct sender_names sender;
	struct known_names names;
	char who[NAMES][POLICY_WHO];
};

static void add_name(struct asked *asked, const struct envelope *envelope, enum known_kind kind, struct slice name)
{
	size_t place = asked->names.count;

	if (!policy_sender_who(envelope, kind == KNOWN_SENDER_DOMAIN, asked->who[place]))
		return;
	asked->names.list[place] = (struct known_name){ (uint8_t)kind, SLICE(""), name };
	asked->names.count++;
}

static enum result names_of(const struct envelope *envelope, struct asked *ret_asked)
{
	ret_asked->names.count = 0;
	TRY(sender_names(envelope, &ret_asked->sender));
	add_name(ret_asked, envelope, KNOWN_SENDER, ret_asked->sender.pair);
	add_name(ret_asked, envelope, KNOWN_SENDER_DOMAIN, ret_asked->sender.domain);
	return OK;
}

/* The envelope stands in the question. */
static enum result names_again(const struct request *request, struct asked *ret_asked)
{
	struct unpack from = unpack_from(buffer_slice(&request->question));
	struct slice packed = unpack_slice(&from, QUEUE_INSPECT_LONGEST);
	struct envelope envelope;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = envelope_unpack(packed, &arena, &envelope);
	if (result == OK)
		result = names_of(&envelope, ret_asked);
	arena_finish(&arena);
	return result;
}

static enum result know_strangers(struct request *request, const struct asked *asked)
{
	struct answer answers[NAMES];

	for (size_t i = 0; i < asked->names.count; i++)
		answers[i] = (struct answer){ ASK_STATE, slice_of(asked->who[i]), ANSWER_SAID, SLICE("never"), 0 };
	return answers_know(request, answers, asked->names.count);
}

enum result remembered_plan(struct request *request, const struct envelope *envelope)
{
	const struct dispatcher_limits *limits = &request->dispatcher->limits;
	struct asked asked;

	if (limits->policy == NULL || !policy_asks_for_senders(limits->policy) || names_of(envelope, &asked) != OK)
		return OK;
	if (limits->strangers)
		return know_strangers(request, &asked);
	request->wants |= sources_bit(ASK_STATE);
	return OK;
}

/* ---- answers ---- */

static struct answer failed(const struct asked *asked, size_t place, struct slice reason)
{
	return (struct answer){ .kind = ASK_STATE, .who = slice_of(asked->who[place]), .end = ANSWER_FAILED, .text = reason };
}

static enum result add_failed(struct request *request, struct slice reason, uint64_t took_ms)
{
	struct answer answers[NAMES];
	struct asked asked;

	TRY(names_again(request, &asked));
	for (size_t i = 0; i < asked.names.count; i++)
		answers[i] = failed(&asked, i, reason);
	return answers_add(request, answers, asked.names.count, took_ms);
}

static enum result read_one(struct unpack *from, const struct asked *asked, size_t place, char text[TEXT], struct answer *ret_answer)
{
	uint8_t end = unpack_u8(from);
	uint64_t first = unpack_u64(from), last = unpack_u64(from);
	uint32_t counts[KNOWN_OUTCOMES];

	for (size_t i = 0; i < KNOWN_OUTCOMES; i++)
		counts[i] = unpack_u32(from);
	if (from->bad || end >= KNOWN_ENDS || last > first)
		return REFUSED;
	*ret_answer = failed(asked, place, SLICE("it cannot be looked up"));
	if (end == KNOWN_FAILED)
		return OK;
	(void)snprintf(text, TEXT, "delivered %" PRIu32 " quarantined %" PRIu32 " rejected %" PRIu32 " first %" PRIu64 " last %" PRIu64,
	               counts[KNOWN_DELIVERED], counts[KNOWN_QUARANTINED], counts[KNOWN_REJECTED], first, last);
	ret_answer->end = ANSWER_SAID;
	ret_answer->text = end == KNOWN_NEVER ? SLICE("never") : slice_of(text);
	return OK;
}

enum result remembered_read(struct request *request, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct answer answers[NAMES];
	char texts[NAMES][TEXT];
	struct asked asked;

	TRY(names_again(request, &asked));
	if (unpack_u8(&from) != asked.names.count)
		return REFUSED;
	for (size_t i = 0; i < asked.names.count; i++)
		TRY(read_one(&from, &asked, i, texts[i], &answers[i]));
	TRY(unpack_end(&from));
	return answers_add(request, answers, asked.names.count, sources_took(request));
}

/* ---- the source ---- */

static enum result send_ask(struct request *request)
{
	struct asked asked;
	struct buffer payload;
	enum result result;

	TRY(names_again(request, &asked));
	buffer_init(&payload, INSPECT_KEEPER_LONGEST);
	result = known_pack(&asked.names, &payload);
	if (result == OK)
		result = channel_send(&request->dispatcher->keeper, INSPECT_ASK_KNOWN, request->serial, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static void ask_keeper(struct request *request)
{
	struct dispatcher *dispatcher = request->dispatcher;

	if (sources_has_sent(request, ASK_STATE))
		return;
	if (channel_is_open(&dispatcher->keeper) && send_ask(request) == OK)
		request->sent |= sources_bit(ASK_STATE);
}

static enum result keeper_missing(struct request *request, uint64_t took_ms)
{
	bool sent = sources_has_sent(request, ASK_STATE);

	return add_failed(request, sent ? SLICE("no answer in time") : SLICE("the keeper is away"), took_ms);
}

const struct source remembered_source = {
	.kind = ASK_STATE, .silent = "keeper-silent", .failures = INSPECT_COUNT_state_failures,
	.brief = true, .ask = ask_keeper, .missing = keeper_missing,
};

static struct request *find_asking(struct dispatcher *dispatcher, uint64_t serial)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		if (request->serial == serial && sources_has_sent(request, ASK_STATE))
			return request;
	return NULL;
}

/* What it is worth is seen by whoever takes it. */
static enum result model_came(struct dispatcher *dispatcher, const struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint64_t size = unpack_u64(&from);

	TRY(unpack_end(&from));
	if ((size > 0) != (frame->fd >= 0))
		return REFUSED;
	if (dispatcher->lent)
		dispatcher->lent(dispatcher->maker, frame->fd, size);
	return OK;
}

/* As with scanners: too late is passed over, what cannot be read ends the wire. */
static enum result keeper_frame(void *owner, struct frame *frame)
{
	struct dispatcher *dispatcher = owner;
	struct request *request;

	if (frame->kind == KEEPER_MODEL)
		return model_came(dispatcher, frame);
	request = find_asking(dispatcher, frame->exchange);
	if (frame->kind != KEEPER_TOLD || frame->fd >= 0)
		return REFUSED;
	if (request == NULL)
		return OK;
	TRY(remembered_read(request, frame->payload));
	sources_answered(request, ASK_STATE);
	return OK;
}

static void keeper_closed(void *owner)
{
	struct dispatcher *dispatcher = owner;

	process_wire_lost(dispatcher->process, "keeper", 0);
	sources_lost(dispatcher, ASK_STATE);
}

static const struct channel_handler keeper_handler = { keeper_frame, keeper_closed };

enum result dispatcher_keeper(struct dispatcher *dispatcher, int fd)
{
	channel_close(&dispatcher->keeper);
	sources_lost(dispatcher, ASK_STATE);
	TRY(channel_open(&dispatcher->keeper, dispatcher->loop, fd, INSPECT_KEEPER_LONGEST, &keeper_handler, dispatcher));
	sources_again(dispatcher, ASK_STATE);
	return OK;
}
