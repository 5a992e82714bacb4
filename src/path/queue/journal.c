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
#include <sys/stat.h>

#define JOURNAL     "journal"
#define JOURNAL_NEW "journal.new"

enum { FILLING_LIMIT = 4 << 20, LOOSE_MOST = 65536, READ_PIECE = 65536, BEHIND_MOST = 16 << 20, AGAIN_MS = 1000 };

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

	journal->end = durable_append(journal->fd, &part, 1);
}

static enum result write_new(struct journal *journal)
{
	const struct durable_folder *root = &journal->spool->root;
	struct iovec part = part_of(&journal->writing);
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
	TRY(durable_publish(root, &draft, JOURNAL_NEW, &journal->fresh_fd));
	if (renameat(root->fd, JOURNAL_NEW, root->fd, JOURNAL) != 0)
		return LATER;
	return durable_sync_folder(root);
}

static void compact_work(struct job *job)
{
	struct journal *journal = (struct journal *)(void *)((char *)job - offsetof(struct journal, job));

	journal->fresh_fd = -1;
	journal->end = write_new(journal);
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
	if (journal->end != OK || journal->size - journal->base > journal->grow)
		journal->compact = true;
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
		work_done(job);
		buffer_relax(&journal->writing);
		return;
	}
	fd_close(&journal->fresh_fd);
	journal->busy = false;
	journal->compact = true;
	buffer_clear(&journal->writing);
	journal->owner->synced(journal->self, journal->end);
	if (timer_start(&journal->again, AGAIN_MS) != OK)
		turn(journal);
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
	buffer_clear(&journal->filling);
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
	turn(owner);
}

void journal_init(struct journal *journal, struct crew *crew, const struct spool *spool, uint64_t grow,
                  const struct journal_owner *owner, void *self)
{
	*journal = (struct journal){ .crew = crew, .spool = spool, .owner = owner, .self = self, .fd = -1,
	                             .fresh_fd = -1, .grow = grow, .compact = true };
	buffer_init(&journal->filling, SIZE_MAX / 4);
	buffer_init(&journal->writing, SIZE_MAX / 4);
	timer_init(&journal->again, crew->loop, time_is_up, journal);
}

void journal_finish(struct journal *journal)
{
	if (journal->crew == NULL)
		return;
	timer_end(&journal->again);
	buffer_finish(&journal->filling);
	buffer_finish(&journal->writing);
	fd_close(&journal->fd);
	*journal = (struct journal){ .fd = -1 };
}

/* What does not fit is not lost: the snapshot has it. */
void journal_add(struct journal *journal, const struct journal_record *record)
{
	journal->records++;
	if (journal->compact && !journal->busy)
		return;
	if (buffer_length(&journal->filling) > FILLING_LIMIT || journal_write(record, &journal->filling) != OK)
		journal->compact = true;
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

/* ---- replay ---- */

struct reading {
	int fd;
	struct buffer bytes;
	bool ended;
};

static enum result read_more(struct reading *reading)
{
	char *room;
	ssize_t came;

	TRY(buffer_reserve(&reading->bytes, READ_PIECE, &room));
	do
		came = read(reading->fd, room, READ_PIECE);
	while (came < 0 && errno == EINTR);
	if (came < 0)
		return LATER;
	reading->ended = came == 0;
	buffer_grew(&reading->bytes, (size_t)came);
	return OK;
}

static enum result next_record(struct reading *reading, struct journal_record *record)
{
	for (;;) {
		struct slice rest = buffer_slice(&reading->bytes);
		size_t before = rest.len;
		enum result end = journal_read(&rest, record);

		if (end == OK)
			reading->bytes.start += before - rest.len;      /* not eaten yet: the record points there */
		if (end != AGAIN || reading->ended)
			return end;
		TRY(read_more(reading));
	}
}

static bool is_last_word(enum journal_kind kind)
{
	return kind == JOURNAL_DELIVERED || kind == JOURNAL_BOUNCED || kind == JOURNAL_QUARANTINED ||
	       kind == JOURNAL_DISCARDED || kind == JOURNAL_DELETED;
}

/* Records behind a bad one may lack their forerunners. A last word needs none: who has the message has it. */
static void look_behind(struct reading *reading, void (*apply)(void *self, const struct journal_record *record),
                        void *self, struct journal_replay *replay)
{
	struct journal_record record;
	struct slice rest;

	replay->torn = buffer_length(&reading->bytes) > 0;
	while (!reading->ended && buffer_length(&reading->bytes) < BEHIND_MOST && read_more(reading) == OK)
		;
	rest = buffer_slice(&reading->bytes);
	while (journal_find(&rest, &record)) {
		replay->behind = true;
		if (is_last_word(record.kind))
			apply(self, &record);
	}
}

static enum result replay_file(struct reading *reading, void (*apply)(void *self, const struct journal_record *record),
                               void *self, struct journal_replay *replay)
{
	struct journal_record record;
	struct slice head;
	enum result end;

	TRY(read_more(reading));
	head = buffer_slice(&reading->bytes);
	end = journal_read_head(&head);
	if (end == OK)
		buffer_eat(&reading->bytes, JOURNAL_HEAD);
	else if (head.len)
		replay->behind = true;          /* of another version, or foreign: whatever is in it is not to be lost */
	while (end == OK) {
		end = next_record(reading, &record);
		if (end == OK) {
			apply(self, &record);
			replay->records++;
		}
	}
	if (end == LATER)
		return LATER;
	look_behind(reading, apply, self, replay);
	return OK;
}

static bool is_file(int fd)
{
	struct stat about;

	if (fd < 0)
		return errno != ELOOP && errno != ENXIO;
	return fstat(fd, &about) != 0 || S_ISREG(about.st_mode);
}

enum result journal_replay(const struct spool *spool, void (*apply)(void *self, const struct journal_record *record),
                           void *self, struct journal_replay *ret_replay)
{
	struct reading reading = { .fd = openat(spool->root.fd, JOURNAL, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) };
	enum result end;

	*ret_replay = (struct journal_replay){ 0 };
	if (!is_file(reading.fd)) {
		ret_replay->no_file = true;
		fd_close(&reading.fd);
		return OK;
	}
	if (reading.fd < 0)
		return errno == ENOENT ? OK : LATER;
	buffer_init(&reading.bytes, BEHIND_MOST + 2 * READ_PIECE);
	end = replay_file(&reading, apply, self, ret_replay);
	buffer_finish(&reading.bytes);
	fd_close(&reading.fd);
	return end;
}
