/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asked is a table; a request has three sets of its rows, and the last one that leaves `waits` moves it on. */
#include "inspect/sources.h"

#include "base/clock.h"

enum { ASK_GRACE = 500, ASK_LEAST = 1000 };

static const struct source *const sources[] = { &scanning_source, &lookups_source, &remembered_source };

static const struct source *find_source(enum question_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		if (sources[i]->kind == kind)
			return sources[i];
	return NULL;
}

bool sources_waits(const struct request *request, enum question_kind kind)
{
	return request->stage == ASKING && request->waits & sources_bit(kind);
}

bool sources_has_sent(const struct request *request, enum question_kind kind)
{
	return sources_waits(request, kind) && request->sent & sources_bit(kind);
}

uint64_t sources_took(const struct request *request)
{
	return loop_ticks(request->dispatcher->loop) - request->began;
}

uint64_t sources_time_left(const struct request *request)
{
	uint64_t took = sources_took(request), whole = request->dispatcher->limits.inspect_ms;

	return took + ASK_LEAST < whole ? whole - took : ASK_LEAST;
}

static void go_on(struct request *request)
{
	timer_stop(&request->deadline);
	request->stage = TO_JUDGE;
	dispatcher_hand_out(request->dispatcher);
}

/* ---- time is over ---- */

static uint64_t end_of(const struct request *request, const struct source *source)
{
	uint64_t brief = request->asks_since + request->dispatcher->limits.brief_ms;

	return source->brief && brief < request->asks_until ? brief : request->asks_until;
}

/* The next that comes of those it waits for. */
static enum result set_deadline(struct request *request)
{
	uint64_t now = loop_ticks(request->dispatcher->loop), next = UINT64_MAX;

	for (size_t i = 0; i < COUNT_OF(sources); i++)
		if (sources_waits(request, sources[i]->kind) && end_of(request, sources[i]) < next)
			next = end_of(request, sources[i]);
	return timer_start(&request->deadline, next > now ? next - now : 1);
}

static enum result give_up(struct request *request, const struct source *source)
{
	enum result result;

	dispatcher_count(request->dispatcher, source->failures);
	request_say(request, source->silent, SLICE("no answer in time"));
	result = source->missing(request, sources_took(request));
	if (source->forget)
		source->forget(request);
	request->waits &= ~sources_bit(source->kind);
	return result;
}

void sources_silent(void *owner)
{
	struct request *request = owner;
	struct dispatcher *dispatcher = request->dispatcher;
	uint64_t now = loop_ticks(dispatcher->loop);
	enum result result = OK;

	for (size_t i = 0; i < COUNT_OF(sources) && result == OK; i++)
		if (sources_waits(request, sources[i]->kind) && end_of(request, sources[i]) <= now)
			result = give_up(request, sources[i]);
	if (result == OK && request->waits)
		result = set_deadline(request);
	if (result != OK)
		request_fail(request, SLICE("no memory"));
	else if (request->waits == 0)
		request->stage = TO_JUDGE;
	dispatcher_hand_out(dispatcher);
}

/* ---- who is asked ---- */

static void ask(struct request *request, const struct source *source)
{
	if (sources_waits(request, source->kind))
		source->ask(request);
}

/* All of them before any answer: none of the calls ends the stage. */
bool sources_begin(struct request *request)
{
	request->stage = ASKING;
	request->waits = request->wants;
	request->sent = 0;
	request->asks_since = loop_ticks(request->dispatcher->loop);
	request->asks_until = request->asks_since + sources_time_left(request) + ASK_GRACE;
	if (answers_begin(request) != OK || set_deadline(request) != OK) {
		request->waits = 0;
		return request_judge_unread(request, SLICE("no room to ask about it"));
	}
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		ask(request, sources[i]);
	return true;
}

void sources_answered(struct request *request, enum question_kind kind)
{
	request->waits &= ~sources_bit(kind);
	if (request->stage == ASKING && request->waits == 0)
		go_on(request);
}

void sources_forget(struct request *request)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		if (sources[i]->forget)
			sources[i]->forget(request);
	request->waits = request->sent = 0;
}

void sources_lost(struct dispatcher *dispatcher, enum question_kind kind)
{
	for (struct request *request = dispatcher->first; request; request = request->next)
		request->sent &= ~sources_bit(kind);
}

void sources_again(struct dispatcher *dispatcher, enum question_kind kind)
{
	const struct source *source = find_source(kind);

	for (struct request *request = dispatcher->first; source && request; request = request->next)
		ask(request, source);
}
