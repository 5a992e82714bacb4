/* SPDX-License-Identifier: Apache-2.0 */
/* A question to the scanners is asked once a wire; whatever happens to the wire, the request's deadline ends it. */
#include "inspect/sources.h"

#include "base/pack.h"
#include "base/process.h"
#include "wire/inspect-scanners.h"

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
	if (sources_has_sent(request, ASK_SCANNERS) || !channel_is_open(&request->dispatcher->scanners))
		return;
	if (send_scan(request, sources_time_left(request)) == OK)
		request->sent |= sources_bit(ASK_SCANNERS);
}

static enum result scanners_missing(struct request *request, uint64_t took_ms)
{
	request->tainted = true;
	return answers_missing(request, ASK_SCANNERS, SLICE("scanners"), SLICE("no answer in time"), took_ms);
}

static void forget_scan(struct request *request)
{
	if (sources_has_sent(request, ASK_SCANNERS))
		(void)!channel_send(&request->dispatcher->scanners, INSPECT_FORGET, request->serial, SLICE(""), -1);
}

const struct source scanning_source = {
	.kind = ASK_SCANNERS, .silent = "scanners-silent", .failures = INSPECT_COUNT_scanner_failures,
	.ask = ask_scanners, .missing = scanners_missing, .forget = forget_scan,
};

static struct request *find_asking(struct dispatcher *dispatcher, uint64_t serial)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		if (request->serial == serial && sources_has_sent(request, ASK_SCANNERS))
			return request;
	return NULL;
}

/* An answer that comes too late, or to nothing, is passed over; one that cannot be read ends the wire. */
static enum result scanners_frame(void *owner, struct frame *frame)
{
	struct dispatcher *dispatcher = owner;
	struct request *request = find_asking(dispatcher, frame->exchange);

	if (frame->kind != SCANNERS_SCANNED || frame->fd >= 0)
		return REFUSED;
	if (request == NULL)
		return OK;
	TRY(answers_read(request, frame->payload, dispatcher->limits.scanners, sources_took(request)));
	sources_answered(request, ASK_SCANNERS);
	return OK;
}

static void scanners_closed(void *owner)
{
	struct dispatcher *dispatcher = owner;

	process_wire_lost(dispatcher->process, "scanners", 0);
	sources_lost(dispatcher, ASK_SCANNERS);
}

static const struct channel_handler scanners_handler = { scanners_frame, scanners_closed };

enum result dispatcher_scanners(struct dispatcher *dispatcher, int fd)
{
	channel_close(&dispatcher->scanners);
	sources_lost(dispatcher, ASK_SCANNERS);
	TRY(channel_open(&dispatcher->scanners, dispatcher->loop, fd, INSPECT_SCANNERS_LONGEST, &scanners_handler,
	                 dispatcher));
	sources_again(dispatcher, ASK_SCANNERS);
	return OK;
}
