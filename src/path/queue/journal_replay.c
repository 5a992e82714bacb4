/* SPDX-License-Identifier: Apache-2.0 */
/* Read in pieces, record by record; behind the first bad one only whole last words are believed. */
#include "queue/journal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { READ_PIECE = 65536, BEHIND_MOST = 16 << 20 };

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
	struct reading reading = { .fd = openat(spool->root.fd, JOURNAL_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) };
	enum result end;

	*ret_replay = (struct journal_replay){ 0 };
	if (!is_file(reading.fd)) {
		ret_replay->no_file = true;
		fd_close(&reading.fd);
		return OK;
	}
	if (reading.fd < 0)
		return errno == ENOENT ? OK : LATER;
	ret_replay->found = true;
	buffer_init(&reading.bytes, BEHIND_MOST + 2 * READ_PIECE);
	end = replay_file(&reading, apply, self, ret_replay);
	buffer_finish(&reading.bytes);
	fd_close(&reading.fd);
	return end;
}
