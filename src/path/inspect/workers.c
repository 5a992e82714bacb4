/* SPDX-License-Identifier: Apache-2.0 */
/* Places are filled from a timer, never from within a call-back; one that never served is not replaced at once, so
 * that workers that cannot start do not become a storm of forks. */
#include "inspect/workers.h"

#include "inspect/worker_wire.h"

enum { AT_ONCE = 0, AFTER_FAILURE = 1000, SLOTS = WORKERS_MOST + 1, JUDGE = WORKERS_MOST };

static enum result slot_frame(void *owner, struct frame *frame);
static void slot_closed(void *owner);
static const struct channel_handler slot_handler = { slot_frame, slot_closed };

static void fill_soon(struct workers *workers, uint64_t ms)
{
	(void)!timer_start(&workers->filling, ms);
}

static void empty(struct worker_slot *slot)
{
	timer_end(&slot->patience);
	channel_close(&slot->channel);
	*slot = (struct worker_slot){ .workers = slot->workers };
}

static void *take_job(struct worker_slot *slot)
{
	void *job = slot->job;

	slot->job = NULL;
	slot->workers->busy -= job != NULL;
	return job;
}

static void give_up(struct worker_slot *slot)
{
	struct workers *workers = slot->workers;
	uint64_t took = loop_ticks(workers->loop) - slot->began;
	unsigned served = slot->served;
	void *job = take_job(slot);

	empty(slot);
	fill_soon(workers, served ? AT_ONCE : AFTER_FAILURE);
	if (job)
		workers->owner->died(workers->self, job, took);
}

static void slot_closed(void *owner)
{
	give_up(owner);
}

static void out_of_patience(void *owner)
{
	give_up(owner);
}

/* It has served long enough, or under old settings: it ends, and another comes. */
static void rest(struct worker_slot *slot)
{
	struct workers *workers = slot->workers;

	if (slot->retiring || slot->served >= workers->served_most) {
		empty(slot);
		fill_soon(workers, AT_ONCE);
	}
	workers->owner->free_again(workers->self);
}

static enum result slot_frame(void *owner, struct frame *frame)
{
	struct worker_slot *slot = owner;
	struct workers *workers = slot->workers;

	if (slot->job == NULL || frame->exchange != slot->exchange)
		return REFUSED;
	if (workers->owner->answered(workers->self, slot->job, frame) != OK)
		return REFUSED;
	timer_stop(&slot->patience);
	(void)take_job(slot);
	rest(slot);
	return OK;
}

static enum result fill(struct worker_slot *slot)
{
	struct workers *workers = slot->workers;
	int wire = -1;

	TRY(workers->owner->make(workers->self, slot == &workers->slots[JUDGE], &wire));
	timer_init(&slot->patience, workers->loop, out_of_patience, slot);
	return channel_open(&slot->channel, workers->loop, wire, WORKER_ANSWER_LONGEST, &slot_handler, slot);
}

static bool is_place(const struct workers *workers, size_t slot)
{
	return slot < workers->count || slot == JUDGE;
}

static void fill_places(void *owner)
{
	struct workers *workers = owner;

	for (size_t i = 0; i < SLOTS; i++) {
		if (channel_is_open(&workers->slots[i].channel) || !is_place(workers, i))
			continue;
		if (fill(&workers->slots[i]) != OK) {
			fill_soon(workers, AFTER_FAILURE);
			break;
		}
	}
	workers->owner->free_again(workers->self);
}

void workers_init(struct workers *workers, struct loop *loop, const struct workers_owner *owner, void *self)
{
	*workers = (struct workers){ .loop = loop, .owner = owner, .self = self };
	for (size_t i = 0; i < SLOTS; i++)
		workers->slots[i].workers = workers;
	timer_init(&workers->filling, loop, fill_places, workers);
}

void workers_finish(struct workers *workers)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (workers->slots[i].workers)
			empty(&workers->slots[i]);
	timer_end(&workers->filling);
}

enum result workers_start(struct workers *workers, const struct workers_limits *limits)
{
	workers->count = limits->count < WORKERS_MOST ? limits->count : WORKERS_MOST;
	workers->served_most = limits->served_most;
	workers->patience_ms = limits->patience_ms;
	for (size_t i = 0; i < SLOTS; i++) {
		struct worker_slot *slot = &workers->slots[i];

		slot->retiring = slot->job != NULL;
		if (slot->job == NULL)
			empty(slot);
	}
	return timer_start(&workers->filling, AT_ONCE);
}

static struct worker_slot *find_free(struct workers *workers, bool judges)
{
	size_t from = judges ? JUDGE : 0, until = judges ? SLOTS : workers->count;

	for (size_t i = from; i < until; i++)
		if (channel_is_open(&workers->slots[i].channel) && workers->slots[i].job == NULL)
			return &workers->slots[i];
	return NULL;
}

enum result workers_give(struct workers *workers, void *job, uint8_t kind, uint64_t exchange, struct slice payload,
                         int fd)
{
	struct worker_slot *slot = find_free(workers, kind == WORKER_JUDGE);

	if (slot == NULL)
		return AGAIN;
	if (channel_send(&slot->channel, kind, exchange, payload, fd) != OK ||
	    timer_start(&slot->patience, workers->patience_ms) != OK) {
		give_up(slot);
		return AGAIN;
	}
	slot->job = job;
	slot->exchange = exchange;
	slot->began = loop_ticks(workers->loop);
	slot->served++;
	workers->busy++;
	return OK;
}
