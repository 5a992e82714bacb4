/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging later: the bytes go to inspect as a sealed memfd; the answer becomes a file of its own in judged/,
 * and only then counts. A message that inspect failed on too often is unscannable by our own word.
 */
#include "base/fd.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "wire/queue-inspect.h"

#include <fcntl.h>
#include <unistd.h>

enum { JUDGEMENT_LIMIT = 16 << 20 };

static void write_work(struct job *job)
{
	struct visit *visit = visit_of_job(job);
	const struct spool *spool = &visit->queue->spool;
	const struct spool_text text = { .serial = visit->map.serial, .judgement = visit->fresh, .content = -1 };

	/* An older one is in the way: without it the message is unjudged, and nothing is delivered. */
	if (faccessat(spool->judged.fd, visit->name, F_OK, 0) == 0 && durable_remove(&spool->judged, visit->name, true) != OK)
		visit->end = LATER;
	else
		visit->end = spool_publish(&spool->judged, visit->name, &text);
}

/* For those who wait for it; nothing where something became of the message before, which was counted then. */
static unsigned outcomes_now(struct entry *entry, const struct judgement *judgement)
{
	unsigned outcomes = 0;

	for (uint32_t i = 0; i < entry->count; i++) {
		const struct recipient *recipient = entry_recipient(entry, i);

		if (recipient->flags & RECIPIENT_IS_JUDGED)
			return 0;
		if (recipient->is == RECIPIENT_UNJUDGED)
			outcomes |= 1u << judgement->fates[i].outcome;
	}
	return outcomes;
}

static void record(struct visit *visit)
{
	const struct recorded recorded = { entry_id(visit->entry), visit->packed, &visit->judgement,
		                           outcomes_now(visit->entry, &visit->judgement), true };

	recording_judged(&visit->queue->recording, &recorded);
}

static void write_done(struct job *job)
{
	struct visit *visit = visit_of_job(job);

	if (visit->end != OK) {
		queue_count(visit->queue, QUEUE_COUNT_sync_errors, 1);
		visit_put_off(visit, RECIPIENT_UNJUDGED, 10);
		visit_end(visit);
		return;
	}
	visit->entry->flags |= ENTRY_HAS_LATER;
	visit->entry->tried = 0;
	record(visit);
	fates_judge(visit->queue, visit->entry, &visit->judgement, true);
	queue_note(visit->queue, LOG_LEVEL_INFO, entry_id(visit->entry), "judged", "verdict",
	           slice_of(verdict_name(visit->judgement.verdict)));
	visit_end(visit);
}

static void late_is_quarantine(struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (judgement->fates[i].outcome == FATE_REJECT) {
			judgement->fates[i].outcome = FATE_QUARANTINE;
			judgement->fates[i].kind = SLICE("late");
		}
}

static void keep_judgement(struct visit *visit)
{
	struct buffer packed;
	enum result end;

	late_is_quarantine(&visit->judgement);
	buffer_init(&packed, JUDGEMENT_LIMIT);
	end = judgement_pack(&visit->judgement, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &visit->fresh);
	buffer_finish(&packed);
	if (end == OK) {
		visit_do(visit, write_work, write_done);
		return;
	}
	visit_put_off(visit, RECIPIENT_UNJUDGED, 60);
	visit_end(visit);
}

enum result judging_unscannable(struct visit *visit, struct slice reason)
{
	struct buffer findings;
	struct judgement judgement = { .verdict = VERDICT_UNSCANNABLE, .reason = reason,
		                       .fate_count = visit->envelope.recipient_count };
	enum result end;

	judgement.fates = arena_array(&visit->memory, struct fate, judgement.fate_count);
	if (judgement.fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement.fate_count; i++)
		judgement.fates[i] = (struct fate){ .outcome = FATE_QUARANTINE, .kind = SLICE("unscannable"), .edits = NO_EDITS };
	buffer_init(&findings, 4096);
	end = findings_unscannable(judgement.reason, &findings);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&findings), &judgement.findings);
	buffer_finish(&findings);
	if (end == OK)
		visit->judgement = judgement;
	return end;
}

static void note_tried(struct visit *visit)
{
	struct journal_record record = { .kind = JOURNAL_TRIED, .serial = visit->entry->serial, .place = UINT32_MAX,
		                         .attempts = visit->entry->tried };

	memcpy(record.id, visit->entry->id, MESSAGE_ID_SIZE);
	journal_add(&visit->queue->journal, &record);
}

static void failed(struct visit *visit)
{
	visit->entry->tried = visit->ask.tried;
	note_tried(visit);
	if (visit->entry->tried >= ASK_TRIES && judging_unscannable(visit, SLICE("inspect failed on it too often")) == OK) {
		queue_note(visit->queue, LOG_LEVEL_WARNING, entry_id(visit->entry), "unscannable", "reason", visit->judgement.reason);
		keep_judgement(visit);
		return;
	}
	visit_put_off(visit, RECIPIENT_UNJUDGED, schedule_judge(visit->entry->tried, (uint32_t)queue_chance()));
	visit_end(visit);
}

static void answered(struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	struct visit *visit = (struct visit *)(void *)((char *)ask - offsetof(struct visit, ask));

	fd_close(&fd);
	if (end == ASK_JUDGED &&
	    visits_judgement(&visit->memory, text, visit->envelope.recipient_count, visit_content(visit).length,
	                     &visit->judgement) == OK) {
		keep_judgement(visit);
		return;
	}
	if (end == ASK_JUDGED)
		ask->tried++;
	failed(visit);
}

static void copy_work(struct job *job)
{
	struct visit *visit = visit_of_job(job);
	struct spool_span content = visit_content(visit);

	visit->end = spool_memfd(visit->fd, content.at, content.length, &visit->memfd);
}

static void copy_done(struct job *job)
{
	struct visit *visit = visit_of_job(job);

	if (visit->end != OK) {
		visit_put_off(visit, RECIPIENT_UNJUDGED, 10);
		visit_end(visit);
		return;
	}
	visit->ask.kind = QUEUE_INSPECT;
	visit->ask.tried = visit->entry->tried;
	visit->ask.payload = visit->packed;
	visit->ask.fd = visit->memfd;
	visit->ask.answered = answered;
	ask_begin(&visit->queue->asks, &visit->ask);
}

void judging_begin(struct visit *visit)
{
	visit_do(visit, copy_work, copy_done);
}
