/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One job at a time: it appends what gathered, or writes a snapshot to a new file and renames it. A
 * snapshot holds all that was ever added, so whoever waited for an append is served by it as well.
 */
#include "queue/journal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>

#define JOURNAL_NEW "journal.new"

enum { FILLING_LIMIT = 4 << 20, LOOSE_MOST = 65536, TAIL_LEAST = 65536, TAIL_SHARE = 8, AGAIN_MS = 1000, POSTPONED_MS = 5000 };

static void turn(struct journal *journal);

static bool has_waiting(const struct journal *journal)
{
	return journal->filling_first || buffer_length(&journal->filling) >= LOOSE_MOST;
}

static void call_back(struct journal *journal)
{
	struct journal_note *note = journal->writing_first;

	journal->writing_first = journal->writing_last = NULL;
	while (note) {
		struct journal_note *next = note->next;

		note->noted(note);
		note = next;
	}
}

static void move_notes(struct journal *journal)
{
	if (journal->filling_first == NULL)
		return;
	if (journal->writing_last)
		journal->writing_last->next = journal->filling_first;
	else
		journal->writing_first = journal->filling_first;
	journal->writing_last = journal->filling_last;
	journal->filling_first = journal->filling_last = NULL;
}

static struct iovec part_of(const struct buffer *bytes)
{
	return (struct iovec){ bytes->bytes + bytes->start, buffer_length(bytes) };
}

static void append_work(struct job *job)
{
	struct journal *journal = (struct journal *)(void *)((char *)job - offsetof(struct journal, job));
	struct iovec part = part_of(&journal->writing);

	journal->end = durable_append(&journal->spool->root, journal->fd, &part, 1);
	/* What the kernel shows of it may not be on the disk: a queue that reads it shall not write behind it. */
	if (journal->end != OK)
		(void)!write(journal->fd, "\377", 1);
}

/* Room behind the end, taken while there is some: when others fill the disk, deliveries are still written down. */
static void take_tail(const struct journal *journal, int fd)
{
	uint64_t tail = 2 * journal->grow, bytes, inodes;

	if (durable_free(&journal->spool->root, &bytes, &inodes) == OK && bytes / TAIL_SHARE < tail)
		tail = bytes / TAIL_SHARE;
	if (tail >= TAIL_LEAST)
		(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)buffer_length(&journal->writing), (off_t)tail);
}

static enum result write_new(struct journal *journal)
{
	const struct durable_folder *root = &journal->spool->root;
	struct iovec part = part_of(&journal->writing);
	closing int watched = -1;
	struct draft draft;
	enum result end;

	TRY(durable_sync_folder(&journal->spool->messages));
	if (unlinkat(root->fd, JOURNAL_NEW, 0) != 0 && errno != ENOENT)
		return LATER;
	TRY(durable_begin(root, JOURNAL_NEW, &draft));
	end = durable_write(&draft, &part, 1);
	if (end != OK) {
		durable_drop(root, &draft);
		return end;
	}
	take_tail(journal, draft.fd);
	TRY(durable_publish(root, &draft, JOURNAL_NEW, &journal->fresh_fd));
	journal->renamed = true;
	TRY(durable_watch(root, &watched));
	if (renameat(root->fd, JOURNAL_NEW, root->fd, JOURNAL_FILE) != 0)
		return LATER;
	return durable_sync_watched(root, watched);
}

/* At a start for which there is no room: the file that was replayed goes on, once all of it is surely on the disk. */
static void adopt(struct journal *journal)
{
	closing int fd = openat(journal->spool->root.fd, JOURNAL_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat about;

	if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || fdatasync(fd) != 0)
		return;
	journal->base = (uint64_t)about.st_size;
	journal->fresh_fd = fd_keep(&fd);
}

static void compact_work(struct job *job)
{
	struct journal *journal = (struct journal *)(void *)((char *)job - offsetof(struct journal, job));

	journal->fresh_fd = -1;
	journal->renamed = false;
	journal->end = write_new(journal);
	if (journal->end == OK || journal->renamed)
		return;
	fd_close(&journal->fresh_fd);
	if (journal->fd < 0 && journal->whole)
		adopt(journal);
}

static void work_done(struct job *job)
{
	struct journal *journal = (struct journal *)(void *)((char *)job - offsetof(struct journal, job));

	journal->busy = false;
	journal->syncs++;
	journal->size += buffer_length(&journal->writing);
	buffer_clear(&journal->writing);
	journal->owner->synced(journal->self, journal->end);
	if (journal->end == OK)
		call_back(journal);
	if (journal->end != OK)
		journal->whole = false;
	if (journal->end != OK || (!journal->postponed && journal->size - journal->base > journal->grow))
		journal->compact = true;
	turn(journal);
}

static void put_notes_back(struct journal *journal)
{
	if (journal->writing_first == NULL)
		return;
	journal->writing_last->next = journal->filling_first;
	journal->filling_first = journal->writing_first;
	if (journal->filling_last == NULL)
		journal->filling_last = journal->writing_last;
	journal->writing_first = journal->writing_last = NULL;
}

/* The records that a snapshot would have held, and those that came since, in order. */
static enum result put_records_back(struct journal *journal)
{
	struct buffer later = journal->filling;

	if (buffer_add(&journal->held, buffer_slice(&later)) != OK)
		return LATER;
	buffer_clear(&later);
	journal->filling = journal->held;
	journal->held = later;
	return OK;
}

/* No new file; but the old one is as it was, with room behind its end: it goes on, and a new one is tried later. */
static void postpone(struct journal *journal)
{
	if (journal->fd < 0 && journal->fresh_fd >= 0) {
		journal->fd = fd_keep(&journal->fresh_fd);
		journal->size = journal->base;
	}
	if (journal->renamed || journal->fd < 0 || put_records_back(journal) != OK)
		journal->whole = false;
	fd_close(&journal->fresh_fd);
	journal->compact = !journal->whole;
	journal->postponed = true;
	if (journal->whole)
		put_notes_back(journal);
	if (timer_start(&journal->again, journal->whole ? POSTPONED_MS : AGAIN_MS) != OK || journal->whole)
		turn(journal);
}

static void compact_done(struct job *job)
{
	struct journal *journal = (struct journal *)(void *)((char *)job - offsetof(struct journal, job));

	if (journal->end == OK) {
		fd_close(&journal->fd);
		journal->fd = fd_keep(&journal->fresh_fd);
		journal->base = buffer_length(&journal->writing);
		journal->size = 0;
		journal->whole = true;
		journal->postponed = false;
		buffer_clear(&journal->held);
		work_done(job);
		buffer_relax(&journal->writing);
		return;
	}
	journal->busy = false;
	buffer_clear(&journal->writing);
	journal->owner->synced(journal->self, journal->end);
	postpone(journal);
}

static void start_job(struct journal *journal, void (*work)(struct job *job), void (*done)(struct job *job))
{
	move_notes(journal);
	journal->busy = true;
	journal->job.work = work;
	journal->job.done = done;
	crew_give(journal->crew, &journal->job);
}

static void start_append(struct journal *journal)
{
	struct buffer full = journal->filling;

	journal->filling = journal->writing;
	journal->writing = full;
	start_job(journal, append_work, work_done);
}

/* Until the snapshot that has them is safe: the old file may have to take them after all. */
static void keep_records(struct journal *journal)
{
	struct buffer empty = journal->held;

	if (journal->whole) {
		buffer_clear(&empty);
		journal->held = journal->filling;
		journal->filling = empty;
	}
	buffer_clear(&journal->filling);
}

static void start_compaction(struct journal *journal)
{
	enum result end;

	buffer_clear(&journal->writing);
	end = journal_write_head(&journal->writing);
	if (end == OK)
		end = journal->owner->snapshot(journal->self, &journal->writing);
	if (end != OK) {
		(void)!timer_start(&journal->again, AGAIN_MS);
		return;
	}
	keep_records(journal);
	journal->compact = false;
	start_job(journal, compact_work, compact_done);
}

static void turn(struct journal *journal)
{
	if (journal->busy)
		return;
	if (journal->compact || journal->fd < 0)
		start_compaction(journal);
	else if (has_waiting(journal))
		start_append(journal);
}

static void time_is_up(void *owner)
{
	struct journal *journal = owner;

	journal->compact |= journal->postponed;
	turn(journal);
}

void journal_init(struct journal *journal, struct crew *crew, const struct spool *spool, uint64_t grow,
                  const struct journal_owner *owner, void *self)
{
	*journal = (struct journal){ .crew = crew, .spool = spool, .owner = owner, .self = self, .fd = -1,
	                             .fresh_fd = -1, .grow = grow, .compact = true };
	buffer_init(&journal->filling, SIZE_MAX / 4);
	buffer_init(&journal->writing, SIZE_MAX / 4);
	buffer_init(&journal->held, SIZE_MAX / 4);
	timer_init(&journal->again, crew->loop, time_is_up, journal);
}

void journal_finish(struct journal *journal)
{
	if (journal->crew == NULL)
		return;
	timer_end(&journal->again);
	buffer_finish(&journal->filling);
	buffer_finish(&journal->writing);
	buffer_finish(&journal->held);
	fd_close(&journal->fd);
	*journal = (struct journal){ .fd = -1 };
}

/* What does not fit is not lost: the snapshot has it. */
void journal_add(struct journal *journal, const struct journal_record *record)
{
	journal->records++;
	if (journal->compact && !journal->busy && !journal->whole)
		return;
	if (buffer_length(&journal->filling) <= FILLING_LIMIT && journal_write(record, &journal->filling) == OK)
		return;
	journal->compact = true;
	journal->whole = false;
}

void journal_begin(struct journal *journal)
{
	turn(journal);
}

void journal_trust(struct journal *journal)
{
	journal->whole = true;
}

void journal_sync(struct journal *journal, struct journal_note *note, void (*noted)(struct journal_note *note))
{
	note->noted = noted;
	note->next = NULL;
	if (journal->filling_last)
		journal->filling_last->next = note;
	else
		journal->filling_first = note;
	journal->filling_last = note;
	turn(journal);
}

bool journal_idle(const struct journal *journal)
{
	return !journal->busy && journal->filling_first == NULL && journal->writing_first == NULL;
}
