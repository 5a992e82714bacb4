/* SPDX-License-Identifier: Apache-2.0 */
/* Two steps, ASKED and STORING: in the first a deposit can be forgotten, in the second it comes to its end. */
#include "queue/deposits.h"

#include "base/fd.h"
#include "base/sealed.h"
#include "queue/fates.h"
#include "queue/keeping.h"
#include "queue/partial.h"
#include "queue/room.h"
#include "wire/front-queue.h"
#include "wire/queue-inspect.h"


enum { MEMORY_LIMIT = 24 << 20, INSPECT_MORE = 16 };

enum step { ASKED, STORING };

struct deposit {
	struct deposit *next, *previous;
	struct queue *queue;
	struct front_wire *front;                /* NULL: gone */
	uint64_t exchange;
	enum step step;
	struct arena memory;
	struct slice packed;
	struct envelope envelope;
	int memfd;
	uint64_t size;
	struct ask ask;
	struct timer budget;
	struct judgement judgement;
	struct judgement as_judged;              /* the same, and the envelope, before it was … */
	struct slice as_packed;                  /* … decided what to do; for the record */
	struct slice said;                       /* who is refused though it is kept */
	bool judged;
	struct entry *entry;
	struct keeping keeping;
	struct journal_note note;
};

static void leave_front(struct deposit *deposit)
{
	if (deposit->front == NULL)
		return;
	if (deposit->previous)
		deposit->previous->next = deposit->next;
	else
		deposit->front->first = deposit->next;
	if (deposit->next)
		deposit->next->previous = deposit->previous;
	deposit->front = NULL;
}

static void forget(struct deposit *deposit)
{
	struct deposits *deposits = &deposit->queue->deposits;

	leave_front(deposit);
	ask_end(&deposit->queue->asks, &deposit->ask);
	timer_end(&deposit->budget);
	fd_close(&deposit->memfd);
	arena_finish(&deposit->memory);
	if (deposit->step == STORING)
		deposits->storing--;
	pool_give(&deposits->pool, deposit);
}

/* What is not kept comes again, and is counted then. */
static void record(const struct deposit *deposit, enum queue_says kind)
{
	struct recorded recorded = { deposit->envelope.id, deposit->as_packed, &deposit->as_judged, 0, false };

	for (uint32_t i = 0; kind != QUEUE_LATER && i < deposit->judgement.fate_count; i++)
		recorded.outcomes |= 1u << deposit->judgement.fates[i].outcome;
	recording_judged(&deposit->queue->recording, &recorded);
}

static void reply(struct deposit *deposit, enum queue_says kind, struct slice text)
{
	if (deposit->judged)
		record(deposit, kind);
	text = slice_take(&text, kind == QUEUE_KEPT ? FRONT_QUEUE_ANSWER : FRONT_QUEUE_REPLY);
	if (deposit->front)
		(void)!channel_send(&deposit->front->wire, (uint8_t)kind, deposit->exchange, text, -1);
	forget(deposit);
}

static void put_off(struct deposit *deposit, const char *text)
{
	queue_count(deposit->queue, QUEUE_COUNT_messages_put_off, 1);
	reply(deposit, QUEUE_LATER, slice_of(text));
}

static void accepted(struct deposit *deposit)
{
	struct queue *queue = deposit->queue;

	queue_count(queue, QUEUE_COUNT_messages_accepted, 1);
	queue_count(queue, QUEUE_COUNT_recipients_accepted, deposit->envelope.recipient_count);
	queue_note(queue, LOG_LEVEL_INFO, deposit->envelope.id, "kept", "verdict",
	           slice_of(deposit->judged ? verdict_name(deposit->judgement.verdict) : "later"));
	reply(deposit, QUEUE_KEPT, deposit->said);
}

/* ---- storing ---- */

static void kept(struct keeping *keeping)
{
	struct deposit *deposit = (struct deposit *)(void *)((char *)keeping - offsetof(struct deposit, keeping));
	struct queue *queue = deposit->queue;
	struct entry *entry = deposit->entry;
	struct visit_news news;

	if (keeping->end != OK) {
		if (entry)
			entries_remove(&queue->entries, entry);
		put_off(deposit, keeping_lacks_room(keeping) ? "452 4.3.1 no room for it now, try later"
		                                             : "451 4.3.0 could not be stored, try later");
		return;
	}
	if (entry == NULL) {
		accepted(deposit);
		return;
	}
	entry->flags |= ENTRY_CHECKED;
	news = (struct visit_news){ deposit->memory, keeping->fd, spool_text_map(&keeping->text), deposit->packed,
		                    deposit->envelope, deposit->judgement, deposit->judged };
	deposit->memory = (struct arena){ 0 };           /* lives on in the news, and the envelope in it */
	accepted(deposit);
	visits_hand_over(queue, entry, &news);
}

static unsigned fates_like(const struct deposit *deposit, unsigned outcomes)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < deposit->judgement.fate_count; i++)
		count += (outcomes >> deposit->judgement.fates[i].outcome) & 1;
	return count;
}

/* After 250 nobody is refused: what would be goes to quarantine. */
static void soften(struct deposit *deposit)
{
	for (uint32_t i = 0; i < deposit->judgement.fate_count; i++) {
		struct fate *fate = &deposit->judgement.fates[i];

		if (fate->outcome != FATE_REJECT)
			continue;
		fate->outcome = FATE_QUARANTINE;
		fate->kind = SLICE("late");
	}
}

static enum result pack_judgement(struct deposit *deposit)
{
	struct buffer packed;
	enum result end;

	if (!deposit->judged)
		return OK;
	soften(deposit);
	buffer_init(&packed, MEMORY_LIMIT);
	end = judgement_pack(&deposit->judgement, &packed);
	if (end == OK)
		end = arena_keep(&deposit->memory, buffer_slice(&packed), &deposit->keeping.text.judgement);
	buffer_finish(&packed);
	return end;
}

static enum result prepare(struct deposit *deposit)
{
	const unsigned live = 1u << FATE_DELIVER | 1u << FATE_DEFER | 1u << FATE_HOLD | 1u << FATE_BOUNCE |
	                      1u << FATE_DISCARD;          /* of some: the ledger wants to hear of them */
	struct keeping *keeping = &deposit->keeping;

	TRY(pack_judgement(deposit));
	keeping->live = !deposit->judged || fates_like(deposit, live) || judgement_has_errands(&deposit->judgement);
	keeping->apart = deposit->judged && fates_like(deposit, 1u << FATE_QUARANTINE);
	keeping->text.serial = (uint32_t)queue_chance();
	keeping->text.envelope = deposit->packed;
	keeping->text.content = deposit->memfd;
	keeping->text.length = deposit->size;
	keeping->kept = kept;
	keeping->lend = deposit->judged;
	memcpy(keeping->name, deposit->envelope.id.at, MESSAGE_ID_SIZE);
	spool_day_name(queue_now(), keeping->day);
	if (!keeping->live)
		return OK;
	return fates_admit(deposit->queue, &deposit->envelope, keeping->text.serial, deposit->size,
	                   deposit->judged ? &deposit->judgement : NULL, &deposit->entry);
}

static void count_apart(struct deposit *deposit)
{
	if (deposit->judged)
		queue_count(deposit->queue, QUEUE_COUNT_quarantined, fates_like(deposit, 1u << FATE_QUARANTINE));
	else
		queue_count(deposit->queue, QUEUE_COUNT_judged_later, 1);
}

static void begin_storing(struct deposit *deposit)
{
	ask_end(&deposit->queue->asks, &deposit->ask);
	timer_stop(&deposit->budget);
	if (prepare(deposit) != OK) {
		put_off(deposit, "452 4.3.1 the queue is full, try later");
		return;
	}
	deposit->step = STORING;
	deposit->queue->deposits.storing++;
	if (deposit->entry)
		deposit->entry->tried = deposit->ask.tried;
	count_apart(deposit);
	keeping_begin(deposit->queue, &deposit->keeping);
}

/* ---- nothing to store ---- */

static void discard_noted(struct journal_note *note)
{
	accepted((struct deposit *)(void *)((char *)note - offsetof(struct deposit, note)));
}

static void refuse(struct deposit *deposit, struct slice text, struct slice rule)
{
	queue_count(deposit->queue, QUEUE_COUNT_messages_refused, 1);
	queue_note(deposit->queue, LOG_LEVEL_INFO, deposit->envelope.id, "refused", "rule", rule);
	reply(deposit, QUEUE_REFUSED, text);
}

static void refuse_all(struct deposit *deposit)
{
	struct slice text = deposit->judgement.fates[0].reply;

	refuse(deposit, text.len ? text : SLICE("550 5.7.1 this message was refused"), deposit->judgement.fates[0].rule);
}

static void put_off_all(struct deposit *deposit)
{
	struct slice text = deposit->judgement.fates[0].reply;

	queue_count(deposit->queue, QUEUE_COUNT_messages_put_off, 1);
	reply(deposit, QUEUE_LATER, text.len ? text : SLICE("451 4.7.1 try later"));
}

static void discard_all(struct deposit *deposit)
{
	struct queue *queue = deposit->queue;

	for (uint32_t i = 0; i < deposit->envelope.recipient_count; i++) {
		struct journal_record record = { .kind = JOURNAL_DISCARDED, .place = i };

		memcpy(record.id, deposit->envelope.id.at, MESSAGE_ID_SIZE);
		queue->totals[LEDGER_DISCARDED]++;
		journal_add(&queue->journal, &record);
		queue_count(queue, QUEUE_COUNT_discarded, 1);
	}
	deposit->step = STORING;
	queue->deposits.storing++;
	timer_stop(&deposit->budget);
	journal_sync(&queue->journal, &deposit->note, discard_noted);
}

static const struct whole_row { enum outcome outcome; void (*then)(struct deposit *); } wholes[] = {
	{ FATE_REJECT,  refuse_all },
	{ FATE_DEFER,   put_off_all },
	{ FATE_DISCARD, discard_all },           /* unless copies or notices are to be made of it first */
};

/* Without room for that they go to quarantine, as those of SMTP do. */
static void refuse_some(struct deposit *deposit)
{
	uint32_t before = deposit->envelope.recipient_count;

	if (!partial_is_told(&deposit->envelope) || !fates_like(deposit, 1u << FATE_REJECT) ||
	    fates_like(deposit, 1u << FATE_REJECT) == deposit->judgement.fate_count ||
	    partial_refuse(&deposit->memory, &deposit->envelope, &deposit->judgement, &deposit->packed, &deposit->said) != OK)
		return;
	queue_note(deposit->queue, LOG_LEVEL_INFO, deposit->envelope.id, "some-refused", "recipients",
	           before - deposit->envelope.recipient_count == 1 ? SLICE("one") : SLICE("several"));
}

static void decide(struct deposit *deposit)
{
	for (size_t i = 0; i < COUNT_OF(wholes) && !judgement_has_errands(&deposit->judgement); i++)
		if (fates_like(deposit, 1u << wholes[i].outcome) == deposit->judgement.fate_count) {
			wholes[i].then(deposit);
			return;
		}
	refuse_some(deposit);
	begin_storing(deposit);
}

static enum result take_judgement(struct deposit *deposit, struct slice text)
{
	struct judgement *judgement = &deposit->judgement;
	struct fate *fates;

	TRY(visits_judgement(&deposit->memory, text, deposit->envelope.recipient_count, deposit->size, judgement));
	fates = arena_array(&deposit->memory, struct fate, judgement->fate_count);
	if (fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		fates[i] = judgement->fates[i];
	deposit->as_packed = deposit->packed;
	deposit->as_judged = *judgement;
	deposit->as_judged.fates = fates;
	return OK;
}

static void answered(struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	struct deposit *deposit = (struct deposit *)(void *)((char *)ask - offsetof(struct deposit, ask));

	fd_close(&fd);
	if (end == ASK_JUDGED)
		deposit->judged = take_judgement(deposit, text) == OK;
	if (deposit->judged)
		decide(deposit);
	else
		begin_storing(deposit);
}

static void budget_over(void *owner)
{
	begin_storing(owner);
}

/* ---- what a front may ask ---- */

static enum result read_envelope(struct deposit *deposit, struct slice payload)
{
	const uint32_t ours = ENVELOPE_NOTICE | ENVELOPE_RELEASED;

	if (payload.len > QUEUE_INSPECT_LONGEST - INSPECT_MORE)
		return LATER;         /* could never be asked about */
	TRY(arena_keep(&deposit->memory, payload, &deposit->packed));
	TRY(envelope_unpack(deposit->packed, &deposit->memory, &deposit->envelope));
	if (deposit->envelope.recipient_count == 0 || deposit->envelope.flags & ours || deposit->envelope.target.len)
		return REFUSED;
	return message_id_valid(deposit->envelope.id) ? OK : REFUSED;
}

/* A descriptor that somebody can still change is no message. */
static enum result read_memfd(struct deposit *deposit)
{
	return sealed_size(deposit->memfd, &deposit->size);
}

static bool in_use(const struct front_wire *front, uint64_t exchange)
{
	for (const struct deposit *other = front->first; other; other = other->next)
		if (other->exchange == exchange)
			return true;
	return false;
}

static void enter_front(struct deposit *deposit, struct front_wire *front)
{
	deposit->front = front;
	deposit->next = front->first;
	if (front->first)
		front->first->previous = deposit;
	front->first = deposit;
}

static void ask_about(struct deposit *deposit)
{
	deposit->ask.kind = QUEUE_INSPECT;
	deposit->ask.payload = deposit->packed;
	deposit->ask.fd = deposit->memfd;
	deposit->ask.answered = answered;
	ask_begin(&deposit->queue->asks, &deposit->ask);
	if (timer_start(&deposit->budget, deposit->queue->settings.answer_budget.n * 1000) != OK)
		begin_storing(deposit);
}

static enum result consider(struct deposit *deposit, struct frame *frame)
{
	struct queue *queue = deposit->queue;
	enum result end;

	deposit->memfd = frame_take_fd(frame);
	end = read_envelope(deposit, frame->payload);
	if (end == OK)
		end = read_memfd(deposit);
	if (end == REFUSED) {
		forget(deposit);
		return REFUSED;
	}
	if (deposit->size > queue->settings.message_limit.n)
		refuse(deposit, SLICE("552 5.3.4 the message is larger than the queue takes"), SLICE("message_limit"));
	else if (end != OK || !reserve_has_room(&queue->reserve))
		put_off(deposit, "452 4.3.1 no room for it now, try later");
	else if (queue->stopping || entries_find(&queue->entries, deposit->envelope.id))
		put_off(deposit, "451 4.3.2 not now, try later");
	else
		ask_about(deposit);
	return OK;
}

static enum result grant_deposit(struct front_wire *front, struct frame *frame)
{
	struct queue *queue = front->queue;
	struct deposit *deposit;

	if (in_use(front, frame->exchange))
		return REFUSED;
	deposit = pool_take(&queue->deposits.pool);
	if (deposit == NULL) {
		(void)!channel_send(&front->wire, QUEUE_LATER, frame->exchange, SLICE("451 4.3.2 too busy, try later"), -1);
		return OK;
	}
	deposit->queue = queue;
	deposit->exchange = frame->exchange;
	arena_init(&deposit->memory, MEMORY_LIMIT);
	timer_init(&deposit->budget, &queue->process->loop, budget_over, deposit);
	enter_front(deposit, front);
	return consider(deposit, frame);
}

static enum result grant_cancel(struct front_wire *front, struct frame *frame)
{
	for (struct deposit *deposit = front->first; deposit; deposit = deposit->next)
		if (deposit->exchange == frame->exchange) {
			if (deposit->step == ASKED)
				forget(deposit);
			return OK;
		}
	return OK;         /* answered meanwhile */
}

static const struct request {
	enum front_says kind;
	size_t longest;
	bool with_fd;
	enum result (*grant)(struct front_wire *front, struct frame *frame);
} requests[] = {
	{ FRONT_DEPOSIT, FRONT_QUEUE_LONGEST, true,  grant_deposit },
	{ FRONT_CANCEL,  0,                   false, grant_cancel },
};

static enum result frame_came(void *owner, struct frame *frame)
{
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		const struct request *request = &requests[i];

		if (request->kind != (enum front_says)frame->kind)
			continue;
		if (frame->payload.len > request->longest || (frame->fd >= 0) != request->with_fd)
			return REFUSED;
		return request->grant(owner, frame);
	}
	return REFUSED;
}

/* What had not begun to be kept is forgotten; the rest is kept, and nobody is told. */
static void front_gone(void *owner)
{
	struct front_wire *front = owner;

	while (front->first) {
		struct deposit *deposit = front->first;

		if (deposit->step == ASKED)
			forget(deposit);
		else
			leave_front(deposit);
	}
}

static const struct channel_handler handler = { frame_came, front_gone };

void deposits_init(struct deposits *deposits, struct queue *queue)
{
	*deposits = (struct deposits){ .queue = queue };
	pool_init(&deposits->pool, sizeof(struct deposit), DEPOSITS_MOST);
}

void deposits_finish(struct deposits *deposits)
{
	for (size_t i = 0; i < DEPOSITS_FRONTS; i++) {
		channel_close(&deposits->fronts[i].wire);
		if (deposits->queue)
			front_gone(&deposits->fronts[i]);
	}
	pool_finish(&deposits->pool);
}

static struct front_wire *free_wire(struct deposits *deposits, uint32_t instance)
{
	struct front_wire *fronts = deposits->fronts;
	size_t unused = DEPOSITS_FRONTS;

	for (size_t i = 0; i < DEPOSITS_FRONTS; i++) {
		if (!channel_is_open(&fronts[i].wire))
			unused = unused < i ? unused : i;
		else if (fronts[i].instance == instance)
			return &fronts[i];
	}
	return unused < DEPOSITS_FRONTS ? &fronts[unused] : NULL;
}

static void say_room(struct front_wire *front, bool room)
{
	const char byte = room ? 1 : 0;

	(void)!channel_send(&front->wire, QUEUE_ROOM, 0, (struct slice){ &byte, 1 }, -1);
}

enum result deposits_wire(struct deposits *deposits, uint32_t instance, int fd)
{
	struct front_wire *front = free_wire(deposits, instance);

	if (front == NULL) {
		fd_close(&fd);
		return LATER;
	}
	if (channel_is_open(&front->wire)) {
		channel_close(&front->wire);
		front_gone(front);
	}
	front->queue = deposits->queue;
	front->instance = instance;
	TRY(channel_open(&front->wire, &deposits->queue->process->loop, fd, FRONT_QUEUE_LONGEST, &handler, front));
	say_room(front, reserve_has_room(&deposits->queue->reserve));
	return OK;
}

void deposits_say_room(struct deposits *deposits, bool room)
{
	for (size_t i = 0; i < DEPOSITS_FRONTS; i++)
		if (channel_is_open(&deposits->fronts[i].wire))
			say_room(&deposits->fronts[i], room);
}

void deposits_stop(struct deposits *deposits)
{
	for (size_t i = 0; i < DEPOSITS_FRONTS; i++)
		for (struct deposit *deposit = deposits->fronts[i].first, *next; deposit; deposit = next) {
			next = deposit->next;
			if (deposit->step == ASKED)
				put_off(deposit, "451 4.3.2 shutting down, try later");
		}
}
