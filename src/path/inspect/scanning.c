/* SPDX-License-Identifier: Apache-2.0 */
/* A question to the scanners is asked once a wire; whatever happens to the wire, its deadline ends it. */
#include "inspect/request.h"

#include "base/clock.h"
#include "base/pack.h"
#include "base/process.h"
#include "wire/inspect-scanners.h"

enum { SCAN_GRACE = 500, SCAN_LEAST = 1000 };

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

void scanning_silent(void *owner)
{
	struct request *request = owner;
	struct dispatcher *dispatcher = request->dispatcher;

	request->stage = TO_JUDGE;
	dispatcher_count(dispatcher, INSPECT_COUNT_scanner_failures);
	request_say(request, "scanners-silent", SLICE("no answer in time"));
	if (answers_missing(request, SLICE("no answer in time"), dispatcher->limits.inspect_ms) != OK)
		request_fail(request, SLICE("no memory"));
	dispatcher_hand_out(dispatcher);
}

void scanning_begin(struct request *request)
{
	request->stage = ASKING;
	if (timer_start(&request->deadline, time_left(request) + SCAN_GRACE) == OK)
		ask_scanners(request);
	else
		request_judge_unread(request, SLICE("no timer for its scanners"));
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
	dispatcher_hand_out(dispatcher);
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
