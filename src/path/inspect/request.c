/* SPDX-License-Identifier: Apache-2.0 */
/* Each end of a request passes through request_drop(); nobody holds one over a call that may end it. */
#include "inspect/sources.h"

#include "inspect/inspect.h"

#include "base/fd.h"
#include "wire/queue-inspect.h"

struct slice request_id(const struct request *request)
{
	return (struct slice){ request->id, request->id[0] ? sizeof(request->id) : 0 };
}

void dispatcher_count(struct dispatcher *dispatcher, enum inspect_count which)
{
	counter_add(dispatcher->counters, which, 1);
}

void request_say(struct request *request, const char *event, struct slice reason)
{
	log_say(request->dispatcher->log, LOG_LEVEL_WARNING, request_id(request), event, "reason", reason);
}

/* ---- a request's life ---- */

void request_link(struct dispatcher *dispatcher, struct request *request)
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

void request_drop(struct request *request)
{
	struct dispatcher *dispatcher = request->dispatcher;

	sources_forget(request);
	unhook(dispatcher, request);
	timer_end(&request->deadline);
	fd_close(&request->fd);
	buffer_finish(&request->question);
	buffer_finish(&request->known);
	buffer_finish(&request->findings);
	buffer_finish(&request->evidence);
	buffer_finish(&request->judgement);
	pool_give(&dispatcher->pool, request);
	if (channel_is_open(&dispatcher->queue) && dispatcher->in_flight < dispatcher->limits.in_flight)
		channel_resume(&dispatcher->queue);
}

/* A queue that does not take the answer asks again; a forgotten question needs none. */
void request_answer(struct request *request, enum inspect_answers kind, struct slice payload, int fd)
{
	if (!request->forgotten)
		(void)!channel_send(&request->dispatcher->queue, (uint8_t)kind, request->exchange, payload, fd);
	request_drop(request);
}

void request_fail(struct request *request, struct slice reason)
{
	dispatcher_count(request->dispatcher, INSPECT_COUNT_failed);
	request_say(request, "failed", reason);
	request_answer(request, INSPECT_FAILED, reason, -1);
}

/* Judged without being read: the one fact is `unscannable`. */
bool request_judge_unread(struct request *request, struct slice reason)
{
	buffer_clear(&request->findings);
	request->stage = TO_JUDGE;
	request->tainted = request->unread = true;
	request_say(request, "unscannable", reason);
	if (findings_unscannable(reason, &request->findings) != OK ||
	    (buffer_length(&request->evidence) == 0 && answers_begin(request) != OK)) {
		request_fail(request, SLICE("no memory"));
		return false;
	}
	return true;
}
