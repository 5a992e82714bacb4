/* SPDX-License-Identifier: Apache-2.0 */
/* Both writes on one thread, one after the other; what is said about errors is said on the loop. */
#include "queue/keeping.h"

#include "queue/room.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_this(const struct durable_folder *day, const struct keeping *keeping)
{
	struct arena memory;
	struct spool_read read;
	bool same;

	arena_init(&memory, 16 << 20);
	same = spool_read(day, keeping->name, true, &memory, &read) == OK;
	if (same) {
		same = read.map.serial == keeping->text.serial && slice_same(read.judgement, keeping->text.judgement);
		(void)close(read.fd);
	}
	arena_finish(&memory);
	return same;
}

static enum result keep_apart(struct keeping *keeping)
{
	struct durable_folder day;
	enum result end;

	TRY(spool_day(&keeping->queue->spool, keeping->day, true, &day));
	end = spool_publish(&day, keeping->name, &keeping->text);
	if (end == REFUSED && keeping->replace && is_this(&day, keeping))
		end = OK;
	spool_day_close(&day);
	return end;
}

/* Not accepted after all: what lies in quarantine is of a message that will come again. */
static void take_away(const struct keeping *keeping)
{
	int error = errno;
	struct durable_folder day;

	if (spool_day(&keeping->queue->spool, keeping->day, false, &day) == OK) {
		(void)!durable_remove(&day, keeping->name, false);
		spool_day_close(&day);
	}
	errno = error;
}

/* A descriptor that can only be read: the one that wrote the file is never lent. */
static int open_again(const struct keeping *keeping)
{
	return openat(keeping->queue->spool.messages.fd, keeping->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static void keep_work(struct job *job)
{
	struct keeping *keeping = (struct keeping *)(void *)((char *)job - offsetof(struct keeping, job));

	errno = 0;
	keeping->end = keeping->apart ? keep_apart(keeping) : OK;
	if (keeping->end == OK && keeping->live) {
		keeping->end = spool_publish(&keeping->queue->spool.messages, keeping->name, &keeping->text);
		if (keeping->end != OK && keeping->apart)
			take_away(keeping);
	}
	keeping->error = errno;
	if (keeping->end == OK && keeping->live && keeping->lend)
		keeping->fd = open_again(keeping);
}

static void keep_done(struct job *job)
{
	struct keeping *keeping = (struct keeping *)(void *)((char *)job - offsetof(struct keeping, job));
	struct queue *queue = keeping->queue;

	if (keeping->end == OK) {
		queue_count(queue, QUEUE_COUNT_bytes_stored, keeping->text.length);
	} else {
		queue_count(queue, QUEUE_COUNT_sync_errors, 1);
		queue_note(queue, LOG_LEVEL_ERROR, slice_of(keeping->name), "not-stored", "error",
		           slice_of(keeping->error ? strerrorname_np(keeping->error) : "name taken"));
	}
	if (keeping->end != OK && keeping_lacks_room(keeping))
		reserve_look_now(&queue->reserve);
	queue_trouble(queue, &queue->spool_trouble, "spool", keeping->end == OK ? 0 : keeping->error);
	keeping->kept(keeping);
}

bool keeping_lacks_room(const struct keeping *keeping)
{
	return keeping->error == ENOSPC || keeping->error == EDQUOT || keeping->error == EFBIG;
}

void keeping_begin(struct queue *queue, struct keeping *keeping)
{
	keeping->queue = queue;
	keeping->fd = -1;
	keeping->job.work = keep_work;
	keeping->job.done = keep_done;
	crew_give(&queue->crew, &keeping->job);
}
