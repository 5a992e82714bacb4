/* SPDX-License-Identifier: Apache-2.0 */
/* The queue's own commands. Addresses are in the files, so a listing reads them on the crew, a batch at a time. */
#include "queue/fates.h"
#include "queue/room.h"
#include "queue/talk.h"

#include "base/clock.h"

#include <unistd.h>

enum { BATCH = 64, LIST_MEMORY = 32 << 20, STATUS_NOT_DONE = 1 };

struct listed {
	struct arena memory;
	struct { bool there; struct envelope envelope; } rows[BATCH];
};

static struct slice id_at(const struct talk *talk, uint32_t place)
{
	return (struct slice){ talk->ids[place], MESSAGE_ID_SIZE };
}

static void read_one(struct talk *talk, uint32_t row)
{
	char name[SPOOL_NAME] = "";
	struct spool_read read;
	struct listed *listed = talk->listed;

	memcpy(name, talk->ids[talk->id_next + row], MESSAGE_ID_SIZE);
	if (spool_read(&talk->queue->spool.messages, name, false, &listed->memory, &read) != OK)
		return;
	(void)close(read.fd);
	listed->rows[row].there = envelope_unpack(read.envelope, &listed->memory, &listed->rows[row].envelope) == OK;
}

static void read_batch(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	for (uint32_t i = 0; i < talk->batch; i++)
		read_one(talk, i);
}

static enum result row_as_text(struct talk *talk, const struct envelope *envelope, struct entry *entry)
{
	char since[CLOCK_LOG_SIZE];

	clock_log_text((int64_t)entry->received * 1000, since);
	TRY(buffer_format(&talk->output, "%.*s  %s  %u bytes  <", SHOW(envelope->id), since, entry->length));
	TRY(talk_text(&talk->output, envelope->sender, false));
	TRY(buffer_format(&talk->output, ">\n"));
	for (uint32_t i = 0; i < entry->count; i++) {
		const struct recipient *recipient = entry_recipient(entry, i);

		TRY(buffer_format(&talk->output, "    %s  ", recipient_word(recipient->is)));
		TRY(talk_text(&talk->output, envelope->recipients[i].address, false));
		if (recipient->attempts)
			TRY(buffer_format(&talk->output, "  attempts %u", recipient->attempts));
		if (recipient->words) {
			TRY(buffer_format(&talk->output, "  "));
			TRY(talk_text(&talk->output, words_reply(&talk->queue->words, recipient->words), false));
		}
		TRY(buffer_format(&talk->output, "\n"));
	}
	return OK;
}

static enum result recipient_as_json(struct talk *talk, struct slice address, const struct recipient *recipient)
{
	TRY(buffer_format(&talk->output, "{\"address\": "));
	TRY(talk_text(&talk->output, address, true));
	TRY(buffer_format(&talk->output, ", \"state\": \"%s\", \"attempts\": %u, \"next\": %u, \"route\": ",
	                  recipient_word(recipient->is), recipient->attempts, recipient->due));
	TRY(talk_text(&talk->output, words_route(&talk->queue->words, recipient->words), true));
	TRY(buffer_format(&talk->output, ", \"reply\": "));
	TRY(talk_text(&talk->output, words_reply(&talk->queue->words, recipient->words), true));
	return buffer_format(&talk->output, "}");
}

static enum result row_as_json(struct talk *talk, const struct envelope *envelope, struct entry *entry)
{
	TRY(buffer_format(&talk->output, "{\"id\": \"%.*s\", \"received\": %u, \"size\": %u, \"sender\": ",
	                  SHOW(envelope->id), entry->received, entry->length));
	TRY(talk_text(&talk->output, envelope->sender, true));
	TRY(buffer_format(&talk->output, ", \"recipients\": ["));
	for (uint32_t i = 0; i < entry->count; i++) {
		if (i)
			TRY(buffer_format(&talk->output, ", "));
		TRY(recipient_as_json(talk, envelope->recipients[i].address, entry_recipient(entry, i)));
	}
	return buffer_format(&talk->output, "]}\n");
}

static enum result write_row(struct talk *talk, const struct envelope *envelope, struct entry *entry)
{
	size_t before = buffer_length(&talk->output);
	enum result end = talk->json ? row_as_json(talk, envelope, entry) : row_as_text(talk, envelope, entry);

	if (end != OK)
		buffer_cut(&talk->output, before);
	return end;
}

static void batch_done(struct job *job);

static void end_listing(struct talk *talk)
{
	if (talk->listed) {
		arena_finish(&talk->listed->memory);
		talk->listed = NULL;
	}
	talk->jobs--;
	talk_end(talk, talk->word_count && talk->status ? talk->status : 0, "");
}

static void next_batch(struct talk *talk)
{
	uint32_t left = talk->id_count - talk->id_next;

	if (left == 0 || talk->gone) {
		end_listing(talk);
		return;
	}
	talk->batch = left < BATCH ? left : BATCH;
	*talk->listed = (struct listed){ 0 };
	arena_init(&talk->listed->memory, LIST_MEMORY);
	talk_do(talk, read_batch, batch_done);
}

static void batch_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	for (uint32_t i = 0; i < talk->batch; i++) {
		const struct envelope *envelope = &talk->listed->rows[i].envelope;
		struct entry *entry = entries_find(&talk->queue->entries, id_at(talk, talk->id_next + i));

		if (talk->listed->rows[i].there && entry && !(entry->flags & ENTRY_GOING) &&
		    entry->count == envelope->recipient_count && write_row(talk, envelope, entry) != OK)
			talk->status = STATUS_NOT_DONE;
	}
	talk->id_next += talk->batch;
	arena_finish(&talk->listed->memory);
	next_batch(talk);
}

static bool may_see(const struct talk *talk, const struct entry *entry)
{
	return talk->peer.operates || (entry->flags & ENTRY_LOCAL && entry->uid == talk->peer.uid);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, MESSAGE_ID_SIZE);
}

static enum result note_ids(struct talk *talk)
{
	struct entries *entries = &talk->queue->entries;

	talk->ids = pool_resize(NULL, ((size_t)entries->count + 1) * MESSAGE_ID_SIZE);
	if (talk->ids == NULL)
		return LATER;
	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry)) {
		if (!may_see(talk, entry) || (talk->id.len && !slice_same(talk->id, entry_id(entry))))
			continue;
		memcpy(talk->ids[talk->id_count++], entry->id, MESSAGE_ID_SIZE);
	}
	qsort(talk->ids, talk->id_count, MESSAGE_ID_SIZE, by_id);
	return OK;
}

void obey_list(struct talk *talk)
{
	talk->listed = arena_new(&talk->memory, struct listed);
	if (talk->listed == NULL || note_ids(talk) != OK) {
		talk_end(talk, STATUS_NOT_DONE, "no memory for that now");
		return;
	}
	talk->jobs++;
	next_batch(talk);
}

/* ---- show ---- */

/* It may have been judged after it was kept; then that stands. */
static enum result show_judged(struct talk *talk, const char *name)
{
	struct slice judgement = talk->read.judgement;
	struct spool_read later = { .fd = -1 };

	if (judgement.len == 0 && spool_read(&talk->queue->spool.judged, name, true, &talk->memory, &later) == OK) {
		judgement = later.judgement;
		(void)close(later.fd);
	}
	return judgement.len ? talk_judged(talk, talk->read.envelope, judgement) : REFUSED;
}

static void copy_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	char name[SPOOL_NAME] = "";
	struct spool_span content;

	memcpy(name, talk->id.at, MESSAGE_ID_SIZE);
	talk->end = spool_read(&talk->queue->spool.messages, name, true, &talk->memory, &talk->read);
	if (talk->end != OK)
		return;
	if (talk->judged) {
		talk->end = show_judged(talk, name);
		return;
	}
	content = talk->read.map.spans[SPOOL_CONTENT];
	talk->end = spool_memfd(talk->read.fd, content.at, content.length, &talk->fd);
}

static void copy_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	talk->jobs--;
	talk_end(talk, talk->end == OK ? 0 : STATUS_NOT_DONE, talk->end == OK ? "" : "the file cannot be read");
}

static struct entry *meant(struct talk *talk)
{
	struct entry *entry = entries_find(&talk->queue->entries, talk->id);

	if (entry && !(entry->flags & ENTRY_GOING))
		return entry;
	talk_end(talk, STATUS_NOT_DONE, "no such message in the queue");
	return NULL;
}

void obey_show(struct talk *talk)
{
	if (meant(talk) == NULL)
		return;
	if (!talk->bytes && !talk->judged) {
		obey_list(talk);
		return;
	}
	talk->jobs++;
	talk_do(talk, copy_work, copy_done);
}

/* ---- the ledger ---- */

static void count_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	talk->keeping.text.length = quarantine_count(talk->queue);
}

static void count_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	const struct queue *queue = talk->queue;
	const uint64_t *states = queue->entries.states;
	uint64_t rows[LEDGER_ROWS], accepted = 0;

	fates_ledger(queue, rows);
	const struct { const char *name; uint64_t number; } lines[] = {
		{ "delivered", rows[LEDGER_DELIVERED] },
		{ "queued", states[RECIPIENT_UNJUDGED] + states[RECIPIENT_QUEUED] + states[RECIPIENT_LENT] +
		            states[RECIPIENT_FAILED] + states[RECIPIENT_FOR_QUARANTINE] + states[RECIPIENT_DELAYED] },
		{ "held", states[RECIPIENT_HELD] },
		{ "quarantined", talk->keeping.text.length },
		{ "bounced", rows[LEDGER_BOUNCED] },
		{ "discarded", rows[LEDGER_DISCARDED] },
		{ "deleted", rows[LEDGER_DELETED] } };

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		accepted += lines[i].number;
		(void)!buffer_format(&talk->output, talk->json ? "%s\"%s\": %llu" : "%s%-12s %llu\n",
		                     talk->json ? (i ? ", " : "{") : "", lines[i].name, (unsigned long long)lines[i].number);
	}
	(void)!buffer_format(&talk->output, talk->json ? ", \"accepted\": %llu, \"own\": %llu}\n" : "accepted     %llu\nown          %llu\n",
	                     (unsigned long long)accepted, (unsigned long long)rows[LEDGER_OWN]);
	talk->jobs--;
	talk_end(talk, 0, "");
}

void obey_ledger(struct talk *talk)
{
	talk->jobs++;
	talk_do(talk, count_work, count_done);
}

/* ---- changes ---- */

static void retry(struct queue *queue, struct entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		struct recipient *recipient = entry_recipient(entry, i);

		if (!recipient_is_final(recipient) && recipient->is != RECIPIENT_HELD)
			recipient->due = 0;
	}
	entries_schedule(&queue->entries, entry);
}

void obey_retry(struct talk *talk)
{
	struct entries *entries = &talk->queue->entries;
	struct entry *entry;

	if (message_id_valid(talk->id)) {
		entry = meant(talk);
		if (entry == NULL)
			return;
		retry(talk->queue, entry);
	} else {
		for (entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry))
			retry(talk->queue, entry);
	}
	fates_sweep(talk->queue);
	visits_turn(talk->queue);
	talk_end(talk, 0, "");
}

static void change_noted(struct journal_note *note)
{
	struct talk *talk = (struct talk *)(void *)((char *)note - offsetof(struct talk, note));

	talk->jobs--;
	talk_end(talk, talk->concerned ? 0 : STATUS_NOT_DONE, talk->concerned ? "" : "nothing to do for its recipients now");
}

/* What the relay has in hand is beyond reach until it comes back. */
static void change(struct talk *talk, unsigned from, enum journal_kind kind, uint32_t due)
{
	struct entry *entry = meant(talk);

	if (entry == NULL)
		return;
	for (uint32_t i = 0; i < entry->count; i++)
		if (from >> entry_recipient(entry, i)->is & 1) {
			fates_turn(talk->queue, entry, i, kind, &(struct fates_words){ .due = due });
			talk->concerned++;
		}
	talk->jobs++;
	journal_sync(&talk->queue->journal, &talk->note, change_noted);
	if (!(entry->flags & ENTRY_BUSY))
		fates_settle(talk->queue, entry);
}

void obey_hold(struct talk *talk)
{
	change(talk, 1u << RECIPIENT_UNJUDGED | 1u << RECIPIENT_QUEUED, JOURNAL_HELD, 0);
}

void obey_release(struct talk *talk)
{
	change(talk, 1u << RECIPIENT_HELD, JOURNAL_RELEASED, queue_now());
}

void obey_delete(struct talk *talk)
{
	const struct entry *entry = entries_find(&talk->queue->entries, talk->id);
	unsigned from = 1u << RECIPIENT_UNJUDGED | 1u << RECIPIENT_QUEUED | 1u << RECIPIENT_HELD;

	/* Whose notice or copy is being written is beyond reach too. */
	if (entry && !(entry->flags & ENTRY_BUSY))
		from |= 1u << RECIPIENT_FAILED;
	change(talk, from, JOURNAL_DELETED, 0);
}
