/* SPDX-License-Identifier: Apache-2.0 */
/* One visit does one thing; if more is due, the next visit follows at once. */
#include "queue/visits.h"

#include "base/fd.h"
#include "queue/fates.h"
#include "queue/room.h"

enum { SLEEP_MOST = 60 };

struct visit *visit_of_job(struct job *job)
{
	return (struct visit *)(void *)((char *)job - offsetof(struct visit, job));
}

struct spool_span visit_content(const struct visit *visit)
{
	return visit->map.spans[SPOOL_CONTENT];
}

void visit_do(struct visit *visit, void (*work)(struct job *job), void (*done)(struct job *job))
{
	visit->job.work = work;
	visit->job.done = done;
	crew_give(&visit->queue->crew, &visit->job);
}

static void release(struct visit *visit)
{
	struct queue *queue = visit->queue;

	queue->lending.preparing -= visit->for_relay;
	ask_end(&queue->asks, &visit->ask);
	fd_close(&visit->fd);
	fd_close(&visit->memfd);
	arena_finish(&visit->memory);
	pool_give(&queue->visits.pool, visit);
}

void visit_mean(struct visit *visit, enum recipient_is what)
{
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		struct recipient *recipient = entry_recipient(visit->entry, i);

		recipient->flags &= (uint8_t)~RECIPIENT_IS_MEANT;
		if (recipient->is == what)
			recipient->flags |= RECIPIENT_IS_MEANT;
	}
}

bool visit_means(struct visit *visit, uint32_t place, enum recipient_is what)
{
	const struct recipient *recipient = entry_recipient(visit->entry, place);

	return recipient->is == what && recipient->flags & RECIPIENT_IS_MEANT;
}

void visit_end(struct visit *visit)
{
	struct queue *queue = visit->queue;
	struct entry *entry = visit->entry;

	visit_mean(visit, RECIPIENT_KINDS);
	release(visit);
	fates_settle(queue, entry);
	visits_turn(queue);
}

void visit_put_off(struct visit *visit, enum recipient_is whom, uint32_t seconds)
{
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		struct recipient *recipient = entry_recipient(visit->entry, i);

		if (recipient->is == whom)
			recipient->due = queue_now() + seconds;
	}
}

enum result visits_judgement(struct arena *arena, struct slice packed, uint32_t recipients, uint64_t length,
                             struct judgement *ret_judgement)
{
	struct judgement judgement;
	struct slice kept;

	TRY(arena_keep(arena, packed, &kept));
	TRY(judgement_unpack(kept, arena, &judgement));
	if (judgement.fate_count != recipients)
		return REFUSED;
	for (uint32_t i = 0; i < judgement.edits_count; i++) {
		struct edits edits;

		TRY(edits_unpack(judgement.edits[i], arena, &edits));
		TRY(edits_check(&edits, length));
	}
	for (uint32_t i = 0; i < judgement.times_count; i++)
		times_bound(&judgement.times[i]);
	*ret_judgement = judgement;
	return OK;
}

/* ---- reading, on the crew ---- */

static enum result read_later(struct visit *visit)
{
	struct spool_read later;
	enum result end;

	TRY(spool_read(&visit->queue->spool.judged, visit->name, true, &visit->memory, &later));
	(void)close(later.fd);
	end = spool_map_is_judgement(&later.map) && later.map.serial == visit->map.serial ? OK : REFUSED;
	if (end == OK)
		end = visits_judgement(&visit->memory, later.judgement, visit->envelope.recipient_count,
		                       visit_content(visit).length, &visit->judgement);
	visit->judged = end == OK;
	return end;
}

static enum result read_message(struct visit *visit)
{
	struct spool_read read = { .fd = -1 };

	TRY(spool_read(&visit->queue->spool.messages, visit->name, visit->verify, &visit->memory, &read));
	visit->fd = read.fd;
	visit->map = read.map;
	visit->packed = read.envelope;
	if (!spool_map_is_message(&read.map))
		return REFUSED;
	TRY(envelope_unpack(read.envelope, &visit->memory, &visit->envelope));
	if (!slice_same(visit->envelope.id, slice_of(visit->name)))
		return REFUSED;
	if (read.map.has[SPOOL_JUDGEMENT]) {
		TRY(visits_judgement(&visit->memory, read.judgement, visit->envelope.recipient_count,
		                     visit_content(visit).length, &visit->judgement));
		visit->judged = true;
	}
	return OK;
}

/* A judgement of its own that is damaged is no judgement: the message is judged again. */
static void read_work(struct job *job)
{
	struct visit *visit = visit_of_job(job);

	visit->end = read_message(visit);
	if (visit->end == OK && visit->has_later && read_later(visit) == LATER)
		visit->end = LATER;
}

/* ---- what is to be done ---- */

static bool is_due(struct entry *entry, enum recipient_is what, uint32_t now)
{
	for (uint32_t i = 0; i < entry->count; i++)
		if (entry_recipient(entry, i)->is == what && entry_recipient(entry, i)->due <= now)
			return true;
	return false;
}

static const struct need { enum recipient_is is; void (*begin)(struct visit *visit); } needs[] = {
	{ RECIPIENT_UNJUDGED,       judging_begin },
	{ RECIPIENT_FOR_QUARANTINE, quarantine_begin },
	{ RECIPIENT_FAILED,         notices_of_failure },
	{ RECIPIENT_DELAYED,        notices_of_delay },
	{ RECIPIENT_ARRIVED,        notices_of_success },
	{ RECIPIENT_QUEUED,         lending_begin },
};

static void aside_work(struct job *job)
{
	struct visit *visit = visit_of_job(job);

	visit->end = spool_set_aside(&visit->queue->spool, &visit->queue->spool.messages, visit->name);
}

static void aside_done(struct job *job)
{
	struct visit *visit = visit_of_job(job);
	struct queue *queue = visit->queue;
	struct entry *entry = visit->entry;

	queue_corrupt(queue, slice_of(visit->name));
	release(visit);
	fates_drop(queue, entry);
	visits_turn(queue);
}

static void put_all_off(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (recipient_needs_errands(entry_recipient(visit->entry, i)))
			entry_recipient(visit->entry, i)->due = queue_now() + 30;
	for (size_t i = 0; i < COUNT_OF(needs); i++)
		visit_put_off(visit, needs[i].is, 30);
	visit_end(visit);
}

static void read_done(struct job *job)
{
	struct visit *visit = visit_of_job(job);

	if (visit->end == REFUSED || (visit->end == OK && visit->envelope.recipient_count != visit->entry->count)) {
		visit_do(visit, aside_work, aside_done);
		return;
	}
	if (visit->end != OK) {
		queue_note(visit->queue, LOG_LEVEL_WARNING, entry_id(visit->entry), "unreadable", "then", SLICE("trying later"));
		put_all_off(visit);
		return;
	}
	visit->entry->flags |= ENTRY_CHECKED;
	if (entry_needs_errands(visit->entry)) {
		errands_begin(visit);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(needs); i++)
		if (is_due(visit->entry, needs[i].is, queue_now())) {
			needs[i].begin(visit);
			return;
		}
	visit_end(visit);
}

static struct visit *new_visit(struct queue *queue, struct entry *entry)
{
	struct visit *visit = pool_take(&queue->visits.pool);

	if (visit == NULL)
		return NULL;
	entries_unschedule(&queue->entries, entry);
	entry->flags |= ENTRY_BUSY;
	visit->queue = queue;
	visit->entry = entry;
	visit->fd = visit->memfd = -1;
	memcpy(visit->name, entry->id, MESSAGE_ID_SIZE);
	return visit;
}

static bool begin_visit(struct queue *queue, struct entry *entry, bool for_relay)
{
	struct visit *visit = new_visit(queue, entry);

	if (visit == NULL)
		return false;
	visit->for_relay = for_relay;
	queue->lending.preparing += for_relay;
	visit->verify = !(entry->flags & ENTRY_CHECKED);
	visit->has_later = entry->flags & ENTRY_HAS_LATER;
	arena_init(&visit->memory, VISIT_MEMORY);
	visit_do(visit, read_work, read_done);
	return true;
}

/* ---- without reading ---- */

static bool all_are(struct entry *entry, enum recipient_is what)
{
	for (uint32_t i = 0; i < entry->count; i++)
		if (entry_recipient(entry, i)->is != what)
			return false;
	return true;
}

static bool somebody_waits(const struct queue *queue)
{
	const struct entry *first = entries_first(&queue->entries, HEAP_RELAY);

	return first && first->due <= queue_now();
}

static bool may_be_lent_at_once(const struct queue *queue, struct entry *entry, const struct visit_news *news)
{
	return news->fd >= 0 && news->judged && queue->loaded && !queue->stopping && all_are(entry, RECIPIENT_QUEUED) &&
	       !entry_needs_errands(entry) &&
	       lending_may(&queue->lending) && !somebody_waits(queue);
}

void visits_hand_over(struct queue *queue, struct entry *entry, struct visit_news *news)
{
	struct visit *visit = may_be_lent_at_once(queue, entry, news) ? new_visit(queue, entry) : NULL;

	if (visit == NULL) {
		fd_close(&news->fd);
		arena_finish(&news->memory);
		fates_settle(queue, entry);
		return;
	}
	visit->memory = news->memory;
	visit->fd = news->fd;
	visit->map = news->map;
	visit->packed = news->packed;
	visit->envelope = news->envelope;
	visit->judgement = news->judgement;
	visit->judged = true;
	lending_begin(visit);
}

/* ---- when ---- */

static bool begin_due(struct queue *queue, enum heap_kind kind, uint32_t now)
{
	struct entry *entry = entries_first(&queue->entries, kind);

	if (entry == NULL || entry->due > now || queue->stopping || !queue->loaded)
		return false;
	if (kind == HEAP_RELAY && !lending_may(&queue->lending))
		return false;
	if (kind == HEAP_WORK && (!asks_ready(&queue->asks) || queue->visits.pool.used >= VISITS_WORK))
		return false;
	return begin_visit(queue, entry, kind == HEAP_RELAY);
}

static uint64_t sleep_ms(const struct queue *queue, uint32_t now)
{
	uint64_t wait = SLEEP_MOST;

	for (size_t i = 0; i < HEAPS; i++) {
		const struct entry *entry = entries_first(&queue->entries, (enum heap_kind)i);

		if (entry && entry->due > now && entry->due - now < wait)
			wait = entry->due - now;
	}
	return wait * 1000;
}

/* Set back by more than a minute: whoever was put off by the old clock would wait too long. */
static void look_at_clock(struct queue *queue, uint32_t now)
{
	struct entries *entries = &queue->entries;
	bool back = now + SLEEP_MOST < queue->visits.seen;

	queue->visits.seen = now;
	for (struct entry *entry = back ? entries_next(entries, NULL) : NULL; entry; entry = entries_next(entries, entry))
		fates_clock_back(queue, entry);
}

void visits_turn(struct queue *queue)
{
	uint32_t now = queue_now();

	look_at_clock(queue, now);
	(void)queue_clock_is_trusted(queue);
	while (begin_due(queue, HEAP_WORK, now))
		;
	while (begin_due(queue, HEAP_RELAY, now))
		;
	(void)!timer_start(&queue->visits.timer, sleep_ms(queue, now));
}

static void time_to_turn(void *owner)
{
	struct visits *visits = owner;

	visits_turn(visits->queue);
}

void visits_init(struct visits *visits, struct queue *queue)
{
	*visits = (struct visits){ .queue = queue };
	pool_init(&visits->pool, sizeof(struct visit), VISITS_MOST);
	timer_init(&visits->timer, &queue->process->loop, time_to_turn, visits);
}

void visits_finish(struct visits *visits)
{
	timer_end(&visits->timer);
	pool_finish(&visits->pool);
}
