/* SPDX-License-Identifier: Apache-2.0 */
/* Ask, compare, tell the fronts when the answer has changed. */
#include "queue/reserve.h"

#include "queue/room.h"

enum { LOOK_MS = 2000 };

static void look(struct job *job)
{
	struct reserve *reserve = (struct reserve *)(void *)((char *)job - offsetof(struct reserve, job));

	reserve->end = durable_free(&reserve->queue->spool.root, &reserve->bytes, &reserve->inodes);
}

static bool enough(const struct reserve *reserve)
{
	const struct queue_settings *settings = &reserve->queue->settings;

	return reserve->end == OK && reserve->bytes >= settings->reserve.n && reserve->inodes >= settings->reserve_inodes.n;
}

static void looked(struct job *job)
{
	struct reserve *reserve = (struct reserve *)(void *)((char *)job - offsetof(struct reserve, job));
	struct queue *queue = reserve->queue;
	bool room = enough(reserve);

	reserve->asking = false;
	if (queue->process->counters.page)
		counter_set(&queue->process->counters, QUEUE_COUNT_free_bytes, reserve->bytes);
	(void)!timer_start(&reserve->timer, LOOK_MS);
	if (room == reserve->room)
		return;
	reserve->room = room;
	deposits_say_room(&queue->deposits, room);
	process_warn(queue->process, "reserve", room ? SLICE("") : SLICE("no room in the spool; mail is answered 452"));
}

static void time_to_look(void *owner)
{
	struct reserve *reserve = owner;

	reserve->asking = true;
	crew_give(&reserve->queue->crew, &reserve->job);
}

void reserve_init(struct reserve *reserve, struct queue *queue)
{
	*reserve = (struct reserve){ .queue = queue, .job = { .work = look, .done = looked } };
	timer_init(&reserve->timer, &queue->process->loop, time_to_look, reserve);
	look(&reserve->job);
	reserve->room = enough(reserve);
}

void reserve_finish(struct reserve *reserve)
{
	timer_end(&reserve->timer);
}

enum result reserve_watch(struct reserve *reserve)
{
	return timer_start(&reserve->timer, LOOK_MS);
}

void reserve_look_now(struct reserve *reserve)
{
	if (reserve->asking)
		return;
	timer_stop(&reserve->timer);
	time_to_look(reserve);
}

bool reserve_has_room(const struct reserve *reserve)
{
	return reserve->room;
}
