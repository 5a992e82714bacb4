/* SPDX-License-Identifier: Apache-2.0 */
/* Files are told apart by their names alone; whatever else lies in the folder is left alone. */
#include "store/records.h"

#include "base/fd.h"
#include "base/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Fewer are kept than a list holds, because files are begun before old ones are removed. */
enum { FILES_AIMED_AT = 32, FILE_LEAST = 64 << 10, NUMBER_DIGITS = 10, LISTING = 32768, FILES_KEPT = RECORDS_FILES - 96 };

static bool good_name(const char *name)
{
	size_t length = strlen(name);

	if (length <= NUMBER_DIGITS + 1 || length >= RECORDS_NAME || name[NUMBER_DIGITS] != '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (i != NUMBER_DIGITS && !byte_is_digit(name[i]))
			return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Each name of ours in the folder, in no order. Any end but OK ends it. */
static enum result each_name(int folder, enum result (*take)(void *owner, const char *name), void *owner)
{
	closing int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char bytes[LISTING];
	ssize_t got = -1;

	while (fd >= 0 && (got = getdents64(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const struct dirent64 *)(const void *)(bytes + at);

			if (good_name(entry->d_name))
				TRY(take(owner, entry->d_name));
			at += entry->d_reclen;
		}
	return got == 0 ? OK : LATER;
}

static void put_name(struct records_names *names, size_t place, const char *name)
{
	(void)snprintf(names->names[place], RECORDS_NAME, "%.*s", RECORDS_NAME - 1, name);
}

static enum result take_name(void *own_names, const char *name)
{
	struct records_names *names = own_names;

	if (names->count == RECORDS_FILES)
		return LATER;
	put_name(names, names->count++, name);
	return OK;
}

enum result records_list(int folder, struct records_names *ret_names)
{
	ret_names->count = 0;
	TRY(each_name(folder, take_name, ret_names));
	qsort(ret_names->names, ret_names->count, RECORDS_NAME, by_name);
	return OK;
}

static uint64_t number_of(const char *name)
{
	uint64_t number = 0;

	(void)!slice_number((struct slice){ name, NUMBER_DIGITS }, UINT64_MAX, &number);
	return number;
}

/* ---- the newest of any number of files: a heap with the oldest of them on top ---- */

static bool is_older(const struct records_names *names, size_t one, size_t other)
{
	return strcmp(names->names[one], names->names[other]) < 0;
}

static void swap(struct records_names *names, size_t one, size_t other)
{
	char name[RECORDS_NAME];

	memcpy(name, names->names[one], RECORDS_NAME);
	memcpy(names->names[one], names->names[other], RECORDS_NAME);
	memcpy(names->names[other], name, RECORDS_NAME);
}

static void rise(struct records_names *names, size_t place)
{
	for (; place && is_older(names, place, (place - 1) / 2); place = (place - 1) / 2)
		swap(names, place, (place - 1) / 2);
}

static void sink(struct records_names *names, size_t place)
{
	for (size_t child = 2 * place + 1; child < names->count; child = 2 * place + 1) {
		child += child + 1 < names->count && is_older(names, child + 1, child);
		if (!is_older(names, child, place))
			return;
		swap(names, place, child);
		place = child;
	}
}

static enum result take_newest(void *own_names, const char *name)
{
	struct records_names *names = own_names;

	if (names->count < FILES_KEPT) {
		put_name(names, names->count++, name);
		rise(names, names->count - 1);
	} else if (strcmp(names->names[0], name) < 0) {
		put_name(names, 0, name);
		sink(names, 0);
	}
	return OK;
}

static enum result list_newest(int folder, struct records_names *names)
{
	names->count = 0;
	TRY(each_name(folder, take_newest, names));
	qsort(names->names, names->count, RECORDS_NAME, by_name);
	return OK;
}

/* ---- writing ---- */

static enum result hand_over(int fd, unsigned owner, unsigned group)
{
	struct stat about;

	if (owner == (unsigned)-1)
		return OK;
	if (fstat(fd, &about) != 0 || (about.st_uid == 0 && fchown(fd, owner, group) != 0))
		return LATER;
	return OK;
}

static enum result take_number(void *own_records, const char *name)
{
	struct records *records = own_records;

	if (number_of(name) > records->number)
		records->number = number_of(name);
	return OK;
}

enum result records_open(struct records *records, int parent, const char *name, unsigned owner, unsigned group)
{
	*records = (struct records){ .fd = -1, .folder = { .fd = -1, .proc_fd = -1 } };
	TRY(durable_folder_open(&records->folder, parent, name));
	TRY(hand_over(records->folder.fd, owner, group));
	TRY(durable_sweep(&records->folder));
	return each_name(records->folder.fd, take_number, records);
}

void records_close(struct records *records)
{
	fd_close(&records->fd);
	durable_folder_close(&records->folder);
}

static uint64_t file_most(const struct records *records)
{
	uint64_t most = records->limits.size / FILES_AIMED_AT;

	return most < FILE_LEAST ? FILE_LEAST : most;
}

static enum result begin_file(struct records *records, int64_t wall)
{
	char *name = records->name;
	struct draft draft;

	fd_close(&records->fd);
	records->written = 0;
	(void)snprintf(name, sizeof(records->name), "%010" PRIu64 "-%" PRId64, ++records->number, wall < 0 ? 0 : wall);
	TRY(durable_begin(&records->folder, name, &draft));
	return durable_publish(&records->folder, &draft, name, &records->fd);
}

enum result records_append(struct records *records, struct slice block, int64_t wall)
{
	struct iovec part = { (void *)(uintptr_t)block.at, block.len };
	int error;

	if (records->fd < 0 || (records->written && records->written + block.len > file_most(records)))
		TRY(begin_file(records, wall));
	if (durable_append(&records->folder, records->fd, &part, 1) == OK) {
		records->written += block.len;
		return OK;
	}
	error = errno;
	fd_close(&records->fd);                  /* its end is unknown */
	if (records->written == 0)               /* a disk that is full must not fill with empty files */
		(void)!durable_remove(&records->folder, records->name, false);
	errno = error;
	return LATER;
}

static void remove_old(struct records *records, const struct records_names *names, int64_t wall)
{
	uint64_t kept = 0;
	bool goes = false;                       /* and all that is older with it: a log has no holes */

	for (size_t i = names->count; i-- > 0;) {
		const char *name = names->names[i];
		struct stat about;
		bool newest = number_of(name) == records->number && records->fd >= 0;

		if (fstatat(records->folder.fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		kept += (uint64_t)about.st_size;
		goes = goes || (!newest && (kept > records->limits.size ||
		                            about.st_mtim.tv_sec + (int64_t)records->limits.life < wall));
		if (goes)
			(void)!durable_remove(&records->folder, name, false);
	}
}

struct removing { struct records *records; const char *oldest; };

static enum result remove_before(void *own_removing, const char *name)
{
	const struct removing *removing = own_removing;

	if (strcmp(name, removing->oldest) < 0)
		(void)!durable_remove(&removing->records->folder, name, false);
	return OK;
}

/* The list is too large for a thread's stack. */
void records_expire(struct records *records, int64_t wall)
{
	struct records_names *names = pool_resize(NULL, sizeof(*names));
	void *none;

	if (names && list_newest(records->folder.fd, names) == OK && names->count) {
		struct removing removing = { records, names->names[0] };

		(void)!each_name(records->folder.fd, remove_before, &removing);
		remove_old(records, names, wall);
	}
	none = pool_resize(names, 0);
	(void)none;
}

/* ---- reading ---- */

enum result records_read(struct records_reader *reader, int fd)
{
	struct stat about;

	*reader = (struct records_reader){ .fd = fd };
	buffer_init(&reader->stored, (size_t)2 * BLOCK_MOST);
	buffer_init(&reader->raw, BLOCK_MOST + 1);
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
		return REFUSED;
	reader->size = (uint64_t)about.st_size;
	return OK;
}

void records_read_end(struct records_reader *reader)
{
	buffer_finish(&reader->stored);
	buffer_finish(&reader->raw);
	reader->rest = SLICE("");
}

static enum result read_at(struct records_reader *reader, uint64_t at, size_t length)
{
	char *room;
	size_t got = 0;

	buffer_clear(&reader->stored);
	TRY(buffer_reserve(&reader->stored, length + 1, &room));
	while (got < length) {
		ssize_t step = pread(reader->fd, room + got, length - got, (off_t)(at + got));

		if (step < 0 && errno == EINTR)
			continue;
		if (step <= 0)
			return REFUSED;
		got += (size_t)step;
	}
	buffer_grew(&reader->stored, length);
	return OK;
}

static enum result next_block(struct records_reader *reader, const char *key)
{
	struct block_head head;

	do {
		if (reader->at == reader->size)
			return AGAIN;
		if (reader->size - reader->at < BLOCK_HEAD)
			return AGAIN;                    /* being written, or never to be finished */
		TRY(read_at(reader, reader->at, BLOCK_HEAD));
		TRY(block_head_read(buffer_slice(&reader->stored), &head));
		if (reader->size - reader->at - BLOCK_HEAD < head.stored)
			return AGAIN;
		reader->at += BLOCK_HEAD + head.stored;
	} while (key && !block_may_hold(&head, key));
	TRY(read_at(reader, reader->at - head.stored, head.stored));
	TRY(block_open(&head, buffer_slice(&reader->stored), &reader->raw));
	reader->rest = buffer_slice(&reader->raw);
	return OK;
}

enum result records_next(struct records_reader *reader, const char *key, struct record *ret_record)
{
	struct record record;

	do {
		while (reader->rest.len == 0)
			TRY(next_block(reader, key));
		TRY(record_cut(&reader->rest, &record));
	} while (key && memcmp(record.key, key, RECORD_KEY) != 0);
	*ret_record = record;
	return OK;
}
