/* SPDX-License-Identifier: Apache-2.0 */
/* What is handed to a worker in each waiting stage is a table. All that happens moves one request to another stage;
 * dispatcher_hand_out() then gives free workers the oldest that wait. */
#include "inspect/sources.h"

#include "inspect/inspect.h"
#include "inspect/worker_wire.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "mail/smtp/smtp.h"
#include "wire/inspect-scanners.h"
#include "wire/queue-inspect.h"

#include <stdio.h>

enum { REASON_MOST = 128 };

/* ---- handing out ---- */

static enum result give_read(struct request *request)
{
	struct buffer payload;
	enum result result;

	request->began = loop_ticks(request->dispatcher->loop);
	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	result = buffer_add(&payload, buffer_slice(&request->question));
	if (result == OK)
		result = pack_u8(&payload, request->replays);
	if (result == OK)
		result = pack_u8(&payload, request->wants != 0);
	if (result == OK)
		result = pack_slice(&payload, buffer_slice(&request->known));
	if (result == OK)
		result = workers_give(&request->dispatcher->workers, request, WORKER_READ, request->serial,
		                      buffer_slice(&payload), request->fd);
	buffer_finish(&payload);
	return result;
}

static enum result give_compose(struct request *request)
{
	return workers_give(&request->dispatcher->workers, request, WORKER_COMPOSE, request->serial,
	                    buffer_slice(&request->question), request->fd);
}

static enum result give_extract(struct request *request)
{
	return workers_give(&request->dispatcher->workers, request, WORKER_EXTRACT, request->serial, SLICE(""), request->fd);
}

static enum result give_judge(struct request *request)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	result = buffer_add(&payload, buffer_slice(&request->question));
	if (result == OK)
		result = pack_u8(&payload, request->replays);
	if (result == OK)
		result = pack_slice(&payload, buffer_slice(&request->findings));
	if (result == OK)
		result = pack_slice(&payload, buffer_slice(&request->evidence));
	if (result == OK)
		result = workers_give(&request->dispatcher->workers, request, WORKER_JUDGE, request->serial,
		                      buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static enum result give_mend(struct request *request)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	result = pack_slice(&payload, buffer_slice(&request->judgement));
	if (result == OK)
		result = workers_give(&request->dispatcher->workers, request, WORKER_MEND, request->serial,
		                      buffer_slice(&payload), request->fd);
	buffer_finish(&payload);
	return result;
}

static const struct {
	enum result (*give)(struct request *);
	enum stage then;
} gives[] = {
	[TO_READ] = { give_read, READING },
	[TO_JUDGE] = { give_judge, JUDGING },
	[TO_MEND] = { give_mend, MENDING },
	[TO_COMPOSE] = { give_compose, COMPOSING },
	[TO_EXTRACT] = { give_extract, EXTRACTING },
};

static bool is_waiting(const struct request *request)
{
	return request->stage < COUNT_OF(gives) && gives[request->stage].give;
}

/* Nobody works on it any more, or yet, by the settings of before. */
static bool is_overtaken(const struct request *request)
{
	return plan_is_old(request) && (request->stage == ASKING || is_waiting(request));
}

/* false: nobody is free. */
static bool give_one(struct dispatcher *dispatcher, struct request *request)
{
	enum stage was = request->stage;
	enum result result = gives[was].give(request);

	if (result == OK) {
		request->stage = gives[was].then;
		counter_set(dispatcher->counters, INSPECT_COUNT_workers_busy, dispatcher->workers.busy);
	} else if (result != AGAIN) {
		request_fail(request, SLICE("no memory"));
	}
	return result != AGAIN;
}

void dispatcher_hand_out(struct dispatcher *dispatcher)
{
	bool readers = true, judge = true;           /* there may still be a free one */
	struct request *next;

	if (dispatcher->moving)
		return;
	dispatcher->moving = true;
	for (struct request *request = dispatcher->first; request && (readers || judge); request = next) {
		bool *free;

		next = request->next;
		if (is_overtaken(request) && !plan_anew(request))
			continue;
		free = request->stage == TO_JUDGE ? &judge : &readers;
		if (*free && is_waiting(request))
			*free = give_one(dispatcher, request);
	}
	dispatcher->moving = false;
}

static void free_again(void *owner)
{
	struct dispatcher *dispatcher = owner;

	counter_set(dispatcher->counters, INSPECT_COUNT_workers_busy, dispatcher->workers.busy);
	dispatcher_hand_out(dispatcher);
}

static enum result make(void *owner, bool judges, int *ret_wire)
{
	struct dispatcher *dispatcher = owner;

	TRY(dispatcher->make_worker(dispatcher->maker, judges, ret_wire));
	dispatcher_count(dispatcher, INSPECT_COUNT_workers_started);
	return OK;
}

static const struct workers_owner workers_owner = { make, taking_answer, taking_death, free_again };

/* ---- what the queue asks ---- */

static enum result read_envelope(struct request *request, struct slice packed)
{
	struct envelope envelope;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = envelope_unpack(packed, &arena, &envelope);
	if (result == OK && envelope.id.len == sizeof(request->id))
		memcpy(request->id, envelope.id.at, sizeof(request->id));
	if (result == OK)
		request->recipients = envelope.recipient_count;
	if (result == OK && !request->replays)
		result = plan_make(request, &envelope);
	arena_finish(&arena);
	if (result == OK)
		result = pack_slice(&request->question, packed);
	return result;
}

static struct request *new_request(struct dispatcher *dispatcher, struct frame *frame, enum stage stage)
{
	struct request *request = pool_take(&dispatcher->pool);

	if (request == NULL)
		return NULL;
	request->dispatcher = dispatcher;
	request->stage = stage;
	request->exchange = frame->exchange;
	request->serial = ++dispatcher->serial;
	request->fd = frame_take_fd(frame);
	buffer_init(&request->question, QUEUE_INSPECT_LONGEST);
	buffer_init(&request->known, EVIDENCE_BYTES);
	buffer_init(&request->findings, EVIDENCE_BYTES);
	buffer_init(&request->evidence, EVIDENCE_BYTES);
	buffer_init(&request->judgement, WORKER_ANSWER_LONGEST);
	timer_init(&request->deadline, dispatcher->loop, sources_silent, request);
	request_link(dispatcher, request);
	if (dispatcher->in_flight >= dispatcher->limits.in_flight)
		channel_pause(&dispatcher->queue);
	return request;
}

/* Without room for the request itself nothing is answered: the queue's budget ends, and it asks again. */
static enum result obey_inspect(struct dispatcher *dispatcher, struct frame *frame)
{
	struct unpack from = unpack_from(slice_drop(frame->payload, 1));
	struct slice envelope = unpack_slice(&from, QUEUE_INSPECT_LONGEST);
	struct request *request;

	if (!sealed_is(frame->fd))
		return REFUSED;
	request = new_request(dispatcher, frame, TO_READ);
	if (request == NULL)
		return LATER;
	if (unpack_end(&from) != OK || read_envelope(request, envelope) != OK)
		request_fail(request, SLICE("the envelope could not be read"));
	return OK;
}

/* What nobody asked for then cannot be said to have had no answer. */
static void check_asked(struct request *request, struct slice packed, struct slice given)
{
	const struct dispatcher_limits *limits = &request->dispatcher->limits;
	struct envelope envelope;
	struct evidence evidence;
	struct slice title = { 0 };
	char reason[REASON_MOST] = "";
	bool read;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	read = limits->policy && envelope_unpack(packed, &arena, &envelope) == OK && evidence_unpack(given, &arena, &evidence) == OK;
	if (read && !limits->unlisted)
		title = policy_not_asked(limits->policy, &envelope, &evidence);
	if (title.len)
		(void)snprintf(reason, sizeof(reason), "dnsbl \"%.*s\" was not asked then", SHOW(title));
	else if (read && policy_asks_for_senders(limits->policy) && policy_senders_unasked(&envelope, &evidence))
		(void)snprintf(reason, sizeof(reason), "nobody was asked for the sender then");
	arena_finish(&arena);
	if (reason[0])
		request_fail(request, slice_of(reason));
}

/* Read anew where the bytes are at hand; else what was found then is judged anew. */
static enum result obey_replay(struct dispatcher *dispatcher, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct slice envelope = unpack_slice(&from, QUEUE_INSPECT_LONGEST);
	struct slice findings = unpack_slice(&from, EVIDENCE_BYTES), evidence = unpack_slice(&from, EVIDENCE_BYTES);
	bool has_bytes = frame->fd >= 0;
	struct request *request;

	if (unpack_end(&from) != OK || (has_bytes && !sealed_is(frame->fd)))
		return REFUSED;
	request = new_request(dispatcher, frame, has_bytes ? TO_READ : TO_JUDGE);
	if (request == NULL)
		return LATER;
	request->replays = request->unmendable = true;
	if (read_envelope(request, envelope) != OK || answers_given(request, evidence) != OK ||
	    buffer_add(&request->findings, findings) != OK)
		request_fail(request, SLICE("what was kept could not be read"));
	else
		check_asked(request, envelope, evidence);
	return OK;
}

static enum result obey_compose(struct dispatcher *dispatcher, struct frame *frame)
{
	struct request *request;

	if (frame->fd < 0)
		return REFUSED;
	request = new_request(dispatcher, frame, TO_COMPOSE);
	if (request == NULL)
		return LATER;
	if (buffer_add(&request->question, frame->payload) != OK)
		request_fail(request, SLICE("no memory"));
	return OK;
}

static enum result obey_features(struct dispatcher *dispatcher, struct frame *frame)
{
	if (frame->payload.len || !sealed_is(frame->fd))
		return REFUSED;
	return new_request(dispatcher, frame, TO_EXTRACT) ? OK : LATER;
}

static void forget(struct request *request)
{
	request->forgotten = true;
	if (is_waiting(request) || request->stage == ASKING)
		request_drop(request);
}

static void forget_all(struct dispatcher *dispatcher)
{
	struct request *next;

	for (struct request *request = dispatcher->first; request; request = next) {
		next = request->next;
		forget(request);
	}
}

static enum result obey_forget(struct dispatcher *dispatcher, struct frame *frame)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		if (request->exchange == frame->exchange && !request->forgotten) {
			forget(request);
			return OK;
		}
	return OK;
}

static enum result queue_frame(void *owner, struct frame *frame)
{
	static enum result (*const obeys[])(struct dispatcher *, struct frame *) = {
		[QUEUE_INSPECT] = obey_inspect, [QUEUE_FORGET] = obey_forget, [QUEUE_COMPOSE] = obey_compose,
		[QUEUE_REPLAY] = obey_replay, [QUEUE_FEATURES] = obey_features };
	struct dispatcher *dispatcher = owner;

	if (frame->kind >= COUNT_OF(obeys) || obeys[frame->kind] == NULL)
		return REFUSED;
	TRY(obeys[frame->kind](dispatcher, frame));
	dispatcher_hand_out(dispatcher);
	return OK;
}

static void queue_closed(void *owner)
{
	forget_all(owner);
}

static const struct channel_handler queue_handler = { queue_frame, queue_closed };

enum result dispatcher_queue(struct dispatcher *dispatcher, int fd)
{
	channel_close(&dispatcher->queue);
	forget_all(dispatcher);
	return channel_open(&dispatcher->queue, dispatcher->loop, fd, QUEUE_INSPECT_LONGEST, &queue_handler, dispatcher);
}

/* ---- start and end ---- */

void dispatcher_init(struct dispatcher *dispatcher, struct loop *loop, struct log *log, struct counters *counters,
                     enum result (*make_worker)(void *maker, bool judges, int *ret_wire), void *maker)
{
	*dispatcher = (struct dispatcher){ .loop = loop, .log = log, .counters = counters,
		                           .make_worker = make_worker, .maker = maker };
	resolve_init(&dispatcher->resolve, loop);
	workers_init(&dispatcher->workers, loop, &workers_owner, dispatcher);
}

enum result dispatcher_start(struct dispatcher *dispatcher, const struct dispatcher_limits *limits)
{
	dispatcher->limits = *limits;
	dispatcher->settings++;
	if (dispatcher->pool.size == 0)
		pool_init(&dispatcher->pool, sizeof(struct request), SIZE_MAX);
	lookups_start(dispatcher);
	return workers_start(&dispatcher->workers, &limits->workers);
}

enum result dispatcher_renew(struct dispatcher *dispatcher)
{
	return workers_start(&dispatcher->workers, &dispatcher->limits.workers);
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
	channel_close(&dispatcher->queue);
	channel_close(&dispatcher->scanners);
	channel_close(&dispatcher->keeper);
	workers_finish(&dispatcher->workers);
	while (dispatcher->first)
		request_drop(dispatcher->first);
	pool_finish(&dispatcher->pool);
	pool_finish(&dispatcher->lookups);
	resolve_finish(&dispatcher->resolve);
}
