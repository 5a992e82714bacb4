/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question is on a list from its frame to its end. While the library is being asked, `asking` is set:
 * an answer that comes then is sent at once, and the question is ended after the library has returned.
 */
#include "resolver/questions.h"
#include "base/idn.h"
#include "base/pack.h"
#include "resolver/records.h"
#include "resolver/resolver.h"

#include <stdio.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

enum { INTERNET = 1, BOGUS = 1, SECURE = 2, HEAD_BYTES = 10, LOCAL_TTL = 3600 };

struct question {
	struct questions *room;
	struct asker *asker;
	struct question *next, *previous;
	uint64_t exchange;
	enum dns_type type;
	int handle;
	bool asking, answered;
	struct timer deadline;
	size_t length;
	char name[DNS_NAME + 1];
};

static struct slice name_of(const struct question *question)
{
	return (struct slice){ question->name, question->length };
}

static void end_question(struct question *question)
{
	struct questions *room = question->room;

	timer_end(&question->deadline);
	if (question->previous)
		question->previous->next = question->next;
	else
		room->first = question->next;
	if (question->next)
		question->next->previous = question->previous;
	question->asker->waiting--;
	pool_give(&room->pool, question);
	counter_set(room->counters, RESOLVER_COUNT_waiting, room->pool.used);
}

static enum result pack_answer(struct buffer *to, const struct records *records, bool secure, struct slice rdata)
{
	TRY(pack_u8(to, (uint8_t)records->end));
	TRY(pack_u8(to, secure && !records->cut));
	TRY(pack_u32(to, records->ttl));
	TRY(pack_u32(to, records->count));
	return buffer_add(to, rdata);
}

/* An asker that does not read its answers has a time-out of its own. */
static void send_answer(struct asker *asker, uint64_t exchange, const struct records *records, bool secure,
                        struct slice rdata)
{
	struct buffer answer;

	buffer_init(&answer, RELAY_RESOLVER_LONGEST);
	if (pack_answer(&answer, records, secure, rdata) == OK)
		(void)!channel_send(&asker->channel, DNS_ANSWER, exchange, buffer_slice(&answer), -1);
	buffer_finish(&answer);
	if (records->end == DNS_FAILED)
		counter_add(asker->questions->counters, RESOLVER_COUNT_failed, 1);
}

static void say(struct asker *asker, uint64_t exchange, enum dns_end end)
{
	const struct records records = { .end = end };

	send_answer(asker, exchange, &records, false, SLICE(""));
}

static void finish_question(struct question *question)
{
	if (question->asking)
		question->answered = true;
	else
		end_question(question);
}

static void count_answer(struct counters *counters, const struct records *records, int security)
{
	if (records->end == DNS_NO_NAME || records->end == DNS_NO_RECORDS)
		counter_add(counters, RESOLVER_COUNT_negative, 1);
	if (security == SECURE)
		counter_add(counters, RESOLVER_COUNT_secure, 1);
	if (security == BOGUS)
		counter_add(counters, RESOLVER_COUNT_bogus, 1);
}

static void answer_came(void *own_question, int code, void *message, int length, int security, char *why, int limited)
{
	struct question *question = own_question;
	struct records records = { .end = DNS_FAILED };
	struct buffer rdata;

	(void)why, (void)limited;
	buffer_init(&rdata, RELAY_RESOLVER_LONGEST - HEAD_BYTES);
	if ((code == 0 || code == 3) && security != BOGUS && message && length > 0 &&
	    records_read((struct slice){ message, (size_t)length }, name_of(question), question->type, &rdata,
			 &records) != OK)
		records = (struct records){ .end = DNS_FAILED };
	send_answer(question->asker, question->exchange, &records, security == SECURE, buffer_slice(&rdata));
	buffer_finish(&rdata);
	count_answer(question->room->counters, &records, security);
	if (question->asking)
		counter_add(question->room->counters, RESOLVER_COUNT_cached, 1);
	finish_question(question);
}

static void take_back(struct question *question)
{
	if (question->room->library && !question->answered)
		(void)ub_cancel(question->room->library, question->handle);
	end_question(question);
}

static void too_late(void *own_question)
{
	struct question *question = own_question;

	counter_add(question->room->counters, RESOLVER_COUNT_timeouts, 1);
	say(question->asker, question->exchange, DNS_FAILED);
	take_back(question);
}

/* RFC 6761: a name that is never asked of anybody. */
static bool answer_localhost(struct asker *asker, uint64_t exchange, struct slice name, uint32_t type)
{
	static const struct { uint32_t type; struct slice packed; } addresses[] = {
		{ DNS_A, LIT("\x04\0\0\0\x7f\0\0\x01") },
		{ DNS_AAAA, LIT("\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01") },
	};
	struct records records = { .end = DNS_NO_RECORDS, .ttl = LOCAL_TTL };

	if (!slice_same_nocase(name, SLICE("localhost")) && !slice_ends_nocase(name, SLICE(".localhost")))
		return false;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		if (addresses[i].type != type)
			continue;
		records.end = DNS_FOUND;
		records.count = 1;
		send_answer(asker, exchange, &records, false, addresses[i].packed);
		return true;
	}
	send_answer(asker, exchange, &records, false, SLICE(""));
	return true;
}

static struct question *make_question(struct asker *asker, uint64_t exchange, struct slice name, uint32_t type)
{
	struct questions *room = asker->questions;
	struct question *question = asker->waiting < QUESTIONS_OF_ONE ? pool_take(&room->pool) : NULL;

	if (question == NULL)
		return NULL;
	question->room = room;
	question->asker = asker;
	question->exchange = exchange;
	question->type = (enum dns_type)type;
	question->length = name.len;
	memcpy(question->name, name.at, name.len);
	question->next = room->first;
	if (question->next)
		question->next->previous = question;
	room->first = question;
	asker->waiting++;
	timer_init(&question->deadline, room->loop, too_late, question);
	counter_set(room->counters, RESOLVER_COUNT_waiting, room->pool.used);
	return question;
}

static void ask_library(struct question *question)
{
	struct questions *room = question->room;
	int error;

	question->asking = true;
	error = room->library ? ub_resolve_event(room->library, question->name, (int)question->type, INTERNET, question,
	                                         answer_came, &question->handle)
	                      : UB_INITFAIL;
	question->asking = false;
	if (question->answered) {
		end_question(question);
		return;
	}
	if (error == 0 && timer_start(&question->deadline, room->timeout_ms) == OK)
		return;
	say(question->asker, question->exchange, DNS_FAILED);
	question->answered = error != 0;
	take_back(question);
}

static bool is_known_type(uint32_t type)
{
	static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA };

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if ((uint32_t)types[i] == type)
			return true;
	return false;
}

static enum result take_ask(struct asker *asker, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint32_t type = unpack_u32(&from);
	struct slice name = unpack_slice(&from, DNS_NAME);
	struct question *question;
	struct idn read;
	enum result end;

	TRY(unpack_end(&from));
	if (!is_known_type(type))
		return REFUSED;
	counter_add(asker->questions->counters, RESOLVER_COUNT_questions, 1);
	end = idn_read(name, &read);
	if (end != OK) {
		say(asker, frame->exchange, end == REFUSED ? DNS_NO_NAME : DNS_FAILED);
		return OK;
	}
	name = (struct slice){ read.text, read.length };
	if (answer_localhost(asker, frame->exchange, name, type))
		return OK;
	question = make_question(asker, frame->exchange, name, type);
	if (question) {
		ask_library(question);
		return OK;
	}
	counter_add(asker->questions->counters, RESOLVER_COUNT_too_many, 1);
	say(asker, frame->exchange, DNS_FAILED);
	return OK;
}

static enum result take_forget(struct asker *asker, struct frame *frame)
{
	if (frame->payload.len)
		return REFUSED;
	for (struct question *question = asker->questions->first; question; question = question->next)
		if (question->asker == asker && question->exchange == frame->exchange) {
			take_back(question);
			return OK;
		}
	return OK;
}

static const struct { uint8_t kind; enum result (*take)(struct asker *asker, struct frame *frame); } asks[] = {
	{ DNS_ASK, take_ask },
	{ DNS_FORGET, take_forget },
};

static enum result frame_came(void *own_asker, struct frame *frame)
{
	for (size_t i = 0; i < COUNT_OF(asks); i++)
		if (asks[i].kind == frame->kind)
			return asks[i].take(own_asker, frame);
	return REFUSED;
}

static void asker_gone(void *own_asker)
{
	struct asker *asker = own_asker;

	for (struct question *question = asker->questions->first, *next; question; question = next) {
		next = question->next;
		if (question->asker == asker)
			take_back(question);
	}
	channel_close(&asker->channel);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = asker_gone };

void questions_init(struct questions *questions, struct loop *loop, struct counters *counters, struct ub_ctx *library,
                    uint64_t timeout_ms)
{
	*questions =
	    (struct questions){ .loop = loop, .counters = counters, .library = library, .timeout_ms = timeout_ms };
	pool_init(&questions->pool, sizeof(struct question), QUESTIONS);
}

static bool is_asker(const struct asker *asker, struct slice name, uint32_t instance)
{
	return channel_is_open(&asker->channel) && asker->instance == instance &&
	       slice_same(slice_of(asker->name), name);
}

/* A new wire of the same asker takes the place of the old one. */
static struct asker *place_for(struct questions *questions, struct slice name, uint32_t instance)
{
	struct asker *place = NULL;

	for (size_t i = 0; i < ASKERS; i++) {
		if (is_asker(&questions->askers[i], name, instance))
			return &questions->askers[i];
		if (!channel_is_open(&questions->askers[i].channel))
			place = &questions->askers[i];
	}
	return place;
}

enum result questions_wire(struct questions *questions, struct slice name, uint32_t instance, int fd)
{
	struct asker *asker = place_for(questions, name, instance);

	if (asker == NULL || name.len >= sizeof(asker->name)) {
		(void)close(fd);
		return LATER;
	}
	if (channel_is_open(&asker->channel))
		asker_gone(asker);
	*asker = (struct asker){ .questions = questions, .instance = instance };
	memcpy(asker->name, name.at, name.len);
	return channel_open(&asker->channel, questions->loop, fd, RELAY_RESOLVER_LONGEST, &handler, asker);
}

void questions_finish(struct questions *questions)
{
	for (size_t i = 0; i < ASKERS; i++)
		if (channel_is_open(&questions->askers[i].channel))
			asker_gone(&questions->askers[i]);
	pool_finish(&questions->pool);
}
