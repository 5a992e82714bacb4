/* SPDX-License-Identifier: Apache-2.0 */
/* Three tables: from a judgement's outcome to a state, from a record to a state, and from a state to its record. */
#include "queue/fates.h"

#include "queue/room.h"

#include <errno.h>
#include <unistd.h>

enum { JUDGE_AGAIN = 300, WAIT_MORE = 900, ENDINGS_MOST = 1000000 };

static const enum recipient_is by_outcome[FATE_COUNT] = {
	[FATE_DELIVER] = RECIPIENT_QUEUED,     [FATE_REJECT] = RECIPIENT_FOR_QUARANTINE,
	[FATE_DEFER] = RECIPIENT_UNJUDGED,     [FATE_DISCARD] = RECIPIENT_DISCARDED,
	[FATE_QUARANTINE] = RECIPIENT_QUARANTINED, [FATE_HOLD] = RECIPIENT_HELD,
	[FATE_BOUNCE] = RECIPIENT_FAILED };

static const enum recipient_is by_record[JOURNAL_KINDS] = {
	[JOURNAL_TOTALS] = RECIPIENT_KINDS,        [JOURNAL_DELIVERED] = RECIPIENT_DELIVERED,
	[JOURNAL_FAILED] = RECIPIENT_FAILED,       [JOURNAL_BOUNCED] = RECIPIENT_BOUNCED,
	[JOURNAL_QUARANTINED] = RECIPIENT_QUARANTINED, [JOURNAL_DISCARDED] = RECIPIENT_DISCARDED,
	[JOURNAL_DELETED] = RECIPIENT_DELETED,     [JOURNAL_HELD] = RECIPIENT_HELD,
	[JOURNAL_RELEASED] = RECIPIENT_QUEUED,     [JOURNAL_DEFERRED] = RECIPIENT_QUEUED,
	[JOURNAL_TRIED] = RECIPIENT_KINDS,         [JOURNAL_DELAYED] = RECIPIENT_DELAYED,
	[JOURNAL_ARRIVED] = RECIPIENT_ARRIVED,     [JOURNAL_ERRANDS] = RECIPIENT_KINDS };

static const enum journal_kind by_state[RECIPIENT_KINDS] = {
	[RECIPIENT_UNJUDGED] = JOURNAL_RELEASED,   [RECIPIENT_QUEUED] = JOURNAL_DEFERRED,
	[RECIPIENT_LENT] = JOURNAL_DEFERRED,       [RECIPIENT_HELD] = JOURNAL_HELD,
	[RECIPIENT_FAILED] = JOURNAL_FAILED,       [RECIPIENT_FOR_QUARANTINE] = JOURNAL_KINDS,
	[RECIPIENT_DELAYED] = JOURNAL_DELAYED,     [RECIPIENT_ARRIVED] = JOURNAL_ARRIVED,
	[RECIPIENT_DELIVERED] = JOURNAL_DELIVERED, [RECIPIENT_BOUNCED] = JOURNAL_BOUNCED,
	[RECIPIENT_QUARANTINED] = JOURNAL_QUARANTINED, [RECIPIENT_DISCARDED] = JOURNAL_DISCARDED,
	[RECIPIENT_DELETED] = JOURNAL_DELETED };

static const enum queue_count by_kind[JOURNAL_KINDS] = {
	[JOURNAL_TOTALS] = QUEUE_COUNT_ALL,           [JOURNAL_DELIVERED] = QUEUE_COUNT_delivered,
	[JOURNAL_FAILED] = QUEUE_COUNT_ALL,           [JOURNAL_BOUNCED] = QUEUE_COUNT_bounced,
	[JOURNAL_QUARANTINED] = QUEUE_COUNT_quarantined, [JOURNAL_DISCARDED] = QUEUE_COUNT_discarded,
	[JOURNAL_DELETED] = QUEUE_COUNT_deleted,      [JOURNAL_HELD] = QUEUE_COUNT_ALL,
	[JOURNAL_RELEASED] = QUEUE_COUNT_ALL,         [JOURNAL_DEFERRED] = QUEUE_COUNT_deferred,
	[JOURNAL_TRIED] = QUEUE_COUNT_ALL,            [JOURNAL_DELAYED] = QUEUE_COUNT_deferred,
	[JOURNAL_ARRIVED] = QUEUE_COUNT_ALL,          [JOURNAL_ERRANDS] = QUEUE_COUNT_ALL };

static uint32_t flags_of(const struct envelope *envelope)
{
	uint8_t asked = 0;

	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		asked |= envelope->recipients[i].notify;
	return (asked & NOTIFY_SUCCESS && envelope->sender.len ? ENTRY_TELL : 0) |
	       (envelope->sender.len ? 0 : ENTRY_NULL_SENDER) | (envelope->flags & ENVELOPE_NOTICE ? ENTRY_OWN : 0) |
	       (envelope->flags & ENVELOPE_LOCAL ? ENTRY_LOCAL : 0);
}

enum result fates_admit(struct queue *queue, const struct envelope *envelope, uint32_t serial, uint64_t length,
                        const struct judgement *judgement, struct entry **ret_entry)
{
	struct entry *entry;

	if (judgement && judgement->fate_count != envelope->recipient_count)
		return REFUSED;
	TRY(entries_add(&queue->entries, envelope->id, envelope->recipient_count, &entry));
	entry->serial = serial;
	entry->received = (uint32_t)envelope->received;
	entry->length = (uint32_t)length;
	entry->uid = envelope->uid;
	entry->flags = ENTRY_BUSY | flags_of(envelope);
	if (judgement)
		fates_judge(queue, entry, judgement, false);
	*ret_entry = entry;
	return OK;
}

static void judge_one(struct queue *queue, struct recipient *recipient, const struct judgement *judgement,
                      const struct fate *fate, bool late)
{
	enum recipient_is is = by_outcome[fate->outcome];

	queue_look_at_times(queue, recipient_pace(&queue->entries, recipient, fate->times ? &judgement->times[fate->times - 1] : NULL));
	if (late && is == RECIPIENT_QUARANTINED)
		is = RECIPIENT_FOR_QUARANTINE;
	if (is == RECIPIENT_UNJUDGED) {
		recipient->due = queue_now() + JUDGE_AGAIN;
		recipient->attempts = (uint8_t)(recipient->attempts + (recipient->attempts < 255));
	} else {
		recipient->flags |= RECIPIENT_IS_JUDGED | (fate_has_errands(judgement, fate) ? RECIPIENT_HAS_ERRANDS : 0);
	}
	if (is == RECIPIENT_FAILED)
		recipient_say(&queue->entries, recipient, SLICE(""), fate->reply);
	entry_turn(&queue->entries, recipient, is);
}

struct queue_times fates_times(const struct queue *queue, const struct recipient *recipient)
{
	const struct queue_settings *file = &queue->settings;
	struct queue_times times = { file->retry_least, file->retry_most, file->lifetime, file->delay_notice, file->quarantine_life };

	paces_put_over(&queue->entries.paces, recipient->pace, &times);
	return times;
}

/* Judgements may put it off for as long as next hops may. */
bool fates_is_too_old(struct queue *queue, const struct entry *entry, const struct recipient *recipient)
{
	const struct queue_times times = fates_times(queue, recipient);

	return queue_clock_is_trusted(queue) &&
	       schedule_expired(&times, entry->received, recipient->attempts, queue_now());
}

void fates_judge(struct queue *queue, struct entry *entry, const struct judgement *judgement, bool late)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (recipient->is == RECIPIENT_UNJUDGED)
			judge_one(queue, recipient, judgement, &judgement->fates[i], late);
		if (late && recipient->is == RECIPIENT_UNJUDGED && fates_is_too_old(queue, entry, recipient))
			fates_turn(queue, entry, i, JOURNAL_FAILED, &(struct fates_words){
				.reply = judgement->fates[i].reply, .expired = true, .due = queue_now() });
		if (late && recipient->is == RECIPIENT_DISCARDED && !(recipient->flags & RECIPIENT_IS_NOTED))
			fates_turn(queue, entry, i, JOURNAL_DISCARDED, &(struct fates_words){ 0 });
	}
}

static struct journal_record record_of(const struct queue *queue, const struct entry *entry,
                                       const struct recipient *recipient, uint32_t place, enum journal_kind kind)
{
	struct journal_record record = {
		.kind = kind, .serial = entry->serial, .place = place, .attempts = recipient->attempts,
		.time = recipient->due,
		.route = words_route(&queue->words, recipient->words),
		.reply = words_reply(&queue->words, recipient->words) };

	if (entry->flags & ENTRY_OWN)
		record.flags |= JOURNAL_IS_OWN;
	if (recipient->flags & RECIPIENT_IS_EXPIRED)
		record.flags |= JOURNAL_IS_EXPIRED;
	if (recipient->flags & RECIPIENT_IS_RELAYED)
		record.flags |= JOURNAL_IS_RELAYED;
	if (recipient->flags & RECIPIENT_IS_WARNED)
		record.flags |= JOURNAL_IS_WARNED;
	memcpy(record.id, entry->id, MESSAGE_ID_SIZE);
	return record;
}

static enum recipient_is state_for(const struct recipient *recipient, enum journal_kind kind)
{
	if (by_record[kind] == RECIPIENT_QUEUED && !(recipient->flags & RECIPIENT_IS_JUDGED))
		return RECIPIENT_UNJUDGED;
	return by_record[kind];
}

void fates_turn(struct queue *queue, struct entry *entry, uint32_t place, enum journal_kind kind, const struct fates_words *words)
{
	struct recipient *recipient = entry_recipient(entry, place);
	struct journal_record record;

	if (words->reply.len)
		recipient_say(&queue->entries, recipient, words->route, words->reply);
	recipient->due = words->due;
	recipient->flags |= RECIPIENT_IS_NOTED | (words->expired ? RECIPIENT_IS_EXPIRED : 0);
	entry_turn(&queue->entries, recipient, state_for(recipient, kind));
	record = record_of(queue, entry, recipient, place, kind);
	journal_add(&queue->journal, &record);
	queue_count(queue, QUEUE_COUNT_journal_records, 1);
	if (by_kind[kind] != QUEUE_COUNT_ALL)
		queue_count(queue, by_kind[kind], 1);
}

void fates_errands_made(struct queue *queue, struct entry *entry, uint32_t place)
{
	struct recipient *recipient = entry_recipient(entry, place);
	struct journal_record record = record_of(queue, entry, recipient, place, JOURNAL_ERRANDS);

	recipient->flags |= RECIPIENT_HAD_ERRANDS;
	recipient->due = queue_now();
	journal_add(&queue->journal, &record);
}

/* ---- the last step ---- */

struct ending {
	struct journal_note note;
	struct ending *next;
	struct queue *queue;
	struct entry *entry;
	char name[SPOOL_NAME];
	bool later;
	enum result end;
	int error;
};

void fates_init(struct queue *queue)
{
	pool_init(&queue->endings, sizeof(struct ending), ENDINGS_MOST);
	queue->removals = (struct removals){ 0 };
}

static void count_gone(struct queue *queue, struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		enum ledger_row row = journal_ledger_row(by_state[entry_recipient(entry, i)->is]);

		if (row == LEDGER_ROWS)
			continue;
		queue->totals[row]++;
		queue->totals[LEDGER_OWN] += entry->flags & ENTRY_OWN ? 1 : 0;
	}
}

static void remove_one(struct ending *ending)
{
	const struct spool *spool = &ending->queue->spool;

	errno = 0;
	ending->end = ending->later ? durable_remove(&spool->judged, ending->name, false) : OK;
	if (ending->end == OK)
		ending->end = durable_remove(&spool->messages, ending->name, false);
	ending->error = errno;
}

static void remove_work(struct job *job)
{
	struct removals *removals = (struct removals *)(void *)((char *)job - offsetof(struct removals, job));

	for (struct ending *ending = removals->going; ending; ending = ending->next)
		remove_one(ending);
}

/* As long as the file is there its records must be, or the next start would deliver it again. */
static void not_removed(struct ending *ending)
{
	struct queue *queue = ending->queue;

	ending->entry->flags &= ~(uint32_t)ENTRY_GOING;
	queue_note(queue, LOG_LEVEL_ERROR, entry_id(ending->entry), "not-removed", "error",
	           slice_of(strerrorname_np(ending->error)));
	queue_trouble(queue, &queue->spool_trouble, "spool", ending->error);
	pool_give(&queue->endings, ending);
}

static void removed(struct ending *ending)
{
	struct queue *queue = ending->queue;

	if (ending->end != OK) {
		not_removed(ending);
		return;
	}
	count_gone(queue, ending->entry);
	entries_remove(&queue->entries, ending->entry);
	queue_look_at_times(queue, OK);
	pool_give(&queue->endings, ending);
	queue_show_levels(queue);
}

static void remove_done(struct job *job);

/* One job at a time: what was noted while one runs goes with the next, for a wake-up costs more than a removal. */
static void remove_all(struct queue *queue)
{
	struct removals *removals = &queue->removals;

	if (removals->going || removals->waiting == NULL)
		return;
	removals->going = removals->waiting;
	removals->waiting = NULL;
	removals->job = (struct job){ .work = remove_work, .done = remove_done };
	crew_give(&queue->crew, &removals->job);
}

static void remove_done(struct job *job)
{
	struct removals *removals = (struct removals *)(void *)((char *)job - offsetof(struct removals, job));
	struct ending *ending = removals->going;
	struct queue *queue = ending->queue;

	removals->going = NULL;
	while (ending) {
		struct ending *next = ending->next;

		removed(ending);
		ending = next;
	}
	remove_all(queue);
}

static void last_noted(struct journal_note *note)
{
	struct ending *ending = (struct ending *)(void *)((char *)note - offsetof(struct ending, note));
	struct queue *queue = ending->queue;

	ending->next = queue->removals.waiting;
	queue->removals.waiting = ending;
	remove_all(queue);
}

/* What the file alone says is final is written down too, or the ledger would forget it. */
static void note_unsaid(struct queue *queue, struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (!(recipient->flags & RECIPIENT_IS_NOTED) && recipient->is != RECIPIENT_QUARANTINED)
			fates_turn(queue, entry, i, by_state[recipient->is], &(struct fates_words){ 0 });
	}
}

static void end(struct queue *queue, struct entry *entry)
{
	struct ending *ending = pool_take(&queue->endings);

	if (ending == NULL)
		return;         /* without memory it stays, all final; fates_sweep() comes back to it */
	entry->flags |= ENTRY_GOING;
	note_unsaid(queue, entry);
	ending->queue = queue;
	ending->entry = entry;
	ending->later = entry->flags & ENTRY_HAS_LATER;
	memcpy(ending->name, entry->id, MESSAGE_ID_SIZE);
	journal_sync(&queue->journal, &ending->note, last_noted);
}

void fates_settle(struct queue *queue, struct entry *entry)
{
	entry->flags &= ~(uint32_t)ENTRY_BUSY;
	if (entry->flags & (ENTRY_GOING | ENTRY_LENT | ENTRY_AWAY))
		return;
	if (entry_is_final(entry)) {
		entries_unschedule(&queue->entries, entry);
		end(queue, entry);
	} else {
		entries_schedule(&queue->entries, entry);
		visits_turn(queue);
	}
	queue_show_levels(queue);
}

void fates_sweep(struct queue *queue)
{
	const uint32_t at_work = ENTRY_BUSY | ENTRY_LENT | ENTRY_AWAY | ENTRY_GOING;

	for (struct entry *entry = entries_next(&queue->entries, NULL); entry; entry = entries_next(&queue->entries, entry))
		if (!(entry->flags & at_work) && entry_is_final(entry))
			fates_settle(queue, entry);
}

/* It is not put off for longer than this. */
static uint32_t longest_wait(const struct queue *queue, const struct recipient *recipient)
{
	return (uint32_t)(fates_times(queue, recipient).retry_most.n / 4 * 5 + WAIT_MORE);
}

void fates_clock_back(struct queue *queue, struct entry *entry)
{
	uint32_t now = queue_now();

	if (entry->received > now)
		entry->received = now;
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (recipient->due > now + longest_wait(queue, recipient))
			recipient->due = now;
	}
	if (entry->place)
		entries_schedule(&queue->entries, entry);
}

void fates_drop(struct queue *queue, struct entry *entry)
{
	if (entry->flags & ENTRY_LENT && queue->lending.lent)
		queue->lending.lent--;
	entries_remove(&queue->entries, entry);
	queue_show_levels(queue);
}

/* ---- the start, and a new journal ---- */

static void replay_gone(struct queue *queue, const struct journal_record *record)
{
	enum ledger_row row = journal_ledger_row(record->kind);

	if (row == LEDGER_ROWS)
		return;
	queue->totals[row]++;
	queue->totals[LEDGER_OWN] += record->flags & JOURNAL_IS_OWN ? 1 : 0;
}

static void replay_one(struct queue *queue, struct entry *entry, struct recipient *recipient, const struct journal_record *record)
{
	(void)entry;
	recipient->attempts = (uint8_t)(record->attempts < 255 ? record->attempts : 255);
	recipient->due = (uint32_t)record->time;
	recipient->flags |= RECIPIENT_IS_NOTED | (record->flags & JOURNAL_IS_EXPIRED ? RECIPIENT_IS_EXPIRED : 0) |
	                    (record->flags & JOURNAL_IS_RELAYED ? RECIPIENT_IS_RELAYED : 0) |
	                    (record->flags & JOURNAL_IS_WARNED ? RECIPIENT_IS_WARNED : 0);
	recipient_say(&queue->entries, recipient, record->route, record->reply);
	entry_turn(&queue->entries, recipient, state_for(recipient, record->kind));
}

void fates_replay(struct queue *queue, const struct journal_record *record)
{
	struct entry *entry;
	struct recipient *recipient;

	if (record->kind == JOURNAL_TOTALS) {
		for (size_t i = 0; i < LEDGER_ROWS; i++)
			queue->totals[i] += record->totals[i];
		return;
	}
	entry = entries_find(&queue->entries, (struct slice){ record->id, MESSAGE_ID_SIZE });
	if (entry == NULL && unread_has(&queue->unread, record->id)) {
		unread_keep(&queue->unread, record);
		return;
	}
	if (entry == NULL || entry->serial != record->serial) {
		replay_gone(queue, record);
		return;
	}
	recipient = entry_recipient(entry, record->place);
	if (record->kind == JOURNAL_TRIED)
		entry->tried = (uint8_t)(record->attempts < 255 ? record->attempts : 255);
	else if (recipient && record->kind == JOURNAL_ERRANDS)
		recipient->flags |= RECIPIENT_HAD_ERRANDS;
	else if (recipient)
		replay_one(queue, entry, recipient, record);
}

static enum result snapshot_entry(struct queue *queue, struct entry *entry, struct buffer *to)
{
	if (entry->tried) {
		struct journal_record tried = { .kind = JOURNAL_TRIED, .serial = entry->serial, .place = UINT32_MAX,
			                        .attempts = entry->tried };

		memcpy(tried.id, entry->id, MESSAGE_ID_SIZE);
		TRY(journal_write(&tried, to));
	}
	for (uint32_t i = 0; i < entry->count; i++) {
		const struct recipient *recipient = entry_recipient(entry, i);
		struct journal_record record = record_of(queue, entry, recipient, i, by_state[recipient->is]);

		if (recipient->flags & RECIPIENT_IS_NOTED && record.kind != JOURNAL_KINDS)
			TRY(journal_write(&record, to));
		record.kind = JOURNAL_ERRANDS;
		if (recipient->flags & RECIPIENT_HAD_ERRANDS)
			TRY(journal_write(&record, to));
	}
	return OK;
}

enum result fates_snapshot(struct queue *queue, struct buffer *to)
{
	struct journal_record totals = { .kind = JOURNAL_TOTALS };

	memcpy(totals.totals, queue->totals, sizeof(totals.totals));
	TRY(journal_write(&totals, to));
	TRY(buffer_add(to, buffer_slice(&queue->unread.records)));
	for (struct entry *entry = entries_next(&queue->entries, NULL); entry; entry = entries_next(&queue->entries, entry))
		TRY(snapshot_entry(queue, entry, to));
	return OK;
}

void fates_ledger(const struct queue *queue, uint64_t ret_rows[LEDGER_ROWS])
{
	const uint64_t *states = queue->entries.states;

	memcpy(ret_rows, queue->totals, sizeof(queue->totals));
	ret_rows[LEDGER_DELIVERED] += states[RECIPIENT_DELIVERED] + states[RECIPIENT_ARRIVED];
	ret_rows[LEDGER_BOUNCED] += states[RECIPIENT_BOUNCED];
	ret_rows[LEDGER_DISCARDED] += states[RECIPIENT_DISCARDED];
	ret_rows[LEDGER_DELETED] += states[RECIPIENT_DELETED];
	for (struct entry *entry = entries_next(&queue->entries, NULL); entry; entry = entries_next(&queue->entries, entry))
		ret_rows[LEDGER_OWN] += entry->flags & ENTRY_OWN ? entry->count : 0;
}

