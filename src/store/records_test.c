/* SPDX-License-Identifier: Apache-2.0 */
/* A log in a new folder: written, read back, grown beyond its limits, damaged, and opened again. */
#include "store/records.h"

#include "base/fd.h"
#include "base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *folder;                      /* thousands of files: in memory, where there is such a place */
static int parent = -1;

static void append(struct records *records, unsigned number, size_t size, int64_t wall)
{
	struct record record = { .kind = 1, .when = (int64_t)number };
	struct buffer file;
	struct block block;
	static char bytes[65536];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(rand() & 0xff);
	(void)snprintf(record.key, RECORD_KEY, "%015u", number);
	record.bytes = (struct slice){ bytes, size };
	block_init(&block);
	buffer_init(&file, (size_t)2 * BLOCK_MOST);
	CHECK(block_add(&block, &record) == OK && block_close(&block, &file) == OK, "a block");
	CHECK(records_append(records, buffer_slice(&file), wall) == OK, "is written");
	block_finish(&block);
	buffer_finish(&file);
}

struct read { unsigned count, files; unsigned first, last; enum result end; };

static void read_file(struct read *read, int fd, const char *key)
{
	struct records_reader reader;
	struct record record;

	CHECK(records_read(&reader, fd) == OK, "a file can be read");
	while ((read->end = records_next(&reader, key, &record)) == OK) {
		if (read->count++ == 0)
			read->first = (unsigned)record.when;
		read->last = (unsigned)record.when;
	}
	records_read_end(&reader);
}

static struct read read_all(const struct records *records, const char *key)
{
	static struct records_names names;
	struct read read = { 0 };

	CHECK(records_list(records->folder.fd, &names) == OK, "files are listed");
	for (size_t i = 0; i < names.count; i++) {
		closing int fd = openat(records->folder.fd, names.names[i], O_RDONLY | O_CLOEXEC);

		read_file(&read, fd, key);
		read.files++;
	}
	return read;
}

static void open_log(struct records *records, uint64_t size, uint64_t life)
{
	CHECK(records_open(records, parent, "log", (unsigned)-1, (unsigned)-1) == OK, "the log is opened");
	records->limits = (struct records_limits){ size, life };
}

static void check_reading(void)
{
	struct records records;
	struct read read;
	char key[RECORD_KEY] = "000000000000003";

	open_log(&records, 1 << 30, 3600);
	for (unsigned i = 1; i <= 5; i++)
		append(&records, i, 100, 1000);
	read = read_all(&records, NULL);
	CHECK(read.count == 5 && read.first == 1 && read.last == 5 && read.end == AGAIN && read.files == 1, "all in order");
	read = read_all(&records, key);
	CHECK(read.count == 1 && read.first == 3, "one by its key");
	memcpy(key, "000000000000009", RECORD_KEY);
	CHECK(read_all(&records, key).count == 0, "and none where there is none");
	records_close(&records);
}

static void check_next_life(void)
{
	struct records records;
	struct read read;

	open_log(&records, 1 << 30, 3600);
	append(&records, 6, 100, 2000);
	read = read_all(&records, NULL);
	CHECK(read.count == 6 && read.last == 6 && read.files == 2, "a file that was there is not written to again");
	records_close(&records);
}

static uint64_t bytes_of(const struct records *records)
{
	static struct records_names names;
	uint64_t bytes = 0;

	CHECK(records_list(records->folder.fd, &names) == OK, "files are listed");
	for (size_t i = 0; i < names.count; i++) {
		struct stat about;

		CHECK(fstatat(records->folder.fd, names.names[i], &about, 0) == 0, "and looked at");
		bytes += (uint64_t)about.st_size;
	}
	return bytes;
}

static void check_size(void)
{
	enum { LIMIT = 4 << 20 };
	struct records records;
	struct read read;

	open_log(&records, LIMIT, 3600);
	for (unsigned i = 7; i < 207; i++) {
		append(&records, i, 50000, 3000);
		records_expire(&records, 3000);
	}
	read = read_all(&records, NULL);
	CHECK(bytes_of(&records) <= LIMIT, "ten megabytes leave what the limit allows");
	CHECK(read.last == 206 && read.count > 40 && read.first == 207 - read.count, "the newest stay, without a hole");
	records_close(&records);
}

static void check_age(void)
{
	struct records records;
	struct read read;
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	static struct records_names names;

	open_log(&records, 1 << 30, 3600);
	CHECK(records_list(records.folder.fd, &names) == OK, "files are listed");
	for (size_t i = 0; i < names.count; i++)
		CHECK(utimensat(records.folder.fd, names.names[i], old, 0) == 0, "made old");
	append(&records, 300, 100, 9000);
	records_expire(&records, 1000 + 3600);
	CHECK(read_all(&records, NULL).count > 1, "what is not older than its life stays");
	records_expire(&records, 1000 + 3601);
	read = read_all(&records, NULL);
	CHECK(read.count == 1 && read.first == 300, "what is older goes, but for the newest file");
	records_close(&records);
}

static void check_damage(void)
{
	static struct records_names names;
	struct records records;
	struct read read;
	int fd;

	open_log(&records, 1 << 30, 3600);
	append(&records, 301, 1000, 9000);
	append(&records, 302, 1000, 9000);
	append(&records, 303, 1000, 9000);
	CHECK(records_list(records.folder.fd, &names) == OK && names.count == 2, "two files");
	fd = openat(records.folder.fd, names.names[1], O_RDWR | O_CLOEXEC);
	CHECK(ftruncate(fd, 3 * (BLOCK_HEAD + 1000)) == 0, "the end is cut off");
	read = read_all(&records, NULL);
	CHECK(read.count == 3 && read.last == 302 && read.end == AGAIN, "what is whole before a torn end is read");
	CHECK(pwrite(fd, "x", 1, BLOCK_HEAD + 1040 + BLOCK_HEAD + 300) == 1, "a byte is wrong");
	read = read_all(&records, NULL);
	CHECK(read.count == 2 && read.last == 301 && read.end == REFUSED, "what is damaged is said to be, and what is before it read");
	fd_close(&fd);
	records_close(&records);
}

static void check_strangers(void)
{
	static const char *const others[] = { "notes.txt", "0000000001", "0000000001-", "000000001-12", "0000000001-1x" };
	static struct records_names names;
	struct records records;

	open_log(&records, 1 << 30, 3600);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		(void)close(openat(records.folder.fd, others[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK(records_list(records.folder.fd, &names) == OK && names.count == 2, "what is not ours is not listed");
	records_expire(&records, INT64_MAX / 2);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		CHECK(faccessat(records.folder.fd, others[i], F_OK, 0) == 0, "nor removed");
	records_close(&records);
}

static uint64_t number_of(const char *name)
{
	uint64_t number = 0;

	CHECK(slice_number((struct slice){ name, 10 }, UINT64_MAX, &number) == OK, "a number");
	return number;
}

static bool follow_each_other(const struct records_names *names)
{
	for (size_t i = 1; i < names->count; i++)
		if (number_of(names->names[i]) != number_of(names->names[i - 1]) + 1)
			return false;
	return true;
}

/* As a keeper leaves them that was started very often: each begins a file. */
static void check_many(void)
{
	enum { MANY = RECORDS_FILES + 1000 };
	static struct records_names names;
	struct records records;
	char name[RECORDS_NAME];
	struct read read;

	open_log(&records, 1 << 30, 3600);
	for (unsigned i = 1000; i < 1000 + MANY; i++) {
		(void)snprintf(name, sizeof(name), "%010u-9000", i);
		(void)close(openat(records.folder.fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	CHECK(records_list(records.folder.fd, &names) == LATER, "more files than a list holds are no list");
	records_close(&records);
	open_log(&records, 1 << 30, 1000000000);
	CHECK(records.number == 1000 + MANY - 1, "it goes on behind the newest of them");
	append(&records, 400, 100, 9000);
	records_expire(&records, 9000);
	CHECK(records_list(records.folder.fd, &names) == OK && names.count > RECORDS_FILES / 2, "then the oldest of them are removed");
	CHECK(strcmp(names.names[0], "0000001000-9000") > 0, "the oldest");
	read = read_all(&records, NULL);
	CHECK(read.count == 1 && read.first == 400, "and what is written is read");
	CHECK(strcmp(names.names[names.count - 1], records.name) == 0 && follow_each_other(&names), "without a hole");
	records.limits.life = 0;
	records_expire(&records, INT64_MAX / 2);
	CHECK(records_list(records.folder.fd, &names) == OK && names.count == 1, "limits hold for the others too");
	records_close(&records);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

int main(void)
{
	static char in_memory[] = "/dev/shm/records-XXXXXX", on_disk[] = "/tmp/records-XXXXXX";

	folder = mkdtemp(in_memory);
	if (folder == NULL)
		folder = mkdtemp(on_disk);
	if (folder == NULL)
		return 1;
	parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_reading();
	check_next_life();
	check_size();
	check_age();
	check_damage();
	check_strangers();
	check_many();
	CHECK(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder is removed");
	return TEST_END();
}
