/* SPDX-License-Identifier: Apache-2.0 */
/* Two tables: what is handed to a worker in each waiting stage, and which answer ends each working one. All that
 * happens moves one request to another stage; hand_out() then gives free workers the oldest that wait. */
#include "inspect/request.h"

#include "inspect/inspect.h"
#include "inspect/worker_wire.h"

#include "base/process.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "wire/inspect-scanners.h"
#include "wire/queue-inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

enum { DEATHS_MOST = 2, CHECK_MEMORY = 16 << 20, SCAN_GRACE = 500, SCAN_LEAST = 1000,
       SEALED = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static void hand_out(struct dispatcher *dispatcher);

struct slice request_id(const struct request *request)
{
	return (struct slice){ request->id, request->id[0] ? sizeof(request->id) : 0 };
}

static void count(struct dispatcher *dispatcher, enum inspect_count which)
{
	counter_add(dispatcher->counters, which, 1);
}

static void say(struct request *request, const char *event, struct slice reason)
{
	log_say(request->dispatcher->log, LOG_LEVEL_WARNING, request_id(request), event, "reason", reason);
}

/* ---- a request's life ---- */

static void link_last(struct dispatcher *dispatcher, struct request *request)
{
	request->previous = dispatcher->last;
	if (dispatcher->last)
		dispatcher->last->next = request;
	else
		dispatcher->first = request;
	dispatcher->last = request;
	counter_set(dispatcher->counters, INSPECT_COUNT_in_flight, ++dispatcher->in_flight);
}

static void unhook(struct dispatcher *dispatcher, struct request *request)
{
	*(request->previous ? &request->previous->next : &dispatcher->first) = request->next;
	*(request->next ? &request->next->previous : &dispatcher->last) = request->previous;
	counter_set(dispatcher->counters, INSPECT_COUNT_in_flight, --dispatcher->in_flight);
}

static void drop(struct request *request)
{
	struct dispatcher *dispatcher = request->dispatcher;

	unhook(dispatcher, request);
	timer_end(&request->deadline);
	fd_close(&request->fd);
	buffer_finish(&request->question);
	buffer_finish(&request->findings);
	buffer_finish(&request->evidence);
	pool_give(&dispatcher->pool, request);
	if (channel_is_open(&dispatcher->queue) && dispatcher->in_flight < dispatcher->limits.in_flight)
		channel_resume(&dispatcher->queue);
}

/* A queue that does not take the answer asks again; a forgotten question needs none. */
static void answer(struct request *request, enum inspect_answers kind, struct slice payload, int fd)
{
	if (!request->forgotten)
		(void)!channel_send(&request->dispatcher->queue, (uint8_t)kind, request->exchange, payload, fd);
	drop(request);
}

static void fail(struct request *request, struct slice reason)
{
	count(request->dispatcher, INSPECT_COUNT_failed);
	say(request, "failed", reason);
	answer(request, INSPECT_FAILED, reason, -1);
}

/* Judged without being read: the one fact is `unscannable`. */
static void judge_unread(struct request *request, struct slice reason)
{
	buffer_clear(&request->findings);
	request->stage = TO_JUDGE;
	say(request, "unscannable", reason);
	if (findings_unscannable(reason, &request->findings) != OK || answers_missing(request, SLICE(""), 0) != OK)
		fail(request, SLICE("no memory"));
}

/* ---- asking the scanners ---- */

static uint64_t time_left(const struct request *request)
{
	const struct dispatcher *dispatcher = request->dispatcher;
	uint64_t took = loop_ticks(dispatcher->loop) - request->began;

	return took + SCAN_LEAST < dispatcher->limits.inspect_ms ? dispatcher->limits.inspect_ms - took : SCAN_LEAST;
}

static enum result send_scan(struct request *request, uint64_t ms)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, sizeof(uint32_t));
	result = pack_u32(&payload, (uint32_t)ms);
	if (result == OK)
		result = channel_send(&request->dispatcher->scanners, INSPECT_SCAN, request->serial,
		                      buffer_slice(&payload), request->fd);
	buffer_finish(&payload);
	return result;
}

static void ask_scanners(struct request *request)
{
	if (request->stage == ASKING && !request->scan_sent && channel_is_open(&request->dispatcher->scanners))
		request->scan_sent = send_scan(request, time_left(request)) == OK;
}

static void scanners_silent(void *owner)
{
	struct request *request = owner;
	struct dispatcher *dispatcher = request->dispatcher;

	request->stage = TO_JUDGE;
	count(dispatcher, INSPECT_COUNT_scanner_failures);
	say(request, "scanners-silent", SLICE("no answer in time"));
	if (answers_missing(request, SLICE("no answer in time"), dispatcher->limits.inspect_ms) != OK)
		fail(request, SLICE("no memory"));
	hand_out(dispatcher);
}

static void begin_asking(struct request *request)
{
	request->stage = ASKING;
	request->asked = clock_wall();
	if (timer_start(&request->deadline, time_left(request) + SCAN_GRACE) == OK)
		ask_scanners(request);
	else
		judge_unread(request, SLICE("no timer for its scanners"));
}

static struct request *find_asking(struct dispatcher *dispatcher, uint64_t serial)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		if (request->serial == serial && request->stage == ASKING && request->scan_sent)
			return request;
	return NULL;
}

/* An answer that comes too late, or to nothing, is passed over; one that cannot be read ends the wire. */
static enum result scanners_frame(void *owner, struct frame *frame)
{
	struct dispatcher *dispatcher = owner;
	struct request *request = find_asking(dispatcher, frame->exchange);
	uint64_t took;

	if (frame->kind != SCANNERS_SCANNED || frame->fd >= 0)
		return REFUSED;
	if (request == NULL)
		return OK;
	took = loop_ticks(dispatcher->loop) - request->began;
	TRY(answers_read(request, frame->payload, dispatcher->limits.scanners, took));
	timer_stop(&request->deadline);
	request->stage = TO_JUDGE;
	hand_out(dispatcher);
	return OK;
}

static void forget_scans(struct dispatcher *dispatcher)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		request->scan_sent = false;
}

static void scanners_closed(void *owner)
{
	struct dispatcher *dispatcher = owner;

	process_wire_lost(dispatcher->process, "scanners", 0);
	forget_scans(dispatcher);
}

static const struct channel_handler scanners_handler = { scanners_frame, scanners_closed };

enum result dispatcher_scanners(struct dispatcher *dispatcher, int fd)
{
	channel_close(&dispatcher->scanners);
	forget_scans(dispatcher);
	TRY(channel_open(&dispatcher->scanners, dispatcher->loop, fd, INSPECT_SCANNERS_LONGEST, &scanners_handler,
	                 dispatcher));
	for (struct request *request = dispatcher->first; request; request = request->next)
		ask_scanners(request);
	return OK;
}

/* ---- what a worker answered ---- */

static enum result take_findings(struct request *request, struct slice payload)
{
	struct dispatcher *dispatcher = request->dispatcher;
	struct findings findings;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = findings_unpack(payload, &arena, &findings);
	arena_finish(&arena);
	TRY(result);
	if (dispatcher->limits.scanners == 0)
		return REFUSED;                      /* it had nobody to wait for */
	buffer_clear(&request->findings);
	TRY(buffer_add(&request->findings, payload));
	begin_asking(request);
	return OK;
}

static void count_verdict(struct dispatcher *dispatcher, enum verdict verdict)
{
	static const enum inspect_count which[VERDICT_COUNT] = {
		[VERDICT_CLEAN] = INSPECT_COUNT_clean, [VERDICT_SPAM] = INSPECT_COUNT_clean,
		[VERDICT_BLOCKED] = INSPECT_COUNT_clean, [VERDICT_VIRUS] = INSPECT_COUNT_viruses,
		[VERDICT_UNSCANNABLE] = INSPECT_COUNT_unscannable,
	};

	count(dispatcher, INSPECT_COUNT_messages_judged);
	count(dispatcher, which[verdict]);
}

/* A worker may be taken over by the message it read: it cannot call clean what a scanner did not, nor judge
 * before the scanners were asked. */
static enum result check_judgement(const struct request *request, struct slice payload, enum verdict *ret_verdict)
{
	struct judgement judgement;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = judgement_unpack(payload, &arena, &judgement);
	if (result == OK && (judgement.fate_count != request->recipients ||
	                     (request->tainted && judgement.verdict == VERDICT_CLEAN)))
		result = REFUSED;
	if (result == OK)
		*ret_verdict = judgement.verdict;
	arena_finish(&arena);
	return result;
}

static enum result take_judgement(struct request *request, struct slice payload)
{
	enum verdict verdict;

	if (request->stage == READING && request->dispatcher->limits.scanners)
		return REFUSED;
	TRY(check_judgement(request, payload, &verdict));
	count_verdict(request->dispatcher, verdict);
	answer(request, INSPECT_JUDGED, payload, -1);
	return OK;
}

static enum result write_sealed(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t put = write(fd, bytes.at, bytes.len);

		if (put < 0 && errno != EINTR)
			return LATER;
		bytes = slice_drop(bytes, put > 0 ? (size_t)put : 0);
	}
	return fcntl(fd, F_ADD_SEALS, SEALED | F_SEAL_SEAL) == 0 ? OK : LATER;
}

static enum result take_notice(struct request *request, struct slice payload)
{
	closing int fd = -1;

	if (payload.len == 0 || payload.len > NOTICE_LIMIT)
		return REFUSED;
	fd = memfd_create("notice", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || write_sealed(fd, payload) != OK) {
		fail(request, SLICE("no memory for the notice"));
		return OK;
	}
	count(request->dispatcher, INSPECT_COUNT_notices_composed);
	answer(request, INSPECT_COMPOSED, SLICE(""), fd);
	return OK;
}

static enum result take_cannot(struct request *request, struct slice payload)
{
	(void)payload;
	fail(request, SLICE("the notice could not be composed"));
	return OK;
}

static const struct {
	enum stage stage;
	enum worker_answers kind;
	enum result (*take)(struct request *, struct slice payload);
} takes[] = {
	{ READING, WORKER_FINDINGS, take_findings },
	{ READING, WORKER_JUDGED, take_judgement },
	{ JUDGING, WORKER_JUDGED, take_judgement },
	{ COMPOSING, WORKER_COMPOSED, take_notice },
	{ COMPOSING, WORKER_CANNOT, take_cannot },
};

static enum result answered(void *owner, void *job, struct frame *frame)
{
	struct request *request = job;

	(void)owner;
	for (size_t i = 0; i < COUNT_OF(takes); i++) {
		if (takes[i].stage != request->stage || (uint8_t)takes[i].kind != frame->kind || frame->fd >= 0)
			continue;
		if (!request->forgotten)
			return takes[i].take(request, frame->payload);
		drop(request);
		return OK;
	}
	return REFUSED;
}

/* ---- a worker that ended over it ---- */

static void died_reading(struct request *request, uint64_t took_ms)
{
	const struct dispatcher_limits *limits = &request->dispatcher->limits;
	uint64_t least = limits->cpu_ms < limits->inspect_ms ? limits->cpu_ms : limits->inspect_ms;

	request->stage = TO_READ;
	if (took_ms >= least)
		judge_unread(request, SLICE("inspecting it took too long"));
	else if (++request->deaths >= DEATHS_MOST)
		judge_unread(request, SLICE("its worker died twice"));
}

static void died_judging(struct request *request, uint64_t took_ms)
{
	(void)took_ms;
	request->stage = TO_JUDGE;
	if (++request->judge_deaths >= DEATHS_MOST)
		fail(request, SLICE("no worker could judge it"));
}

static void died_composing(struct request *request, uint64_t took_ms)
{
	(void)took_ms;
	request->stage = TO_COMPOSE;
	if (++request->deaths >= DEATHS_MOST)
		fail(request, SLICE("no worker could compose the notice"));
}

static void died(void *owner, void *job, uint64_t took_ms)
{
	static void (*const over[])(struct request *, uint64_t) = {
		[READING] = died_reading, [JUDGING] = died_judging, [COMPOSING] = died_composing };
	struct dispatcher *dispatcher = owner;
	struct request *request = job;

	count(dispatcher, INSPECT_COUNT_workers_died);
	say(request, "worker-died", SLICE("it ended, lied or was silent over this message"));
	if (request->forgotten)
		drop(request);
	else if (request->stage < COUNT_OF(over) && over[request->stage])
		over[request->stage](request, took_ms);
	hand_out(dispatcher);
}

/* ---- handing out ---- */

static enum result send_question(struct request *request, enum dispatcher_asks kind, int fd)
{
	return workers_give(&request->dispatcher->workers, request, (uint8_t)kind, request->serial,
	                    buffer_slice(&request->question), fd);
}

static enum result give_read(struct request *request)
{
	request->began = loop_ticks(request->dispatcher->loop);
	return send_question(request, WORKER_READ, request->fd);
}

static enum result give_compose(struct request *request)
{
	return send_question(request, WORKER_COMPOSE, request->fd);
}

static enum result give_judge(struct request *request)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	result = buffer_add(&payload, buffer_slice(&request->question));
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

static const struct {
	enum result (*give)(struct request *);
	enum stage then;
} gives[] = {
	[TO_READ] = { give_read, READING },
	[TO_JUDGE] = { give_judge, JUDGING },
	[TO_COMPOSE] = { give_compose, COMPOSING },
};

static bool is_waiting(const struct request *request)
{
	return request->stage < COUNT_OF(gives) && gives[request->stage].give;
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
		fail(request, SLICE("no memory"));
	}
	return result != AGAIN;
}

static void hand_out(struct dispatcher *dispatcher)
{
	bool readers = true, judge = true;           /* there may still be a free one */
	struct request *next;

	if (dispatcher->moving)
		return;
	dispatcher->moving = true;
	for (struct request *request = dispatcher->first; request && (readers || judge); request = next) {
		bool *free = request->stage == TO_JUDGE ? &judge : &readers;

		next = request->next;
		if (*free && is_waiting(request))
			*free = give_one(dispatcher, request);
	}
	dispatcher->moving = false;
}

static void free_again(void *owner)
{
	struct dispatcher *dispatcher = owner;

	counter_set(dispatcher->counters, INSPECT_COUNT_workers_busy, dispatcher->workers.busy);
	hand_out(dispatcher);
}

static enum result make(void *owner, bool judges, int *ret_wire)
{
	struct dispatcher *dispatcher = owner;

	TRY(dispatcher->make_worker(dispatcher->maker, judges, ret_wire));
	count(dispatcher, INSPECT_COUNT_workers_started);
	return OK;
}

static const struct workers_owner workers_owner = { make, answered, died, free_again };

/* ---- what the queue asks ---- */

static enum result read_envelope(struct request *request, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct envelope envelope;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = envelope_unpack(unpack_slice(&from, QUEUE_INSPECT_LONGEST), &arena, &envelope);
	if (result == OK)
		result = unpack_end(&from);
	if (result == OK && envelope.id.len == sizeof(request->id))
		memcpy(request->id, envelope.id.at, sizeof(request->id));
	if (result == OK)
		request->recipients = envelope.recipient_count;
	arena_finish(&arena);
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
	buffer_init(&request->findings, EVIDENCE_BYTES);
	buffer_init(&request->evidence, EVIDENCE_BYTES);
	timer_init(&request->deadline, dispatcher->loop, scanners_silent, request);
	link_last(dispatcher, request);
	if (dispatcher->in_flight >= dispatcher->limits.in_flight)
		channel_pause(&dispatcher->queue);
	return request;
}

/* Without room for the request itself nothing is answered: the queue's budget ends, and it asks again. */
static enum result obey_inspect(struct dispatcher *dispatcher, struct frame *frame)
{
	struct slice envelope = slice_drop(frame->payload, 1);
	int seals = frame->fd < 0 ? -1 : fcntl(frame->fd, F_GET_SEALS);
	struct request *request;

	if (seals < 0 || (seals & SEALED) != SEALED)
		return REFUSED;
	request = new_request(dispatcher, frame, TO_READ);
	if (request == NULL)
		return LATER;
	if (read_envelope(request, envelope) != OK || buffer_add(&request->question, envelope) != OK)
		fail(request, SLICE("the envelope could not be read"));
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
		fail(request, SLICE("no memory"));
	return OK;
}

static void forget(struct request *request)
{
	struct dispatcher *dispatcher = request->dispatcher;

	request->forgotten = true;
	if (request->stage == ASKING && request->scan_sent)
		(void)!channel_send(&dispatcher->scanners, INSPECT_FORGET, request->serial, SLICE(""), -1);
	if (is_waiting(request) || request->stage == ASKING)
		drop(request);
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
		[QUEUE_INSPECT] = obey_inspect, [QUEUE_FORGET] = obey_forget, [QUEUE_COMPOSE] = obey_compose };
	struct dispatcher *dispatcher = owner;

	if (frame->kind >= COUNT_OF(obeys) || obeys[frame->kind] == NULL)
		return REFUSED;
	TRY(obeys[frame->kind](dispatcher, frame));
	hand_out(dispatcher);
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
	workers_init(&dispatcher->workers, loop, &workers_owner, dispatcher);
}

enum result dispatcher_start(struct dispatcher *dispatcher, const struct dispatcher_limits *limits)
{
	dispatcher->limits = *limits;
	if (dispatcher->pool.size == 0)
		pool_init(&dispatcher->pool, sizeof(struct request), SIZE_MAX);
	return workers_start(&dispatcher->workers, &limits->workers);
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
	channel_close(&dispatcher->queue);
	channel_close(&dispatcher->scanners);
	workers_finish(&dispatcher->workers);
	while (dispatcher->first)
		drop(dispatcher->first);
	pool_finish(&dispatcher->pool);
}
