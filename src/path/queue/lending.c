/* SPDX-License-Identifier: Apache-2.0 */
/* An entry is LENT from DELIVER to ENDED; when the wire ends it is AWAY as well, until RESUMED has told. */
#include "queue/lending.h"

#include "base/fd.h"
#include "base/pack.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "wire/queue-relay.h"

enum { RESULTS_MOST = 100000 };

struct result_note {
	struct journal_note note;
	struct lending *lending;
	uint64_t exchange, generation;
};

/* ---- DELIVER ---- */

static bool may_go(const struct visit *visit, uint32_t place)
{
	enum outcome outcome = visit->judgement.fates[place].outcome;

	return outcome == FATE_DELIVER || outcome == FATE_HOLD;        /* held, and let go by an operator */
}

/* Queued without a judgement that says so: it is asked for again. Nothing goes out unjudged. */
static void stop_unjudged(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		struct recipient *recipient = entry_recipient(visit->entry, i);

		if (recipient->is != RECIPIENT_QUEUED || (visit->judged && may_go(visit, i)))
			continue;
		recipient->flags &= (uint8_t)~RECIPIENT_IS_JUDGED;
		recipient->due = queue_now();
		entry_turn(&visit->queue->entries, recipient, RECIPIENT_UNJUDGED);
	}
}

/* Who goes with one loan: those with the same edits who are due now, up to a place. */
struct loan { uint32_t edits, now, below; };

static bool goes_with(const struct visit *visit, uint32_t place, const struct loan *loan)
{
	const struct recipient *recipient = entry_recipient(visit->entry, place);

	return place < loan->below && recipient->is == RECIPIENT_QUEUED && recipient->due <= loan->now &&
	       visit->judgement.fates[place].edits == loan->edits;
}

/* The edits of the first who is due; the others with the same edits go with it. */
static bool first_due(const struct visit *visit, uint32_t now, struct loan *ret_loan)
{
	*ret_loan = (struct loan){ .now = now, .below = visit->entry->count };
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		ret_loan->edits = visit->judgement.fates[i].edits;
		if (goes_with(visit, i, ret_loan))
			return true;
	}
	return false;
}

static uint32_t loan_count(const struct visit *visit, const struct loan *loan)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < loan->below; i++)
		count += goes_with(visit, i, loan);
	return count;
}

/* The first half of them; the others go when these are done. */
static void halve(const struct visit *visit, struct loan *loan)
{
	uint32_t left = loan_count(visit, loan) / 2;

	for (uint32_t i = 0; i < loan->below; i++)
		if (goes_with(visit, i, loan) && left-- == 0)
			loan->below = i;
}

static enum result pack_recipients(const struct visit *visit, const struct loan *loan, struct buffer *to)
{
	TRY(pack_u32(to, loan_count(visit, loan)));
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		const struct envelope_recipient *recipient = &visit->envelope.recipients[i];

		if (!goes_with(visit, i, loan))
			continue;
		TRY(pack_u32(to, i));
		TRY(pack_slice(to, recipient->address));
		TRY(pack_u8(to, recipient->notify));
		TRY(pack_slice(to, recipient->original));
	}
	return OK;
}

static uint8_t deliver_flags(uint32_t flags)
{
	return (uint8_t)((flags & ENVELOPE_EIGHT_BIT ? DELIVER_EIGHT_BIT : 0) | (flags & ENVELOPE_UTF8 ? DELIVER_UTF8 : 0) |
	                 (flags & ENVELOPE_RET_FULL ? DELIVER_RET_FULL : 0) |
	                 (flags & ENVELOPE_RET_HEADERS ? DELIVER_RET_HEADERS : 0));
}

static enum result pack_client(const struct envelope *envelope, struct buffer *to)
{
	TRY(pack_slice(to, envelope->client_address));
	TRY(pack_slice(to, envelope->client_name));
	TRY(pack_slice(to, envelope->helo));
	return pack_slice(to, envelope->protocol);
}

static enum result pack_job(const struct visit *visit, const struct loan *loan, struct buffer *to)
{
	const struct envelope *envelope = &visit->envelope;
	struct spool_span content = visit_content(visit);
	struct edits none = { 0 };

	TRY(pack_slice(to, envelope->id));
	TRY(pack_u32(to, visit->map.serial));
	TRY(pack_u64(to, content.at));
	TRY(pack_u64(to, content.length));
	TRY(pack_slice(to, envelope->sender));
	TRY(pack_slice(to, envelope->trace));
	TRY(pack_u8(to, deliver_flags(envelope->flags)));
	TRY(pack_slice(to, envelope->envelope_id));
	TRY(pack_client(envelope, to));
	if (loan->edits == NO_EDITS) {
		struct buffer empty;
		enum result end;

		buffer_init(&empty, 64);
		end = edits_pack(&none, &empty);
		if (end == OK)
			end = pack_slice(to, buffer_slice(&empty));
		buffer_finish(&empty);
		TRY(end);
	} else {
		TRY(pack_slice(to, visit->judgement.edits[loan->edits]));
	}
	TRY(pack_recipients(visit, loan, to));
	return pack_slice(to, envelope->target);
}

static void mark_lent(struct visit *visit, const struct loan *loan)
{
	struct lending *lending = &visit->queue->lending;

	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (goes_with(visit, i, loan))
			entry_turn(&visit->queue->entries, entry_recipient(visit->entry, i), RECIPIENT_LENT);
	visit->entry->flags |= ENTRY_LENT;
	lending->lent++;
}

static enum result lend(struct visit *visit, struct loan *loan)
{
	struct lending *lending = &visit->queue->lending;
	struct buffer job;
	enum result end;

	buffer_init(&job, QUEUE_RELAY_LONGEST);
	end = pack_job(visit, loan, &job);
	while (end == LATER && loan_count(visit, loan) > 1) {         /* longer than a frame may be */
		halve(visit, loan);
		buffer_clear(&job);
		end = pack_job(visit, loan, &job);
	}
	if (end == OK)
		end = channel_send(&lending->wire, QUEUE_DELIVER, ++lending->last, buffer_slice(&job), visit->fd);
	buffer_finish(&job);
	return end;
}

void lending_begin(struct visit *visit)
{
	struct lending *lending = &visit->queue->lending;
	struct loan loan;

	if (visit->entry->flags & ENTRY_LENT) {         /* HOLDING came while the file was read */
		visit_end(visit);
		return;
	}
	stop_unjudged(visit);
	if (visit->judged && first_due(visit, queue_now(), &loan)) {
		if (lending->resumed && lend(visit, &loan) == OK)
			mark_lent(visit, &loan);
		else
			visit_put_off(visit, RECIPIENT_QUEUED, 1);
	}
	visit_end(visit);
}

bool lending_may(const struct lending *lending)
{
	return lending->resumed && lending->lent + lending->preparing < lending->queue->settings.lent.n;
}

/* ---- RESULT ---- */

static void say_noted(struct lending *lending, uint64_t exchange)
{
	(void)!channel_send(&lending->wire, QUEUE_NOTED, exchange, SLICE(""), -1);
}

static void result_noted(struct journal_note *note)
{
	struct result_note *result = (struct result_note *)(void *)((char *)note - offsetof(struct result_note, note));

	if (result->generation == result->lending->generation)
		say_noted(result->lending, result->exchange);
	pool_give(&result->lending->results, result);
}

/* Without memory for it the relay is not told, and says it again on its next wire. */
static void note_when_safe(struct lending *lending, uint64_t exchange)
{
	struct result_note *result = pool_take(&lending->results);

	if (result == NULL)
		return;
	result->lending = lending;
	result->exchange = exchange;
	result->generation = lending->generation;
	journal_sync(&lending->queue->journal, &result->note, result_noted);
}

struct outcome_came {
	struct slice id, route, reply;
	uint32_t serial, place;
	uint8_t outcome;
	uint64_t exchange;
};

static enum result unpack_outcome(const struct frame *frame, struct outcome_came *came)
{
	struct unpack from = unpack_from(frame->payload);

	came->exchange = frame->exchange;
	came->id = unpack_slice(&from, MESSAGE_ID_SIZE);
	came->serial = unpack_u32(&from);
	came->place = unpack_u32(&from);
	came->outcome = unpack_u8(&from);
	came->route = unpack_slice(&from, RELAY_REPLY);
	came->reply = unpack_slice(&from, RELAY_REPLY);
	TRY(unpack_end(&from));
	return came->outcome <= RELAY_PASSED_ON ? OK : REFUSED;
}

static struct fates_words words_of(const struct outcome_came *came)
{
	return (struct fates_words){ .route = came->route, .reply = came->reply, .due = queue_now() };
}

static void was_delivered(struct lending *lending, struct entry *entry, const struct outcome_came *came)
{
	struct fates_words words = words_of(came);

	fates_turn(lending->queue, entry, came->place, JOURNAL_DELIVERED, &words);
	note_when_safe(lending, came->exchange);
}

/* Where nobody asked to be told it has come to its end. */
static void has_arrived(struct lending *lending, struct entry *entry, const struct outcome_came *came)
{
	struct fates_words words = words_of(came);

	if (!(entry->flags & ENTRY_TELL)) {
		was_delivered(lending, entry, came);
		return;
	}
	if (came->outcome == RELAY_RELAYED)
		entry_recipient(entry, came->place)->flags |= RECIPIENT_IS_RELAYED;
	fates_turn(lending->queue, entry, came->place, JOURNAL_ARRIVED, &words);
	note_when_safe(lending, came->exchange);
}

static void has_failed(struct lending *lending, struct entry *entry, const struct outcome_came *came)
{
	struct fates_words words = words_of(came);

	fates_turn(lending->queue, entry, came->place, JOURNAL_FAILED, &words);
	note_when_safe(lending, came->exchange);
}

/* Late enough to be told of, and not told of yet. */
static bool is_news(const struct queue *queue, const struct entry *entry, const struct recipient *recipient)
{
	uint64_t after = fates_times(queue, recipient).delay_notice.n;

	return after && !(entry->flags & (ENTRY_NULL_SENDER | ENTRY_OWN)) && !(recipient->flags & RECIPIENT_IS_WARNED) &&
	       queue_now() > entry->received && queue_now() - entry->received >= after;
}

static void was_deferred(struct lending *lending, struct entry *entry, const struct outcome_came *came)
{
	struct queue *queue = lending->queue;
	struct recipient *recipient = entry_recipient(entry, came->place);
	const struct queue_times times = fates_times(queue, recipient);
	struct fates_words words = words_of(came);

	recipient->attempts = (uint8_t)(recipient->attempts + (recipient->attempts < 255));
	recipient->busy = 0;
	if (fates_is_too_old(queue, entry, recipient)) {
		words.expired = true;
		fates_turn(queue, entry, came->place, JOURNAL_FAILED, &words);
		note_when_safe(lending, came->exchange);
		return;
	}
	if (is_news(queue, entry, recipient)) {
		fates_turn(queue, entry, came->place, JOURNAL_DELAYED, &words);
		note_when_safe(lending, came->exchange);
		return;
	}
	words.due += schedule_retry(&times, recipient->attempts, (uint32_t)queue_chance());
	fates_turn(queue, entry, came->place, JOURNAL_DEFERRED, &words);
	say_noted(lending, came->exchange);     /* not worth a sync: forgotten, it is only tried earlier */
}

static void was_busy(struct lending *lending, struct entry *entry, const struct outcome_came *came)
{
	struct recipient *recipient = entry_recipient(entry, came->place);

	recipient->due = queue_now() + schedule_busy(recipient->busy, (uint32_t)queue_chance());
	recipient->busy = (uint8_t)(recipient->busy + (recipient->busy < 255));
	entry_turn(&lending->queue->entries, recipient, RECIPIENT_QUEUED);
	say_noted(lending, came->exchange);
}

static void (*const outcomes[])(struct lending *lending, struct entry *entry, const struct outcome_came *came) = {
	[RELAY_DELIVERED] = has_arrived,
	[RELAY_DEFERRED] = was_deferred,
	[RELAY_FAILED] = has_failed,
	[RELAY_BUSY] = was_busy,
	[RELAY_RELAYED] = has_arrived,
	[RELAY_PASSED_ON] = was_delivered,
};

static struct entry *find(struct lending *lending, struct slice id, uint32_t serial)
{
	struct entry *entry = entries_find(&lending->queue->entries, id);

	return entry && entry->serial == serial ? entry : NULL;
}

/* Results of deliveries from before a restart find their recipient queued, not lent. A message that was
 * delivered is delivered, whatever an operator has said meanwhile; any other word on it comes too late. */
static bool counts(const struct recipient *recipient, uint8_t outcome)
{
	if (recipient->is == RECIPIENT_LENT || recipient->is == RECIPIENT_QUEUED)
		return true;
	return (outcomes[outcome] == was_delivered || outcomes[outcome] == has_arrived) &&
	       recipient->is != RECIPIENT_ARRIVED && !recipient_is_final(recipient);
}

static enum result take_result(struct lending *lending, const struct frame *frame)
{
	struct outcome_came came;
	struct entry *entry;
	struct recipient *recipient;

	TRY(unpack_outcome(frame, &came));
	entry = find(lending, came.id, came.serial);
	recipient = entry ? entry_recipient(entry, came.place) : NULL;
	if (recipient == NULL || !counts(recipient, came.outcome)) {
		note_when_safe(lending, came.exchange);
		return OK;
	}
	outcomes[came.outcome](lending, entry, &came);
	if (!(entry->flags & (ENTRY_BUSY | ENTRY_LENT)))
		fates_settle(lending->queue, entry);
	return OK;
}

/* ---- HOLDING, RESUMED, ENDED ---- */

static enum result unpack_whose(struct lending *lending, const struct frame *frame, struct entry **ret_entry)
{
	struct unpack from = unpack_from(frame->payload);
	struct slice id = unpack_slice(&from, MESSAGE_ID_SIZE);
	uint32_t serial = unpack_u32(&from);

	TRY(unpack_end(&from));
	*ret_entry = find(lending, id, serial);
	return OK;
}

/* Which of them it holds is not said. Only those who were due can be; an operator has to wait for all of them. */
static void all_due_are_lent(struct queue *queue, struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (recipient->is == RECIPIENT_QUEUED && recipient->due <= queue_now())
			entry_turn(&queue->entries, recipient, RECIPIENT_LENT);
	}
}

static enum result take_holding(struct lending *lending, const struct frame *frame)
{
	struct entry *entry;

	TRY(unpack_whose(lending, frame, &entry));
	if (lending->resumed)
		return REFUSED;
	if (entry == NULL || entry->flags & ENTRY_GOING)
		return OK;
	if (!(entry->flags & ENTRY_LENT))
		lending->lent++;
	entry->flags = (entry->flags | ENTRY_LENT) & ~(uint32_t)ENTRY_AWAY;
	all_due_are_lent(lending->queue, entry);
	entries_unschedule(&lending->queue->entries, entry);
	return OK;
}

/* Whatever had no result is due again soon. */
static void take_back(struct lending *lending, struct entry *entry)
{
	struct queue *queue = lending->queue;

	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (recipient->is != RECIPIENT_LENT)
			continue;
		recipient->due = queue_now() + schedule_busy(recipient->busy, (uint32_t)queue_chance());
		recipient->busy = (uint8_t)(recipient->busy + (recipient->busy < 255));
		entry_turn(&queue->entries, recipient, RECIPIENT_QUEUED);
	}
	entry->flags &= ~(uint32_t)(ENTRY_LENT | ENTRY_AWAY);
	if (lending->lent)
		lending->lent--;
	if (!(entry->flags & ENTRY_BUSY))
		fates_settle(queue, entry);
}

static enum result take_resumed(struct lending *lending, const struct frame *frame)
{
	struct entries *entries = &lending->queue->entries;

	if (frame->payload.len || lending->resumed)
		return REFUSED;
	lending->resumed = true;
	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry))
		if (entry->flags & ENTRY_AWAY)
			take_back(lending, entry);
	visits_turn(lending->queue);
	return OK;
}

static enum result take_ended(struct lending *lending, const struct frame *frame)
{
	struct entry *entry;

	TRY(unpack_whose(lending, frame, &entry));
	if (entry && entry->flags & ENTRY_LENT)
		take_back(lending, entry);
	visits_turn(lending->queue);
	return OK;
}

static enum result (*const frames[])(struct lending *lending, const struct frame *frame) = {
	[RELAY_RESULT] = take_result,
	[RELAY_HOLDING] = take_holding,
	[RELAY_RESUMED] = take_resumed,
	[RELAY_ENDED] = take_ended,
};

static enum result frame_came(void *owner, struct frame *frame)
{
	if (frame->kind >= COUNT_OF(frames) || frames[frame->kind] == NULL || frame->fd >= 0)
		return REFUSED;
	return frames[frame->kind](owner, frame);
}

static void relay_gone(struct lending *lending)
{
	struct entries *entries = &lending->queue->entries;

	lending->resumed = false;
	lending->generation++;
	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry))
		if (entry->flags & ENTRY_LENT)
			entry->flags |= ENTRY_AWAY;
}

static void wire_closed(void *owner)
{
	struct lending *lending = owner;

	process_wire_lost(lending->queue->process, "relay", 0);
	relay_gone(lending);
}

static const struct channel_handler handler = { frame_came, wire_closed };

void lending_init(struct lending *lending, struct queue *queue)
{
	*lending = (struct lending){ .queue = queue };
	pool_init(&lending->results, sizeof(struct result_note), RESULTS_MOST);
}

void lending_finish(struct lending *lending)
{
	channel_close(&lending->wire);
	pool_finish(&lending->results);
}

enum result lending_wire(struct lending *lending, int fd)
{
	if (channel_is_open(&lending->wire)) {
		channel_close(&lending->wire);
		relay_gone(lending);
	}
	return channel_open(&lending->wire, &lending->queue->process->loop, fd, QUEUE_RELAY_LONGEST, &handler, lending);
}

void lending_stop(struct lending *lending)
{
	(void)!channel_send(&lending->wire, QUEUE_STOPPING, 0, SLICE(""), -1);
}
