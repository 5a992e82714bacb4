/* SPDX-License-Identifier: Apache-2.0 */
/* The few things that every file of the room asks for: time, chance, the log, counters, warnings. */
#include "queue/room.h"

#include "base/clock.h"

#include <sys/random.h>

uint32_t queue_now(void)
{
	return (uint32_t)clock_wall();
}

uint64_t queue_chance(void)
{
	uint64_t chance = 0;

	while (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		;
	return chance;
}

void queue_new_id(char id[SPOOL_NAME])
{
	message_id_make(clock_wall_ms(), queue_chance(), id);
	id[MESSAGE_ID_SIZE] = '\0';
}

void queue_note(struct queue *queue, enum log_level level, struct slice id, const char *event, const char *key, struct slice value)
{
	log_say(&queue->process->log, level, id, event, key, value);
}

void queue_count(struct queue *queue, enum queue_count which, uint64_t how_many)
{
	counter_add(&queue->process->counters, which, how_many);
}

void queue_show_levels(struct queue *queue)
{
	counter_set(&queue->process->counters, QUEUE_COUNT_queued, queue->entries.count);
	counter_set(&queue->process->counters, QUEUE_COUNT_held, queue->entries.states[RECIPIENT_HELD]);
	counter_set(&queue->process->counters, QUEUE_COUNT_lent, queue->lending.lent);
}

void queue_trouble(struct queue *queue, bool *standing, const char *name, int error)
{
	if (error == 0 && !*standing)
		return;
	*standing = error != 0;
	process_warn(queue->process, name, error ? slice_of(strerrorname_np(error)) : SLICE(""));
}

void queue_corrupt(struct queue *queue, struct slice name)
{
	queue_count(queue, QUEUE_COUNT_corrupt, 1);
	queue_note(queue, LOG_LEVEL_ERROR, message_id_valid(name) ? name : SLICE(""), "corrupt", "file", name);
	process_warn(queue->process, "corrupt", SLICE("a damaged file was moved to corrupt/ in the spool"));
}
