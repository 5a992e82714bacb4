/* SPDX-License-Identifier: Apache-2.0 */
/* The few things that every file of the room asks for: time, chance, the log, counters, warnings. */
#include "queue/room.h"

#include "base/clock.h"

#include <stdio.h>
#include <sys/random.h>

enum { GATHER_MS = 300, JUMP_MS = 600000, DISTRUST_MS = 3600000 };

uint32_t queue_now(void)
{
	return (uint32_t)clock_wall();
}

bool queue_clock_is_trusted(struct queue *queue)
{
	uint64_t ticks = clock_ticks();
	int64_t apart = clock_wall_ms() - (int64_t)ticks, jump = queue->clock_seen ? apart - queue->clock_seen : 0;

	queue->clock_seen = apart;
	if (jump >= JUMP_MS) {
		queue->distrust_until = ticks + DISTRUST_MS;
		process_warn(queue->process, "clock", SLICE("it was put forward: for an hour no mail is given up for its age"));
	} else if (queue->distrust_until && (jump <= -JUMP_MS || ticks >= queue->distrust_until)) {
		queue->distrust_until = 0;
		process_warn(queue->process, "clock", SLICE(""));
	}
	return ticks >= queue->distrust_until;
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

void queue_look_at_times(struct queue *queue, enum result kept)
{
	static const struct slice warning = LIT("profiles set more different times than are kept: for some recipients the file's hold");

	if (kept == OK && (!queue->times_trouble || !paces_are_eased(&queue->entries.paces)))
		return;
	if (kept != OK && queue->times_trouble)
		return;
	queue->times_trouble = kept != OK;
	process_warn(queue->process, "times", kept == OK ? SLICE("") : warning);
}

void queue_corrupt(struct queue *queue, struct slice name)
{
	queue_count(queue, QUEUE_COUNT_corrupt, 1);
	queue_note(queue, LOG_LEVEL_ERROR, message_id_valid(name) ? name : SLICE(""), "corrupt", "file", name);
	/* The first at once; how many they are in the end, when there come no more. */
	if (queue->corrupt++ == 0 || timer_start(&queue->corrupt_timer, GATHER_MS) != OK)
		queue_warn_of_corrupt(queue);
}

void queue_warn_of_corrupt(void *own_queue)
{
	struct queue *queue = own_queue;
	char text[96];
	int len = snprintf(text, sizeof(text), "%llu damaged file%s moved to corrupt/ in the spool",
	                   (unsigned long long)queue->corrupt, queue->corrupt == 1 ? " was" : "s were");

	process_warn(queue->process, "corrupt", (struct slice){ text, (size_t)len });
}

void queue_complain(struct queue *queue, const char *what, int error)
{
	struct log_line line;

	log_begin(&line, &queue->process->log, LOG_LEVEL_ERROR, SLICE(""), "cannot-begin");
	log_text(&line, "what", slice_of(what));
	log_text(&line, "spool", queue->gateway.spool.is);
	log_text(&line, "error", error ? slice_of(strerrorname_np(error)) : SLICE("no memory"));
	log_end(&line);
}
