/* SPDX-License-Identifier: Apache-2.0 */
/* A question is an expansion with an address for the answer. */
#include "access/questions.h"

#include "access/access.h"
#include "base/pack.h"
#include "base/process.h"
#include "mail/smtp/smtp.h"

#include <unistd.h>

struct question {
	struct expansion expansion;
	struct questions *room;
	struct asker *asker;
	struct zones *zones;
	struct question *next, *previous;
	uint64_t exchange;
};

static void show_waiting(const struct questions *questions)
{
	counter_set(questions->counters, ACCESS_COUNT_waiting, questions->pool.used);
}

static void end_question(struct question *question)
{
	struct questions *room = question->room;

	expansion_finish(&question->expansion);
	zones_leave(question->zones);
	if (question->previous)
		question->previous->next = question->next;
	else
		room->first = question->next;
	if (question->next)
		question->next->previous = question->previous;
	question->asker->waiting--;
	pool_give(&room->pool, question);
	show_waiting(room);
}

/* ---- answers ---- */

static void say(struct asker *asker, uint64_t exchange, enum access_answers kind, struct slice payload)
{
	static const enum access_count counts[] = {
		[ACCESS_ACCEPTED] = ACCESS_COUNT_accepted, [ACCESS_UNKNOWN] = ACCESS_COUNT_unknown,
		[ACCESS_LATER] = ACCESS_COUNT_later, [ACCESS_NOT_FOR_YOU] = ACCESS_COUNT_unknown,
	};

	counter_add(asker->questions->counters, counts[kind], 1);
	/* A front that does not read its answers has a deadline of its own. */
	(void)!channel_send(&asker->channel, (uint8_t)kind, exchange, payload, -1);
}

static enum result pack_members(const struct expansion *expansion, struct buffer *to)
{
	uint32_t count = 0;

	for (const struct member *member = expansion->first; member; member = member->next)
		count += member_counts(member);
	TRY(pack_u32(to, count));
	for (const struct member *member = expansion->first; member; member = member->next)
		if (member_counts(member))
			TRY(pack_slice(to, member->address));
	return OK;
}

static void say_accepted(struct question *question)
{
	struct buffer packed;

	buffer_init(&packed, FRONT_ACCESS_ANSWER);
	if (pack_members(&question->expansion, &packed) == OK)
		say(question->asker, question->exchange, ACCESS_ACCEPTED, buffer_slice(&packed));
	else
		say(question->asker, question->exchange, ACCESS_LATER, SLICE(""));
	buffer_finish(&packed);
}

static void log_later(const struct question *question)
{
	struct log_line line;

	if (question->expansion.first == NULL)
		return;
	log_begin(&line, question->room->log, LOG_LEVEL_NOTICE, SLICE(""), "later");
	log_text(&line, "recipient", question->expansion.first->address);
	log_text(&line, "why", slice_of(question->expansion.why));
	log_end(&line);
}

static void answer(struct question *question, enum result end)
{
	bool hidden = question->expansion.not_for_you;

	switch (end) {
	case OK:
		say_accepted(question);
		break;
	case REFUSED:
		say(question->asker, question->exchange, hidden ? ACCESS_NOT_FOR_YOU : ACCESS_UNKNOWN, SLICE(""));
		break;
	case AGAIN:
	case LATER:
	case BROKEN:
		log_later(question);
		say(question->asker, question->exchange, ACCESS_LATER, SLICE(""));
		break;
	}
	end_question(question);
}

static void done(struct expansion *expansion, enum result end)
{
	answer((struct question *)((char *)expansion - offsetof(struct question, expansion)), end);
}

/* ---- questions ---- */

static struct question *make_question(struct asker *asker, uint64_t exchange)
{
	struct questions *room = asker->questions;
	struct question *question = asker->waiting < QUESTIONS_OF_ONE ? pool_take(&room->pool) : NULL;

	if (question == NULL)
		return NULL;
	question->room = room;
	question->asker = asker;
	question->exchange = exchange;
	question->zones = room->zones;
	room->zones->users++;
	question->next = room->first;
	if (question->next)
		question->next->previous = question;
	room->first = question;
	asker->waiting++;
	show_waiting(room);
	return question;
}

static struct question *find_question(const struct asker *asker, uint64_t exchange)
{
	for (struct question *question = asker->questions->first; question; question = question->next)
		if (question->asker == asker && question->exchange == exchange)
			return question;
	return NULL;
}

static bool is_address(struct slice text)
{
	struct address address;

	return address_bare(text, true, &address) == OK && address.domain.len;
}

static enum result take_ask(struct asker *asker, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint32_t flags = unpack_u32(&from);
	struct slice sender = unpack_slice(&from, ACCESS_ADDRESS), recipient = unpack_slice(&from, ACCESS_ADDRESS);
	struct questions *room = asker->questions;
	struct question *question;
	enum result end;

	TRY(unpack_end(&from));
	if ((sender.len && !is_address(sender)) || !is_address(recipient) ||
	    flags & ~(uint32_t)(ACCESS_TRUSTED | ACCESS_LOCAL | ACCESS_AUTHENTICATED) ||
	    find_question(asker, frame->exchange))
		return REFUSED;
	counter_add(room->counters, ACCESS_COUNT_questions, 1);
	question = make_question(asker, frame->exchange);
	if (question == NULL) {
		say(asker, frame->exchange, ACCESS_LATER, SLICE(""));
		return OK;
	}
	question->expansion = (struct expansion){ .zones = question->zones, .callouts = room->callouts, .client = flags,
		                                  .limit = room->limit, .done = done, .why = "" };
	end = expansion_begin(&question->expansion, recipient);
	if (end != AGAIN)
		answer(question, end);
	return OK;
}

static enum result take_forget(struct asker *asker, struct frame *frame)
{
	struct question *question = find_question(asker, frame->exchange);

	if (frame->payload.len)
		return REFUSED;
	if (question)
		end_question(question);
	return OK;
}

static const struct { uint8_t kind; enum result (*take)(struct asker *asker, struct frame *frame); } asks[] = {
	{ ACCESS_ASK, take_ask },
	{ ACCESS_FORGET, take_forget },
};

static enum result frame_came(void *own_asker, struct frame *frame)
{
	for (size_t i = 0; i < COUNT_OF(asks); i++)
		if (asks[i].kind == frame->kind)
			return asks[i].take(own_asker, frame);
	return REFUSED;
}

static void forget_asker(struct asker *asker)
{
	for (struct question *question = asker->questions->first, *next; question; question = next) {
		next = question->next;
		if (question->asker == asker)
			end_question(question);
	}
	channel_close(&asker->channel);
}

static void asker_gone(void *own_asker)
{
	struct asker *asker = own_asker;

	forget_asker(asker);
	process_wire_lost(asker->questions->process, "front", asker->instance);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = asker_gone };

/* ---- the room ---- */

void questions_init(struct questions *questions, struct loop *loop, struct counters *counters, struct log *log,
                    struct callouts *callouts)
{
	*questions = (struct questions){ .loop = loop, .counters = counters, .log = log, .callouts = callouts };
	pool_init(&questions->pool, sizeof(struct question), QUESTIONS);
}

void questions_settle(struct questions *questions, struct zones *zones, size_t limit)
{
	zones_leave(questions->zones);
	questions->zones = zones;
	questions->limit = limit;
}

/* The place of that front, or a free one; NULL: there is none. */
static struct asker *place_for(struct questions *questions, uint32_t instance)
{
	size_t free = ASKERS;

	for (size_t i = 0; i < ASKERS; i++) {
		if (!channel_is_open(&questions->askers[i].channel))
			free = free == ASKERS ? i : free;
		else if (questions->askers[i].instance == instance)
			return &questions->askers[i];
	}
	return free < ASKERS ? &questions->askers[free] : NULL;
}

enum result questions_wire(struct questions *questions, uint32_t instance, int fd)
{
	struct asker *asker = place_for(questions, instance);

	if (asker == NULL) {
		(void)close(fd);
		return LATER;
	}
	if (channel_is_open(&asker->channel))
		forget_asker(asker);
	asker->questions = questions;
	asker->instance = instance;
	return channel_open(&asker->channel, questions->loop, fd, FRONT_ACCESS_QUESTION, &handler, asker);
}

void questions_finish(struct questions *questions)
{
	for (size_t i = 0; i < ASKERS; i++)
		if (channel_is_open(&questions->askers[i].channel))
			forget_asker(&questions->askers[i]);
	pool_finish(&questions->pool);
	zones_leave(questions->zones);
	questions->zones = NULL;
}
